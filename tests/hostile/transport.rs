//! AWS's own SDK, talking to a sandbox in this process: everything but the sockets is real.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sandbox::dice::Dice;
use aws_sandbox::in_process::InProcess;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bluegreen_provider::aws::Aws;

use crate::socketless;

#[derive(Clone)]
struct Line {
    sandbox: InProcess,
    dice: Arc<Mutex<Dice>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Line")
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move {
            // There and back, with some delay each way.
            socketless::answer(&line.sandbox, request, || line.travel()).await
        })
    }
}

impl Line {
    async fn travel(&self) {
        let time = self.dice.lock().unwrap().seconds(0.005, 0.06);
        tokio::time::sleep(time).await;
    }
}

/// A connection of its own to `sandbox`, signed by `caller`.
pub async fn connect(sandbox: &InProcess, caller: &str, seed: u64) -> Aws {
    let line = Line { sandbox: sandbox.clone(), dice: Arc::new(Mutex::new(Dice::new(seed))) };
    socketless::connect(line, caller).await
}
