//! What the probe's arguments mean, the same for all URLs.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::Scheme;
use hyper::{StatusCode, Uri};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::Args;
use crate::traffic::tls::{self, Trust};

pub(super) struct Settings {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Host, port, and where they really are.
    resolve: Vec<(String, u16, IpAddr)>,
    pub source: Option<IpAddr>,
    pub side_header: Option<String>,
    expect: Vec<RangeInclusive<u16>>,
    pub timeout: Duration,
    /// Made only for https, as reading the system's certificates takes a while.
    pub tls: Option<TlsConnector>,
    /// All times of a probe are since then.
    pub began: Instant,
}

impl Settings {
    pub fn read(args: &Args) -> anyhow::Result<Self> {
        let headers = args.headers.iter().map(|line| header(line)).collect::<anyhow::Result<_>>()?;
        let resolve = args.resolve.iter().map(|text| resolved(text)).collect::<anyhow::Result<Vec<_>>>()?;
        let expect = args.expect.split(',').map(range).collect::<anyhow::Result<_>>()?;
        let https = |url: &String| url.parse::<Uri>().is_ok_and(|uri| uri.scheme() == Some(&Scheme::HTTPS));
        let secure = args.urls.iter().any(https);
        let trust = match &args.ca_file {
            Some(file) => Trust::Only(file),
            None if args.insecure => Trust::Anybody,
            None => Trust::System,
        };
        let tls = secure.then(|| tls::connector(trust)).transpose()?;
        Ok(Self {
            headers,
            resolve: resolve.into_iter().flatten().collect(),
            source: args.source,
            side_header: args.side_header.clone(),
            expect,
            timeout: args.timeout,
            tls,
            began: Instant::now(),
        })
    }

    /// Where `--resolve` says that a host is.
    pub fn given(&self, host: &str, port: u16) -> Vec<IpAddr> {
        let here = self.resolve.iter().filter(|(known, known_port, _)| known == host && *known_port == port);
        here.map(|(_, _, address)| *address).collect()
    }

    pub fn expects(&self, status: StatusCode) -> bool {
        self.expect.iter().any(|range| range.contains(&status.as_u16()))
    }
}

fn header(line: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':').with_context(|| format!("{line:?} is no 'Name: value'"))?;
    let told = || format!("{line:?} cannot be sent as a header");
    Ok((name.trim().parse().with_context(told)?, value.trim().parse().with_context(told)?))
}

fn resolved(text: &str) -> anyhow::Result<Vec<(String, u16, IpAddr)>> {
    let told = || format!("--resolve {text}: write it as HOST:PORT:ADDRESS");
    // Only the first two colons part it: the addresses may be of version 6.
    let mut parts = text.splitn(3, ':');
    let (Some(host), Some(port), Some(addresses)) = (parts.next(), parts.next(), parts.next()) else {
        bail!(told());
    };
    let (host, port) = (host.to_ascii_lowercase(), port.parse().with_context(told)?);
    let address =
        |text: &str| Ok((host.clone(), port, text.trim_matches(['[', ']']).parse().with_context(told)?));
    addresses.split(',').map(address).collect()
}

fn range(text: &str) -> anyhow::Result<RangeInclusive<u16>> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let told = || format!("--expect: {text:?} is no status code or range");
    let range = low.trim().parse().with_context(told)?..=high.trim().parse().with_context(told)?;
    anyhow::ensure!(!range.is_empty(), "--expect: {text:?} is empty");
    Ok(range)
}
