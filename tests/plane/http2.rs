//! HTTP/2 from clients, and HTTP/2 and gRPC to targets (ALB guide: "Target groups", "Protocol version"; "Troubleshoot": HTTP
//! 464).

use std::sync::Arc;

use aws_sandbox::seam::NodeHealth::Healthy;
use aws_sandbox::seam::{KeyedCertificate, ProtocolVersion, Tls, TlsVersions};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http2;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::KeyPair;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::kit::{HOST_NAME, Stage, Table};

async fn stage(version: ProtocolVersion) -> (Stage, RootCertStore) {
    let (stage, key) = (Stage::new(1.0), KeyPair::generate().unwrap());
    let names = vec![HOST_NAME.to_owned()];
    let certificate = rcgen::CertificateParams::new(names.clone()).unwrap().self_signed(&key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let keyed = KeyedCertificate { names, chain: vec![certificate.der().to_vec()], key: key.serialize_der() };
    let tls = Tls { versions: TlsVersions::Both, http2: true, certificates: vec![Arc::new(keyed)] };
    let task = stage.start("web", 1, &[]).await;
    let mut table =
        Table::new().group("web", &[(&task, Healthy)]).change("web", |group| group.version = version);
    table.0.listeners[0].tls = Some(tls);
    stage.route(&table.forward(vec![], &[("web", 1)])).await;
    (stage, roots)
}

/// One request over HTTP/2, and its whole answer.
async fn ask<B>(stage: &Stage, roots: &RootCertStore, request: Request<B>) -> (Response<()>, Bytes, HeaderMap)
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots.clone()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(stage.front()).await.unwrap();
    let name = ServerName::try_from(HOST_NAME).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    (Response::from_parts(head, ()), body.to_bytes(), trailers)
}

fn get() -> Request<Full<Bytes>> {
    Request::get(format!("https://{HOST_NAME}/cart?x=1")).body(Full::default()).unwrap()
}

#[tokio::test]
async fn targets_are_asked_in_their_groups_protocol_with_the_clients_host() {
    for (version, spoken) in [(ProtocolVersion::Http1, "HTTP/1"), (ProtocolVersion::Http2, "HTTP/2")] {
        let (stage, roots) = stage(version).await;
        let (answer, body, _) = ask(&stage, &roots, get()).await;
        assert_eq!((answer.status().as_u16(), &body[..]), (200, &b"web web:1\n"[..]));
        for (name, value) in [("x-protocol", spoken), ("x-host", HOST_NAME), ("x-url", "/cart?x=1")] {
            assert_eq!(answer.headers()[name], value);
        }
        assert_eq!(stage.unserved(), []);
    }
}

fn grpc<B>(body: B) -> Request<B> {
    let request = Request::post(format!("https://{HOST_NAME}/echo")).header("te", "trailers");
    request.header("content-type", "application/grpc").body(body).unwrap()
}

#[tokio::test]
async fn grpc_goes_through_with_its_trailers_and_anything_else_is_answered_464() {
    let (stage, roots) = stage(ProtocolVersion::Grpc).await;
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
    let trailing = async { Some(Ok(trailers)) };
    let message = Full::from("message").with_trailers(Box::pin(trailing));
    let (answer, body, trailers) = ask(&stage, &roots, grpc(message)).await;
    assert_eq!((answer.status().as_u16(), &body[..]), (200, &b"message"[..]));
    assert_eq!(answer.headers()["x-protocol"], "HTTP/2");
    assert_eq!(trailers["grpc-status"], "0");

    let (answer, ..) = ask(&stage, &roots, get()).await;
    assert_eq!(answer.status().as_u16(), 464);
    let (ordinary, roots) = self::stage(ProtocolVersion::Http1).await;
    let (answer, ..) = ask(&ordinary, &roots, grpc(Full::<Bytes>::default())).await;
    assert_eq!(answer.status().as_u16(), 464);
}
