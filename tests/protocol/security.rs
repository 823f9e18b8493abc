//! Who gets in: nobody but the host that started us.

use std::os::unix::fs::PermissionsExt as _;

use terraform_plugin::testing::{Certificate, Process, Route};
use terraform_plugin::wire::tfplugin6 as wire;
use wire::provider_client::ProviderClient;

use super::host::{Watched as _, start};

fn started(client: &Certificate) -> (Process, Vec<String>) {
    let mut process = start(&[("PLUGIN_CLIENT_CERT", &client.pem)]);
    let fields = process.handshake().unwrap();
    (process, fields)
}

async fn is_served(route: &Route) -> bool {
    // With TLS 1.3 the client learns that it is refused only when it wants something.
    let Ok(channel) = route.channel().await else { return false };
    ProviderClient::new(channel).get_metadata(wire::get_metadata::Request {}).await.is_ok()
}

#[tokio::test]
async fn only_the_hosts_own_certificate_is_let_in() {
    let (host, stranger) = (Certificate::new(), Certificate::new());
    let (_process, fields) = started(&host);
    let (path, server) = (fields[3].as_ref(), Process::certificate(&fields[5]).unwrap());
    assert!(!is_served(&Route::plain(path)).await, "without TLS");
    assert!(!is_served(&Route::tls(path, &server, None)).await, "without a certificate");
    assert!(!is_served(&Route::tls(path, &server, Some(&stranger))).await, "with another's");
    assert!(is_served(&Route::tls(path, &server, Some(&host))).await, "with the right one");
}

#[tokio::test]
async fn a_certificate_of_an_earlier_run_is_refused() {
    let earlier = Certificate::new();
    let (mut process, fields) = started(&earlier);
    let (path, old_server) = (fields[3].clone(), Process::certificate(&fields[5]).unwrap());
    assert!(is_served(&Route::tls(path.as_ref(), &old_server, Some(&earlier))).await, "in its own run");
    process.signal(rustix::process::Signal::TERM);
    assert!(process.wait().success());
    assert!(!is_served(&Route::tls(path.as_ref(), &old_server, Some(&earlier))).await, "after its end");
    let now = Certificate::new();
    let (_process, fields) = started(&now);
    let (path, server) = (fields[3].as_ref(), Process::certificate(&fields[5]).unwrap());
    assert_ne!(server, old_server, "every run has a certificate of its own");
    assert!(!is_served(&Route::tls(path, &server, Some(&earlier))).await, "replayed");
    assert!(is_served(&Route::tls(path, &server, Some(&now))).await, "the present one");
}

#[test]
fn the_socket_is_in_a_directory_nobody_else_may_enter() {
    let (mut process, fields) = started(&Certificate::new());
    let directory = std::path::Path::new(&fields[3]).parent().unwrap().to_owned();
    assert_eq!(directory.parent().unwrap(), process.directory.path());
    let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    process.signal(rustix::process::Signal::TERM);
    assert!(process.wait().success());
    assert!(!directory.exists(), "it is removed in the end");
}

#[test]
fn without_a_cookie_it_explains_itself_and_fails() {
    for cookie in ["", "wrong"] {
        let mut process = start(&[("TF_PLUGIN_MAGIC_COOKIE", cookie)]);
        assert_eq!(process.handshake().unwrap(), [""], "nothing on stdout");
        assert_eq!(process.wait().code(), Some(1));
        assert_eq!(process.stderr(), "This is a toy. Let Terraform play with it.\n");
    }
}

#[test]
fn an_unreadable_client_certificate_is_no_reason_to_serve_everybody() {
    for pem in ["", "nonsense"] {
        let mut process = start(&[("PLUGIN_CLIENT_CERT", pem)]);
        assert_eq!(process.handshake().unwrap(), [""]);
        assert_eq!(process.wait().code(), Some(1));
        let stderr = process.stderr();
        assert!(stderr.contains("PLUGIN_CLIENT_CERT holds no PEM certificate"), "{stderr}");
    }
}
