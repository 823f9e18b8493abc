//! Secure listeners over real sockets: certificates by server name, versions, HTTP/2, swapped certificates and bad clients
//! (ALB guide: "HTTPS listener certificates", "Security policies", "Listeners", "Troubleshoot").

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aws_sandbox::SandboxOptions;
use bluegreen_provider::traffic::connection::{Ask, Connection};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::acm::Keyed;
use crate::wire::{Sandbox, element};

/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
const HOST_NAME: &str = "shop.example.com";
static ONLY_12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
static ONLY_13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// What a client trusts and offers.
#[derive(Clone)]
struct Client {
    node: Ipv4Addr,
    port: u16,
    roots: RootCertStore,
    alpn: &'static [&'static [u8]],
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Client {
    /// Of one node and the listener `https`.
    fn new(sandbox: &Sandbox) -> Self {
        let ready = &sandbox.running.ready;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&ready.ca_pem_file).unwrap()).unwrap();
        let (node, port) = (ready.nodes[0], ready.listeners.https.port);
        Self { node, port, roots, alpn: &[b"http/1.1"], versions: rustls::ALL_VERSIONS }
    }

    fn trusting(mut self, root: &Keyed) -> Self {
        self.roots.add(root.der.clone()).unwrap();
        self
    }

    async fn shake(&self, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = self.alpn.iter().map(|it| it.to_vec()).collect();
        let stream = TcpStream::connect((self.node, self.port)).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let shaking = TlsConnector::from(Arc::new(config)).connect(name, stream);
        tokio::time::timeout(PATIENCE, shaking).await.expect("a handshake in time")
    }

    /// The certificate that a server name is answered with.
    async fn certificate(&self, name: &str) -> Vec<u8> {
        let stream = self.shake(name).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    async fn connection(&self, name: &str) -> Connection {
        Connection::over(TokioIo::new(self.shake(name).await.unwrap())).await.unwrap()
    }

    fn with_alpn(mut self, alpn: &'static [&'static [u8]]) -> Self {
        self.alpn = alpn;
        self
    }
}

fn ask(path: &str) -> Ask {
    Ask { uri: path.parse().unwrap(), headers: HeaderMap::from_iter([(HOST, HOST_NAME.parse().unwrap())]) }
}

/// Sends bytes and reads until the other side closes.
async fn raw(node: Ipv4Addr, port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect((node, port)).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_secure_listener_is_https_with_the_sandboxs_own_root_and_http_redirects_to_it() {
    let sandbox = Sandbox::fast().await;
    let client = Client::new(&sandbox);
    let answer = client.connection(HOST_NAME).await.get(&ask("/"), true).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (404, "no such site\n"));

    let ready = &sandbox.running.ready;
    let mut plain = Connection::open((client.node, ready.listeners.http.port).into(), None).await.unwrap();
    let sent = plain.get(&ask("/cart?item=1"), true).await.unwrap();
    let wanted = format!("https://{HOST_NAME}:{}/cart?item=1", client.port);
    assert_eq!((sent.status.as_u16(), sent.header("location")), (301, wanted.as_str()));

    let pem = sandbox.admin(hyper::Method::GET, "/_sandbox/ca.pem", json!(null)).await.text;
    assert_eq!(pem, std::fs::read_to_string(&ready.ca_pem_file).unwrap());
}

#[tokio::test]
async fn the_server_name_chooses_among_the_listeners_certificates() {
    let sandbox = Sandbox::fast().await;
    let root = Keyed::root("Other Root");
    let (wild, exact) = (root.issue(&["*.shop.test"]), root.issue(&["a.shop.test"]));
    let client = Client::new(&sandbox).trusting(&root);
    let listener = &sandbox.running.ready.listeners.https.arn;
    for (index, it) in [&wild, &exact].into_iter().enumerate() {
        let arn = it.import(&sandbox, None, None).await.json()["CertificateArn"].as_str().unwrap().to_owned();
        let params = format!("ListenerArn={listener}&Certificates.member.1.CertificateArn={arn}");
        let added = sandbox.elb("AddListenerCertificates", &params).await;
        assert_eq!(element(&added.text, "IsDefault"), "false", "{index}");
    }
    assert_eq!(client.certificate("a.shop.test").await, exact.der.as_ref());
    assert_eq!(client.certificate("b.shop.test").await, wild.der.as_ref());
    // The default's, which is not for this name: the client finds out by itself.
    assert!(client.shake("a.b.shop.test").await.is_err());
    let default = client.certificate("anything.example.com").await;
    assert!(default != exact.der.as_ref() && default != wild.der.as_ref());
}

#[tokio::test]
async fn clients_are_offered_http_2_unless_the_load_balancer_is_told_not_to() {
    let sandbox = Sandbox::fast().await;
    let client = Client::new(&sandbox).with_alpn(&[b"h2", b"http/1.1"]);
    let stream = client.shake(HOST_NAME).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = Request::get(format!("https://{HOST_NAME}/")).body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "no such site\n");
    }
    let lb = &sandbox.running.ready.load_balancer_arn;
    let off = "Attributes.member.1.Key=routing.http2.enabled&Attributes.member.1.Value=false";
    sandbox.elb("ModifyLoadBalancerAttributes", &format!("LoadBalancerArn={lb}&{off}")).await;
    let stream = client.shake(HOST_NAME).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

/// While one client keeps its connection and another opens one after the other, the certificate is imported anew, and
/// another takes its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_swapped_under_traffic_drops_nobody() {
    let options = SandboxOptions { speed: 25.0, propagation: 5.0, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await;
    let root = Keyed::root("Other Root");
    let client = Client::new(&sandbox).trusting(&root);
    let first = root.issue(&["*.example.com"]);
    let arn = first.import(&sandbox, None, None).await.json()["CertificateArn"].as_str().unwrap().to_owned();
    let listener = sandbox.running.ready.listeners.https.arn.clone();
    let (done, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients = [true, false].map(|kept| {
        let (client, done, asked) = (client.clone(), done.clone(), asked.clone());
        tokio::spawn(async move {
            let mut connection = client.connection(HOST_NAME).await;
            while !done.load(Ordering::Relaxed) {
                if !kept {
                    connection = client.connection(HOST_NAME).await;
                }
                let answer = connection.get(&ask("/"), false).await;
                assert_eq!(answer.unwrap().status.as_u16(), 404);
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let serves = async |it: &Keyed| {
        let seen = async { while client.certificate(HOST_NAME).await != it.der.as_ref() {} };
        tokio::time::timeout(PATIENCE, seen).await.expect("the certificate reaches the node");
    };
    let params = format!("ListenerArn={listener}&Certificates.member.1.CertificateArn={arn}");
    assert_eq!(sandbox.elb("ModifyListener", &params).await.status, 200);
    serves(&first).await;
    let second = root.issue(&["*.example.com"]);
    assert_eq!(second.import(&sandbox, None, Some(&arn)).await.status, 200);
    serves(&second).await;
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no request fails");
    }
    assert!(asked.load(Ordering::Relaxed) > 20, "{asked:?}");
    sandbox.running.stop().await;
}

/// Security policies: TLS 1.0, and 1.2 where the policy wants 1.3.
#[tokio::test]
async fn clients_of_older_versions_than_the_policys_are_refused_in_the_handshake() {
    let sandbox = Sandbox::fast().await;
    let mut client = Client::new(&sandbox);
    // A ClientHello of TLS 1.0 is answered with a fatal alert.
    let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2F, 1, 0]);
    let alert = raw(client.node, client.port, &hello).await;
    assert_eq!((alert[0], alert[5]), (21, 2), "{alert:?}");

    client.versions = ONLY_12;
    client.shake(HOST_NAME).await.unwrap();
    let modify = |policy: &str| {
        let arn = &sandbox.running.ready.listeners.https.arn;
        format!("ListenerArn={arn}&SslPolicy=ELBSecurityPolicy-{policy}")
    };
    sandbox.elb("ModifyListener", &modify("TLS13-1-3-2021-06")).await;
    assert!(client.shake(HOST_NAME).await.is_err());
    client.versions = ONLY_13;
    client.shake(HOST_NAME).await.unwrap();
    sandbox.elb("ModifyListener", &modify("2016-08")).await;
    assert!(client.shake(HOST_NAME).await.is_err());
}

#[tokio::test]
async fn clients_that_never_finish_their_handshake_hurt_nobody_and_are_let_go() {
    let sandbox = Sandbox::fast().await;
    let client = Client::new(&sandbox);
    let mut idle = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect((client.node, client.port)).await.unwrap();
        if n % 2 == 0 {
            stream.write_all(&[22, 3, 1, 0, 200, 1]).await.unwrap();
        }
        idle.push(stream);
    }
    let answer = client.connection(HOST_NAME).await.get(&ask("/"), true).await.unwrap();
    assert_eq!(answer.status.as_u16(), 404);
    for mut stream in idle {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a client that says nothing is kept for ever");
    }
}

/// ALB guide, "Troubleshoot": HTTP 400 and 414.
#[tokio::test]
async fn headers_that_are_too_long_and_plain_http_on_a_secure_port_are_answered_400() {
    let sandbox = Sandbox::fast().await;
    let client = Client::new(&sandbox);
    let plain = raw(client.node, client.port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let plain = String::from_utf8(plain).unwrap();
    assert!(plain.starts_with("HTTP/1.1 400 "), "{plain}");
    assert!(plain.contains("The plain HTTP request was sent to HTTPS port"), "{plain}");

    let request = |long: usize, url: usize| {
        let (header, url) = ("x".repeat(long), "y".repeat(url));
        format!("GET /{url} HTTP/1.1\r\nHost: {HOST_NAME}\r\nX-Long: {header}\r\nConnection: close\r\n\r\n")
    };
    for (bytes, status) in [
        (request(100, 100), "HTTP/1.1 404"),
        (request(15 << 10, 15 << 10), "HTTP/1.1 404"),
        (request(17 << 10, 0), "HTTP/1.1 400"),
        (request(0, 17 << 10), "HTTP/1.1 414"),
        (request(16 << 20, 0), "HTTP/1.1 400 Bad Request\r\nServer: awselb/2.0"),
    ] {
        let mut stream = client.shake(HOST_NAME).await.unwrap();
        let _ = stream.write_all(bytes.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(status), "{} bytes: {answer}", bytes.len());
        let other = client.connection(HOST_NAME).await.get(&ask("/"), true).await.unwrap();
        assert_eq!(other.status.as_u16(), 404);
    }
}
