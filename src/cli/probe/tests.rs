//! The probe against small servers of its own, plain and TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use rcgen::generate_simple_self_signed;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

/// Answers one request a connection, the n-th with `answer(n)`.
async fn server(
    tls: Option<TlsAcceptor>,
    answer: impl Fn(usize) -> String + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, count) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, count, tls) = (answer.clone(), count.clone(), tls.clone());
            tokio::spawn(async move {
                let mut stream: Box<dyn Stream> = match tls {
                    None => Box::new(stream),
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => return,
                    },
                };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let n = count.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(answer(n).as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Stream for T {}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

/// Probes until every URL has had this many requests answered or failed.
async fn tallies(line: &[&str], requests: u64) -> anyhow::Result<Vec<Tally>> {
    let fast = ["probe", "--requests-per-second", "200", "--timeout", "5s"];
    let args = Command::parse_from(fast.iter().chain(line)).args;
    let enough = async |targets: &[Arc<Target>]| {
        while targets.iter().any(|target| target.tally().requests < requests) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let probed = probe(&args, targets(&args)?, Screen::plain(std::io::sink()), enough);
    Ok(tokio::time::timeout(Duration::from_secs(30), probed).await.expect("requests end"))
}

#[tokio::test]
async fn sides_are_told_by_header_or_by_the_first_words() {
    let headers =
        |n: usize| ok(&format!("x-task-definition: web:{}\r\nx-color: red\r\n", 41 + n % 2), "hi\n");
    let (with, without) =
        (server(None, headers).await, server(None, |_| ok("", "\n  Hello   \nthere")).await);
    let (with, without) = (format!("http://{with}/"), format!("http://{without}/a?b=c"));
    let both = tallies(&[&with, &without], 20).await.unwrap();
    let who = |tally: &Tally| tally.answered.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(who(&both[0]).len(), 2);
    assert!(who(&both[0])[0].ends_with("web:41"), "{both:?}");
    assert_eq!(who(&both[1]), ["200 Hello"]);
    assert!(clean(&both), "{}", screen::table(&both));
    let red = tallies(&["--side-header", "x-color", &with], 5).await.unwrap();
    assert!(who(&red[0])[0].ends_with("red"), "{red:?}");
}

#[tokio::test]
async fn any_failure_is_in_the_table_and_in_the_verdict() {
    let flaky = server(None, |n| match n {
        3 => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
        5 => String::new(),
        _ => ok("", "fine"),
    })
    .await;
    let found = tallies(&[&format!("http://{flaky}/")], 20).await.unwrap();
    assert!(!clean(&found));
    assert_eq!(found[0].failures, 2, "{found:?}");
    let table = screen::table(&found);
    assert!(table.contains("1 × 503") && table.contains("1 × no answer"), "{table}");
    assert_eq!(table.matches("FAILED http").count(), 2, "{table}");
    let nobody = Ipv4Addr::new(127, 250, rand::random_range(1..250), rand::random_range(1..250));
    let found = tallies(&[&format!("http://{nobody}:8080/")], 3).await.unwrap();
    assert!(found[0].requests > 0 && found[0].failures == found[0].requests, "{found:?}");
}

#[tokio::test]
async fn redirects_are_no_failures_unless_said_so() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let url = format!("http://{}/", server(None, move |_| moved.to_owned()).await);
    let moved = tallies(&[&url], 5).await.unwrap();
    assert!(clean(&moved), "{}", screen::table(&moved));
    assert!(!clean(&tallies(&["--expect", "200,204", &url], 5).await.unwrap()));
}

#[tokio::test]
async fn certificates_are_checked_unless_told_otherwise() {
    let issued = generate_simple_self_signed(["shop.example.com".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key.into())
        .unwrap();
    let address = server(Some(TlsAcceptor::from(Arc::new(config))), |_| ok("", "secret")).await;
    let (url, port) = (format!("https://shop.example.com:{}/", address.port()), address.port());
    let resolve = format!("shop.example.com:{port}:127.0.0.1");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), issued.cert.pem()).unwrap();
    let ca = file.path().display().to_string();

    let trusted = tallies(&["--resolve", &resolve, "--ca-file", &ca, &url], 10).await.unwrap();
    assert!(clean(&trusted), "{}", screen::table(&trusted));
    let believed = tallies(&["--resolve", &resolve, "--insecure", &url], 10).await.unwrap();
    assert!(clean(&believed), "{}", screen::table(&believed));
    let refused = tallies(&["--resolve", &resolve, &url], 5).await.unwrap();
    assert!(refused[0].requests > 0 && refused[0].failures == refused[0].requests);
    assert!(refused[0].first_failures[0].what.contains("certificate"), "{refused:?}");
}

#[tokio::test]
async fn nonsense_is_refused_with_the_word_to_blame() {
    let cases: [(&[&str], &str); 6] = [
        (&["shop.example.com"], "http://"),
        (&["ftp://shop.example.com/"], "http://"),
        (&["--header", "no colon", "http://a/"], "no colon"),
        (&["--resolve", "a:b", "http://a/"], "--resolve a:b"),
        (&["--expect", "2xx", "http://a/"], "2xx"),
        (&["--ca-file", "/does/not/exist", "https://a/"], "/does/not/exist"),
    ];
    for (line, word) in cases {
        let refused = tallies(line, 1).await.expect_err("nonsense");
        assert!(format!("{refused:#}").contains(word), "{refused:#}");
    }
}

#[test]
fn durations_are_as_people_type_them() {
    for (text, ms) in [("90s", 90_000), ("1h30m", 5_400_000), ("500ms", 500), ("2", 2000), (" 1.5m", 90_000)]
    {
        assert_eq!(super::duration(text).map(|duration| duration.as_millis()), Ok(ms), "{text}");
    }
    for text in ["", "s", "-1s", "-1", "1d", "1e9h", "..", "ten", "inf", "99999999999999999999h"] {
        assert!(super::duration(text).is_err(), "{text}");
    }
}
