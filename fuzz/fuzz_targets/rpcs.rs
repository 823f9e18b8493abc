//! Any bytes as the message of any call of Terraform's, through the server that Terraform talks to. The first byte
//! chooses the call; a panic in one ends the run, as does a call that hangs.
//!
//! `cargo +nightly fuzz run rpcs fuzz/corpus/rpcs fuzz/seeds/rpcs` in the repository's root; `cargo install
//! cargo-fuzz` before the first time.

#![no_main]

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bluegreen_provider::service::Bluegreen;
use bluegreen_provider::terraform::{Ending, Plugin};
use bytes::{Buf as _, BufMut as _};
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::Service;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

const LIMIT: Duration = Duration::from_secs(20);
/// Not `ConfigureProvider`: what is connected nowhere stays here.
const CALLS: [&str; 12] = [
    "GetMetadata",
    "GetProviderSchema",
    "GetResourceIdentitySchemas",
    "ValidateProviderConfig",
    "ValidateResourceConfig",
    "UpgradeResourceState",
    "ReadResource",
    "PlanResourceChange",
    "ApplyResourceChange",
    "ImportResourceState",
    "MoveResourceState",
    "StopProvider",
];

/// Messages as they are.
#[derive(Clone, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain
    }

    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}

/// To a socket by its path.
struct Way(PathBuf);

impl Service<Uri> for Way {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}

fn served() -> &'static (Runtime, Channel) {
    static SERVED: OnceLock<(Runtime, Channel)> = OnceLock::new();
    SERVED.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let channel = runtime.block_on(async {
            let plugin = Plugin::start(Arc::new(Bluegreen::default()), None, &std::env::temp_dir()).unwrap();
            let way = Way(plugin.address().path().unwrap().to_owned());
            tokio::spawn(plugin.run(|_: Ending| false));
            Endpoint::from_static("http://localhost").connect_with_connector(way).await.unwrap()
        });
        (runtime, channel)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, message)) = bytes.split_first() else { return };
    let call = CALLS[usize::from(*choice) % CALLS.len()];
    let (runtime, channel) = served();
    let asked = async {
        let mut client = Grpc::new(channel.clone());
        client.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/tfplugin6.Provider/{call}")).unwrap();
        // A message that is none is refused; that is an answer.
        let _ = client.unary(Request::new(message.to_vec()), path, Plain).await;
    };
    runtime.block_on(async { tokio::time::timeout(LIMIT, asked).await }).expect("a call hangs");
});
