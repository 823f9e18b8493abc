//! One URL under probe: how it is reached, asked and judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Uri};
use rustls::pki_types::ServerName;

use super::settings::Settings;
use crate::traffic::connection::{Answer, Ask};
use crate::traffic::{Answered, Outcome, Pool, Reach, Record, Tally, first_words};

pub(super) struct Target {
    /// As it was typed.
    pub url: String,
    settings: Arc<Settings>,
    reach: Reach,
    ask: Ask,
    pool: Pool,
    record: Record,
    /// Requests started so far; says whose turn it is.
    started: AtomicUsize,
}

impl Target {
    pub fn new(url: &str, settings: Arc<Settings>) -> anyhow::Result<Self> {
        let uri: Uri = url.parse()?;
        let authority = uri.authority().context("write it as http://HOST/… or https://HOST/…")?;
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let (default_port, tls) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => {
                // Without it the request would go out in the clear.
                let tls = settings.tls.clone().context("TLS is not set up")?;
                (443, Some((tls, ServerName::try_from(host.clone())?)))
            }
            _ => bail!("write it as http://HOST/… or https://HOST/…"),
        };
        let port = uri.port_u16().unwrap_or(default_port);
        // A name and password before the host are nothing to send as `Host`.
        let named = authority.as_str().rsplit('@').next().unwrap_or_default();
        let agent = concat!(env!("CARGO_PKG_NAME"), "-probe/", env!("CARGO_PKG_VERSION"));
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(named)?);
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
            ask: Ask { uri: path.parse()?, headers },
            reach: Reach { given: settings.given(&host, port), source: settings.source, host, port, tls },
            pool: Pool::default(),
            record: Record::counting(),
            started: AtomicUsize::new(0),
            settings,
        })
    }

    pub fn tally(&self) -> Tally {
        self.record.totals(&self.url)
    }

    pub fn skip(&self) {
        self.record.skip(self.elapsed());
    }

    pub fn elapsed(&self) -> Duration {
        self.settings.began.elapsed()
    }

    /// One request; every other one on a new connection, and each new one to the next address.
    pub async fn once(self: Arc<Self>) {
        let turn = self.started.fetch_add(1, Ordering::Relaxed);
        let started = self.elapsed();
        let mut retried = false;
        let open = self.reach.open(turn / 2);
        let exchange = self.pool.ask(&self.ask, turn.is_multiple_of(2), open, &mut retried);
        let answer = match tokio::time::timeout(self.settings.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.settings.timeout)),
        };
        let ok = answer.as_ref().is_ok_and(|answer| self.settings.expects(answer.status));
        let answer = answer.map(|answer| self.answered(&answer));
        let (finished, address) = (self.elapsed(), format!("{}:{}", self.reach.host, self.reach.port));
        self.record.write(Outcome { started, finished, address, retried, ok, answer });
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
}
