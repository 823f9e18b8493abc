//! The public and the office, each asking for both services on every node of the load balancer.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::example::SERVICES;
use crate::traffic::tls::{self, Trust};
use crate::traffic::{Answered, Stream, Tally, Traffic};
use aws_sandbox::Ready;

/// Failures in detail after a move, for each of the four.
const FAILURES_SHOWN: usize = 3;

/// Where the chosen few call from.
pub struct Office {
    address: Ipv4Addr,
}

impl Office {
    pub fn at(address: Ipv4Addr) -> Self {
        Office { address }
    }

    pub fn address(&self) -> Ipv4Addr {
        self.address
    }
}

/// All who ask: both services, each by the public and by the office, by name and over TLS, trusting the sandbox's own
/// root and nobody else.
pub struct Audience {
    traffic: Traffic,
}

/// The sides that answered, by who asked.
pub struct Seen {
    pub public: Vec<&'static str>,
    pub office: Vec<&'static str>,
}

impl Audience {
    pub fn start(ready: &Ready, office: &Office, requests_per_second: f64) -> anyhow::Result<Self> {
        let port = ready.listeners.https.port;
        let tls = tls::connector(Trust::Only(&ready.ca_pem_file))?;
        let stream = |who: &str, service: &str, source: Ipv4Addr| {
            let nodes = ready.nodes.iter().map(|node| IpAddr::V4(*node));
            Stream::new(&format!("{who} {service}"), nodes, port, &format!("{service}.example.com"))
                .from(IpAddr::V4(source))
                .over_tls(tls.clone())
                .per_second(requests_per_second)
        };
        let streams = SERVICES.into_iter().flat_map(|(service, ..)| {
            [stream("public", service, Ipv4Addr::LOCALHOST), stream("office", service, office.address)]
        });
        Ok(Audience { traffic: Traffic::start(streams.collect()) })
    }

    pub fn elapsed(&self) -> Duration {
        self.traffic.elapsed()
    }

    pub fn seen(&self, from: Duration, to: Duration) -> Seen {
        let sides = |who: &str| -> Vec<&'static str> {
            let answered = SERVICES
                .iter()
                .flat_map(|(service, ..)| self.traffic.seen(&format!("{who} {service}"), from, to));
            let sides: BTreeSet<&'static str> =
                answered.filter_map(|answered: Answered| answered.side()).collect();
            sides.into_iter().collect()
        };
        Seen { public: sides("public"), office: sides("office") }
    }

    /// Requests and failures of those that began since `from`.
    pub fn counted(&self, from: Duration) -> (u64, u64) {
        sum(&self.traffic.tally(from))
    }

    pub fn first_failures(&self, from: Duration) -> Vec<String> {
        let tallies = self.traffic.tally(from);
        let failures = tallies.iter().flat_map(|tally| {
            tally
                .first_failures
                .iter()
                .take(FAILURES_SHOWN)
                .map(|failure| format!("{}: {failure}", tally.stream))
        });
        failures.collect()
    }

    /// Requests and failures of all.
    pub async fn stop(self) -> (u64, u64) {
        sum(&self.traffic.stop().await)
    }
}

fn sum(tallies: &[Tally]) -> (u64, u64) {
    let requests = tallies.iter().map(|tally| tally.requests).sum();
    (requests, tallies.iter().map(|tally| tally.failures).sum())
}
