//! Terraform's side of the protocol: starting the plugin, connecting to it, calling it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base64::Engine as _;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use terraform_plugin::proto::tfplugin6 as wire;
use terraform_plugin::{Ending, Plugin, Provider as _, Value, codec};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};
use wire::provider_client::ProviderClient;

use super::toy::{Toy, toy};

pub const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// Nothing here takes long; whatever waits longer than this hangs.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A certificate like the one go-plugin makes: P-521, self-signed, a CA.
pub struct Certificate {
    pub pem: String,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Certificate {
    pub fn new() -> Certificate {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Certificate { pem: certificate.pem(), der: certificate.der().clone(), key: key.serialize_der() }
    }
}

/// How to reach a plugin.
#[derive(Clone)]
pub struct Route {
    pub path: PathBuf,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Route {
    pub fn plain(path: &Path) -> Route {
        Route { path: path.to_owned(), tls: None }
    }

    /// Trusts `server`; shows `client`, if any.
    pub fn tls(path: &Path, server: &[u8], client: Option<&Certificate>) -> Route {
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let only = OnlyServer { certificate: server.to_vec(), crypto: Arc::clone(&crypto) };
        let builder = rustls::ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(only));
        let mut config = match client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let key = PrivatePkcs8KeyDer::from(client.key.clone()).into();
                builder.with_client_auth_cert(vec![client.der.clone()], key).unwrap()
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Route { path: path.to_owned(), tls: Some(Arc::new(config)) }
    }

    pub async fn channel(&self) -> Result<Channel, tonic::transport::Error> {
        Endpoint::from_static("http://localhost").connect_with_connector(self.clone()).await
    }

    pub async fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await.unwrap())
    }
}

/// Trusts one server certificate. Go takes a CA's certificate for a server's; rustls by itself does not.
#[derive(Debug)]
struct OnlyServer {
    certificate: Vec<u8>,
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnlyServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        assert_eq!(end_entity.as_ref(), self.certificate, "the handshake named another certificate");
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.crypto.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}

pub trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for S {}

impl Service<Uri> for Route {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let route = self.clone();
        Box::pin(async move {
            let stream = UnixStream::connect(&route.path).await?;
            let stream: Box<dyn Stream> = match route.tls {
                None => Box::new(stream),
                Some(tls) => {
                    let name = ServerName::try_from("localhost").unwrap();
                    Box::new(TlsConnector::from(tls).connect(name, stream).await?)
                }
            };
            Ok(TokioIo::new(stream))
        })
    }
}

/// The toy, served in this process without TLS.
pub struct Served {
    pub route: Route,
    pub end: tokio::sync::mpsc::UnboundedSender<Ending>,
    pub running: tokio::task::JoinHandle<Ending>,
    _directory: tempfile::TempDir,
}

pub fn served() -> Served {
    let directory = tempfile::tempdir().unwrap();
    let plugin = Plugin::start(toy(), None, directory.path()).unwrap();
    let route = Route::plain(plugin.address().path().unwrap());
    let end = plugin.end();
    let running = tokio::spawn(async { plugin.run(|_| true).await.unwrap() });
    Served { route, end, running, _directory: directory }
}

/// The toy in a process of its own.
pub struct Process {
    pub child: Child,
    pub directory: tempfile::TempDir,
}

/// The toy's script: stdout is only for the handshake, as the test harness writes there too.
pub fn write_script(path: &Path) {
    let binary = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\nexec env TOY_HANDSHAKE=/dev/fd/3 '{}' toy::toy_process --exact --nocapture 3>&1 >/dev/null\n",
        binary.display()
    );
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Starts the toy with these variables beside the cookie.
pub fn start(variables: &[(&str, &str)]) -> Process {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("toy");
    write_script(&script);
    let mut command = Command::new(&script);
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("TF_") || name.starts_with("PLUGIN_"))
    {
        command.env_remove(name);
    }
    command.env("TF_PLUGIN_MAGIC_COOKIE", COOKIE).env("PLUGIN_UNIX_SOCKET_DIR", directory.path());
    command.envs(variables.iter().copied());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Process { child, directory }
}

impl Process {
    /// The fields of the handshake line.
    pub fn handshake(&mut self) -> Vec<String> {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim_end_matches('\n').split('|').map(str::to_owned).collect()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < LIMIT, "the plugin does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it wrote to stderr until its end.
    pub fn stderr(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn certificate_field(field: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(field).unwrap()
}

fn provider() -> Arc<Toy> {
    toy()
}

/// A `toy_thing` with these attributes, the rest null.
pub fn thing(attributes: &[(&str, Value)]) -> Value {
    let mut value = provider().resource("toy_thing").unwrap().schema().null_object();
    for (name, attribute) in attributes {
        value.set(*name, attribute.clone());
    }
    value
}

pub fn encode(value: &Value) -> Option<wire::DynamicValue> {
    let kind = provider().resource("toy_thing").unwrap().schema().object_type();
    Some(codec::encode(value, &kind).unwrap())
}

pub fn decode(value: Option<wire::DynamicValue>) -> Value {
    let kind = provider().resource("toy_thing").unwrap().schema().object_type();
    codec::decode(&value.unwrap(), &kind).unwrap()
}

/// Terraform's merge, for configurations without computed attributes that are not null in the prior.
pub fn plan_request(prior: &Value, config: &Value) -> wire::plan_resource_change::Request {
    let proposed = super::core_rules::proposed_new(&toy_schema().attributes, prior, config);
    wire::plan_resource_change::Request {
        type_name: "toy_thing".into(),
        prior_state: encode(prior),
        proposed_new_state: encode(&proposed),
        config: encode(config),
        prior_private: b"private".to_vec(),
        ..Default::default()
    }
}

pub fn toy_schema() -> terraform_plugin::Schema {
    provider().resource("toy_thing").unwrap().schema().clone()
}

/// Plans and applies a creation of `config`.
pub fn apply_request(planned: &Value, config: &Value) -> wire::apply_resource_change::Request {
    wire::apply_resource_change::Request {
        type_name: "toy_thing".into(),
        prior_state: encode(&Value::Null),
        planned_state: encode(planned),
        config: encode(config),
        planned_private: b"planned".to_vec(),
        ..Default::default()
    }
}

/// A socket for the toy to talk to.
pub struct Ear {
    listener: tokio::net::UnixListener,
    pub path: String,
    _directory: tempfile::TempDir,
}

pub type Conversation = tokio::io::BufReader<UnixStream>;

impl Ear {
    pub fn new() -> Ear {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ear");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        Ear { listener, path: path.to_str().unwrap().to_owned(), _directory: directory }
    }

    /// Waits until a thing has started.
    pub async fn started(&self) -> Conversation {
        let (stream, _) = tokio::time::timeout(LIMIT, self.listener.accept()).await.unwrap().unwrap();
        let mut conversation = tokio::io::BufReader::new(stream);
        assert_eq!(hear(&mut conversation).await, "started");
        conversation
    }
}

pub async fn hear(conversation: &mut Conversation) -> String {
    use tokio::io::AsyncBufReadExt as _;
    let mut line = String::new();
    tokio::time::timeout(LIMIT, conversation.read_line(&mut line)).await.unwrap().unwrap();
    line.trim_end().to_owned()
}

pub async fn say_go(conversation: &mut Conversation) {
    use tokio::io::AsyncWriteExt as _;
    conversation.write_all(b"go\n").await.unwrap();
}
