//! One URL under probe: how it is reached, asked and judged.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::{Args, tls};
use crate::traffic::Tally;
use crate::traffic::connection::{Answer, Ask, Connection, connect};
use crate::traffic::pool::Pool;
use crate::traffic::tally::{Answered, Log, Outcome, first_words};

/// What is the same for all URLs.
pub(super) struct Settings {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Host, port, and where they really are.
    resolve: Vec<(String, u16, IpAddr)>,
    source: Option<IpAddr>,
    side_header: Option<String>,
    /// Inclusive ranges.
    expect: Vec<(u16, u16)>,
    timeout: Duration,
    /// Made only for https, as reading the system's certificates takes a while.
    tls: Option<TlsConnector>,
    began: Instant,
}

impl Settings {
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let headers = args.headers.iter().map(|line| header(line)).collect::<anyhow::Result<_>>()?;
        let resolve = args.resolve.iter().map(|text| resolved(text)).collect::<anyhow::Result<_>>()?;
        let expect = args.expect.split(',').map(range).collect::<anyhow::Result<_>>()?;
        let secure = args.urls.iter().any(|url| url.to_ascii_lowercase().starts_with("https:"));
        let tls = secure.then(|| tls::connector(args.ca.as_deref(), args.insecure)).transpose()?;
        Ok(Self {
            headers,
            resolve,
            source: args.source,
            side_header: args.side_header.clone(),
            expect,
            timeout: args.timeout,
            tls,
            began: Instant::now(),
        })
    }
}

fn header(line: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':').with_context(|| format!("{line:?} is no 'Name: value'"))?;
    let told = || format!("{line:?} cannot be sent as a header");
    Ok((name.trim().parse().with_context(told)?, value.trim().parse().with_context(told)?))
}

fn resolved(text: &str) -> anyhow::Result<(String, u16, IpAddr)> {
    let mut parts = text.splitn(3, ':');
    let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("--resolve {text}: write it as HOST:PORT:ADDRESS");
    };
    let told = || format!("--resolve {text}: write it as HOST:PORT:ADDRESS");
    let address = address.trim_matches(['[', ']']).parse().with_context(told)?;
    Ok((host.to_ascii_lowercase(), port.parse().with_context(told)?, address))
}

fn range(text: &str) -> anyhow::Result<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let told = || format!("--expect: {text:?} is no status code or range");
    let (low, high) = (low.trim().parse().with_context(told)?, high.trim().parse().with_context(told)?);
    anyhow::ensure!(low <= high, "--expect: {text:?} is empty");
    Ok((low, high))
}

pub(super) struct Target {
    pub url: String,
    settings: Arc<Settings>,
    host: String,
    port: u16,
    secure: Option<ServerName<'static>>,
    ask: Ask,
    kept: Pool,
    log: Log,
    asked: AtomicUsize,
}

impl Target {
    pub fn new(url: &str, settings: Arc<Settings>) -> anyhow::Result<Self> {
        let uri: Uri = url.parse()?;
        let authority = uri.authority().context("write it as http://HOST/… or https://HOST/…")?;
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let (default_port, secure) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => (443, Some(ServerName::try_from(host.clone())?)),
            _ => bail!("write it as http://HOST/… or https://HOST/…"),
        };
        let port = uri.port_u16().unwrap_or(default_port);
        let shown = authority.as_str().rsplit('@').next().unwrap_or_default();
        let agent = concat!(env!("CARGO_PKG_NAME"), "-probe/", env!("CARGO_PKG_VERSION"));
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(shown)?);
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let mut given = HeaderMap::new();
        for (name, value) in settings.headers.iter().cloned() {
            given.append(name, value);
        }
        // The first of a name replaces ours, further ones are added to it.
        headers.extend(given);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            url: url.to_owned(),
            host,
            port,
            secure,
            ask: Ask { uri: path.parse()?, headers },
            kept: Pool::default(),
            log: Log::counting(),
            asked: AtomicUsize::new(0),
            settings,
        })
    }

    pub fn tally(&self) -> Tally {
        self.log.totals(&self.url)
    }

    pub fn skip(&self) {
        self.log.skip(self.settings.began.elapsed());
    }

    pub fn elapsed(&self) -> Duration {
        self.settings.began.elapsed()
    }

    /// One request; every other one on a new connection.
    pub async fn once(self: Arc<Self>) {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let started = self.elapsed();
        let mut retried = false;
        let exchange = self.kept.ask(&self.ask, turn.is_multiple_of(2), self.open(turn), &mut retried);
        let answer = match tokio::time::timeout(self.settings.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.settings.timeout)),
        };
        let ok = answer.as_ref().is_ok_and(|answer| {
            let status = answer.status.as_u16();
            self.settings.expect.iter().any(|(low, high)| (*low..=*high).contains(&status))
        });
        let answer = answer.map(|answer| self.answered(&answer));
        let (finished, address) = (self.elapsed(), format!("{}:{}", self.host, self.port));
        self.log.write(Outcome { started, finished, address, retried, ok, answer });
    }

    /// Names the side by the first thing that tells it.
    fn answered(&self, answer: &Answer) -> Answered {
        let status = answer.status.as_u16();
        let named = self.settings.side_header.as_deref().map(|name| answer.header(name));
        let known = [named.unwrap_or_default(), answer.header("x-task-definition")];
        match known.into_iter().find(|side| !side.is_empty()) {
            Some(side) => Answered { status, task_definition: side.to_owned(), ..Answered::default() },
            None => Answered { status, text: first_words(answer), ..Answered::default() },
        }
    }

    /// Asks the name service each time, as new clients do, and tries one address after the other,
    /// beginning with another one each time.
    async fn open(&self, turn: usize) -> Result<Connection, String> {
        let mut addresses = self.addresses().await?;
        let first = (turn / 2) % addresses.len().max(1);
        addresses.rotate_left(first);
        let mut refused = format!("{} has no address that can be called from here", self.host);
        for address in addresses {
            match self.open_at(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => refused = format!("cannot connect to {address}: {error}"),
            }
        }
        Err(refused)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let given =
            self.settings.resolve.iter().filter(|(host, port, _)| *host == self.host && *port == self.port);
        let given: Vec<SocketAddr> = given.map(|(_, port, ip)| SocketAddr::new(*ip, *port)).collect();
        if !given.is_empty() {
            return Ok(given);
        }
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| format!("cannot resolve {}: {error}", self.host))?;
        let callable =
            |address: &SocketAddr| self.settings.source.is_none_or(|ip| ip.is_ipv4() == address.is_ipv4());
        Ok(found.filter(callable).collect())
    }

    async fn open_at(&self, address: SocketAddr) -> std::io::Result<Connection> {
        match self.secure.as_ref().zip(self.settings.tls.as_ref()) {
            None => Connection::open(address, self.settings.source).await,
            Some((name, tls)) => {
                let stream = connect(address, self.settings.source).await?;
                let stream = tls.connect(name.clone(), stream).await?;
                Connection::over(TokioIo::new(stream)).await
            }
        }
    }
}
