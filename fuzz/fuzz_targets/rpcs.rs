//! Any bytes as the message of any call of Terraform's, through the server that Terraform talks to. The first byte
//! chooses the call; a panic in one ends the run, as does a call that hangs.
//!
//! `cargo +nightly fuzz run rpcs fuzz/corpus/rpcs fuzz/seeds/rpcs` in the repository's root; `cargo install
//! cargo-fuzz` before the first time.

#![no_main]

#[path = "../../tests/support/raw.rs"]
mod raw;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bluegreen_provider::provider::Bluegreen;
use libfuzzer_sys::fuzz_target;
use raw::Raw;
use terraform_plugin::testing::Served;
use tokio::runtime::Runtime;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

const LIMIT: Duration = Duration::from_secs(20);
/// Not `ConfigureProvider`: what is connected nowhere stays here.
const CALLS: [&str; 13] = [
    "GetMetadata",
    "GetProviderSchema",
    "GetResourceIdentitySchemas",
    "UpgradeResourceIdentity",
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

fn served() -> &'static (Runtime, Served, Channel) {
    static SERVED: OnceLock<(Runtime, Served, Channel)> = OnceLock::new();
    SERVED.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (served, channel) = runtime.block_on(async {
            let served = Served::start(Arc::new(Bluegreen::default()));
            let channel = served.route.channel().await.unwrap();
            (served, channel)
        });
        (runtime, served, channel)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, message)) = bytes.split_first() else { return };
    let call = CALLS[usize::from(*choice) % CALLS.len()];
    let (runtime, _, channel) = served();
    let asked = async {
        let mut client = Grpc::new(channel.clone());
        client.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/tfplugin6.Provider/{call}")).unwrap();
        // A message that is none is refused; that is an answer.
        let _ = client.unary(Request::new(message.to_vec()), path, Raw).await;
    };
    runtime.block_on(async { tokio::time::timeout(LIMIT, asked).await }).expect("a call hangs");
});
