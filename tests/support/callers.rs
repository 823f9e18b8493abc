//! Callers who know a service by two listeners, as everybody does while it moves from one to the other.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bluegreen_provider::traffic::Reach;
use bluegreen_provider::traffic::connection::Ask;
use bluegreen_provider::traffic::tls::{Trust, connector};
use http::{HeaderMap, HeaderValue, Uri, header};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{HOST, OFFICE, Stage};

const BETWEEN: Duration = Duration::from_millis(40);

/// Somebody who knows both addresses, as everybody does while a service moves: each node has to serve him by one of them.
struct Caller {
    ways: Vec<[Reach; 2]>,
    ask: Ask,
}

/// What a caller saw.
#[derive(Default)]
pub struct Saw {
    pub asked: u64,
    /// By the first way, the plain one, and by the second.
    pub served: [u64; 2],
    pub turned_away: Vec<String>,
    pub sides: BTreeSet<String>,
}

impl Caller {
    fn new(stage: &Stage, source: Ipv4Addr) -> Caller {
        let ready = &stage.sandbox.ready;
        let tls = connector(Trust::Only(&ready.ca_pem_file)).unwrap();
        let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
        let reach = |node: &Ipv4Addr, port, tls| Reach {
            host: HOST.to_owned(),
            port,
            given: vec![IpAddr::V4(*node)],
            source: Some(IpAddr::V4(source)),
            tls,
        };
        let both = |node: &Ipv4Addr| {
            let secure = Some((tls.clone(), name.clone()));
            [
                reach(node, ready.listeners.production.port, None),
                reach(node, ready.listeners.https.port, secure),
            ]
        };
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(HOST))]);
        Caller {
            ways: ready.nodes.iter().map(both).collect(),
            ask: Ask { uri: Uri::from_static("/"), headers },
        }
    }

    fn start(self, stop: CancellationToken) -> JoinHandle<Saw> {
        tokio::spawn(async move {
            let mut saw = Saw::default();
            while !stop.is_cancelled() {
                for node in &self.ways {
                    self.ask(node, &mut saw).await;
                }
                tokio::time::sleep(BETWEEN).await;
            }
            saw
        })
    }

    async fn ask(&self, node: &[Reach; 2], saw: &mut Saw) {
        let mut said = Vec::new();
        saw.asked += 1;
        for (way, reach) in node.iter().enumerate() {
            let answer = match reach.open(0).await {
                Ok(mut connection) => {
                    connection.get(&self.ask, true).await.map_err(|error| error.to_string())
                }
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) if answer.status == 200 => {
                    saw.served[way] += 1;
                    saw.sides.insert(answer.header("x-service").to_owned());
                    return;
                }
                Ok(answer) => said.push(format!("{} {}", answer.status, answer.text())),
                Err(error) => said.push(error),
            }
        }
        saw.turned_away.push(said.join("; "));
    }
}

/// The public and the office.
pub struct Callers {
    stop: CancellationToken,
    public: JoinHandle<Saw>,
    office: JoinHandle<Saw>,
}

impl Callers {
    pub fn start(stage: &Stage) -> Callers {
        let stop = CancellationToken::new();
        let caller = |source| Caller::new(stage, source).start(stop.clone());
        Callers { public: caller(Ipv4Addr::LOCALHOST), office: caller(OFFICE), stop }
    }

    /// The public's and the office's.
    pub async fn end(self) -> [Saw; 2] {
        self.stop.cancel();
        [self.public.await.unwrap(), self.office.await.unwrap()]
    }
}
