//! The HTTP server of all APIs and of the sandbox's own: reads requests, lets faults have their
//! way, asks the world, writes answers.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::admin;
use super::aws::services;
use super::call::error::Answer;
use super::call::request::{Request, Sender};
use super::core::Core;
use super::faults::fault::When;
use super::journal::Outcome;
use super::protocol;
use super::reply::{Reply, plain};

/// Largest request body.
const MOST: usize = 8 << 20;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
pub struct Closed;

pub async fn serve(socket: TcpListener, core: Arc<Core>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return connections.shutdown().await,
            Some(_) = connections.join_next() => {}
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, core.clone()));
                }
                // Out of file descriptors, mostly; there is nothing better than to wait a little.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

async fn connection(stream: TcpStream, core: Arc<Core>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(core.clone(), request));
    let mut server = hyper::server::conn::http1::Builder::new();
    // Idle connections stay open: closing them would look like a fault to a caller about to use one.
    server.header_read_timeout(None);
    // Ends in an error when a fault or the caller closes the connection.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(core: Arc<Core>, request: hyper::Request<Incoming>) -> Result<Reply, Closed> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST).collect().await.map(|body| body.to_bytes()) else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "request body too large\n"));
    };
    answer_to(&core, &head, &body).await
}

/// One request's answer, however it came in.
pub async fn answer_to(core: &Arc<Core>, head: &Parts, body: &Bytes) -> Result<Reply, Closed> {
    let path = head.uri.path();
    if path.starts_with("/_sandbox") {
        return Ok(admin::answer(core, &head.method, path, head.uri.query().unwrap_or_default(), body));
    }
    if head.method != Method::POST && !protocol::takes_any_method(&head.headers, services::dialects()) {
        return Ok(plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "the AWS APIs take POST only, but for signed requests to S3\n",
        ));
    }
    let routed = protocol::route(head, body, services::dialects());
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string();
    let (operation, answer) = match routed.request {
        Err(error) => (String::new(), Err(error)),
        Ok(request) => {
            let answer = call(core, &request, sender(&head.headers)).await?;
            (request.operation, answer)
        }
    };
    Ok(protocol::write(routed.protocol, &operation, &answer, &id))
}

/// Takes one call from its arrival to its answer, through all faults.
async fn call(core: &Arc<Core>, request: &Request, sender: Sender) -> Result<Answer, Closed> {
    let (number, verdict) = core.with(|world, now| world.arrive(now, request, sender));
    let entry = Entry { core, number };
    for fault in &verdict.hold_before {
        hold(core, *fault, number, When::Before).await;
    }
    if !verdict.delay.is_zero() {
        core.clock.sleep(verdict.delay).await;
    }
    if verdict.drop {
        return Err(Closed);
    }
    let answer = core.with(|world, now| world.act(now, number, request, &verdict));
    for fault in &verdict.hold_after {
        hold(core, *fault, number, When::After).await;
    }
    if verdict.lost_answer && verdict.refused.is_none() {
        return Err(Closed);
    }
    let (status, error) = match &answer {
        Ok(_) => (200, None),
        Err(error) => (error.status, Some(error.code.clone())),
    };
    entry.close(Outcome::Answered { status, error });
    Ok(answer)
}

/// A call's line in the journal, closed however the call ends.
struct Entry<'a> {
    core: &'a Arc<Core>,
    number: u64,
}

impl Entry<'_> {
    fn close(&self, outcome: Outcome) {
        self.core.with(|world, now| world.journal.answered(now, self.number, outcome));
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        // Has no effect after an answer.
        self.close(Outcome::Closed);
    }
}

/// Waits at a fault until released; when the connection is closed, this is dropped.
async fn hold(core: &Arc<Core>, fault: u64, call: u64, when: When) {
    struct Held<'a>(&'a Arc<Core>, u64, u64);
    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.with(|world, _| world.faults.let_go(self.1, self.2));
        }
    }
    core.with(|world, _| world.faults.hold(fault, call, when));
    let _held = Held(core, fault, call);
    loop {
        let released = core.released.notified();
        tokio::pin!(released);
        released.as_mut().enable();
        if !core.with(|world, _| world.faults.is_held(fault, call)) {
            return;
        }
        // The second is for faults that end by themselves.
        tokio::select! { () = released => {}, () = core.clock.sleep(Duration::from_secs(1)) => {} }
    }
}

fn sender(headers: &HeaderMap) -> Sender {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let attempt = text("amz-sdk-request").split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    let credential = text(AUTHORIZATION.as_str()).split("Credential=").nth(1).unwrap_or_default();
    Sender {
        caller: credential.split('/').next().unwrap_or_default().to_owned(),
        user_agent: text(USER_AGENT.as_str()).to_owned(),
        attempt: attempt.and_then(|number| number.parse().ok()),
    }
}
