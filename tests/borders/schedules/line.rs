//! A connection that is cut at a call: whoever made it is dead from then on.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sandbox::dice::Dice;
use aws_sandbox::in_process::InProcess;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bluegreen_provider::aws::Aws;
use tokio_util::sync::CancellationToken;

use crate::socketless;

#[derive(Clone)]
pub struct Line {
    sandbox: InProcess,
    dice: Arc<Mutex<Dice>>,
    cut: Arc<Mutex<Option<(u64, bool)>>>,
    /// Cancelled at the fatal call.
    pub dead: CancellationToken,
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
            let fatal = line.fatal();
            if line.dead.is_cancelled() {
                return std::future::pending().await;
            }
            if fatal == Some(false) {
                line.dead.cancel();
                return std::future::pending().await;
            }
            let answer = socketless::answer(&line.sandbox, request, || line.travel()).await;
            if fatal == Some(true) {
                line.dead.cancel();
                return std::future::pending().await;
            }
            answer
        })
    }
}

impl Line {
    async fn travel(&self) {
        let time = self.dice.lock().unwrap().seconds(0.005, 0.06);
        tokio::time::sleep(time).await;
    }

    /// Whether this is the last call, and then whether it is sent.
    fn fatal(&self) -> Option<bool> {
        let mut cut = self.cut.lock().unwrap();
        let (left, sent) = cut.as_mut()?;
        *left -= 1;
        let (left, sent) = (*left, *sent);
        (left == 0).then(|| {
            *cut = None;
            sent
        })
    }

    /// The so many-th call from now is the last; or none is.
    pub fn cut_at(&self, call: Option<(u64, bool)>) {
        *self.cut.lock().unwrap() = call;
    }
}

pub async fn connect(sandbox: &InProcess, caller: &str, seed: u64) -> (Aws, Line) {
    let line = Line {
        sandbox: sandbox.clone(),
        dice: Arc::new(Mutex::new(Dice::new(seed))),
        cut: Arc::default(),
        dead: CancellationToken::new(),
    };
    (socketless::connect(line.clone(), caller).await, line)
}
