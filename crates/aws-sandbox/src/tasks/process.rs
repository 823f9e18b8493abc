//! One task's process from start to exit code: listening, SIGTERM, SIGKILL, crash.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::Answerer;
use super::behaviour::Behaviour;
use super::mortal::Mortal;
use super::port::socket;
use crate::clock::Clock;
use crate::seam::{Report, TaskSpec};

const SIGKILLED: i32 = 137;

/// What can be sent to a process.
#[derive(Clone, Default)]
pub(super) struct Signals {
    pub terminate: CancellationToken,
    pub kill: CancellationToken,
}

/// Lives one task's life and returns its exit code. Reports `Started` once it is up.
pub(super) async fn live(
    spec: TaskSpec,
    clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    signals: Signals,
) -> i32 {
    let behaviour = Behaviour::read(&spec.environment);
    let sockets = Sockets::default();
    let code = tokio::select! {
        biased;
        () = signals.kill.cancelled() => SIGKILLED,
        () = crash(&behaviour, &clock) => 1,
        () = overstay(&signals, &clock, spec.stop_timeout) => SIGKILLED,
        code = serve(&spec, &behaviour, &clock, &reports, &signals, &sockets) => code,
    };
    // When the exit is known, the address is free for the next task.
    sockets.dead.cancel();
    sockets.all_closed().await;
    code
}

/// The listeners and connections of one process, and how they end.
#[derive(Clone, Default)]
struct Sockets {
    open: TaskTracker,
    /// Accept no more; close connections once their request is answered.
    quit: CancellationToken,
    /// Reset everything.
    dead: CancellationToken,
}

impl Sockets {
    async fn all_closed(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

async fn crash(behaviour: &Behaviour, clock: &Clock) {
    match behaviour.crash_after {
        Some(after) => clock.sleep(after).await,
        None => std::future::pending().await,
    }
}

/// Returns when a terminated process has used up its stop timeout.
async fn overstay(signals: &Signals, clock: &Clock, stop_timeout: Duration) {
    signals.terminate.cancelled().await;
    clock.sleep(stop_timeout).await;
}

async fn serve(
    spec: &TaskSpec,
    behaviour: &Behaviour,
    clock: &Clock,
    reports: &mpsc::UnboundedSender<Report>,
    signals: &Signals,
    sockets: &Sockets,
) -> i32 {
    let started = || {
        let _ = reports.send(Report::Started { task: spec.id.clone() });
    };
    let terminated = async {
        signals.terminate.cancelled().await;
        if behaviour.ignore_sigterm {
            std::future::pending().await
        }
    };
    tokio::pin!(terminated);

    let answerer = Arc::new(Answerer::new(spec, behaviour, clock));
    if behaviour.exit_on_start {
        started();
        return 1;
    }
    if !behaviour.start.is_zero() {
        started();
        tokio::select! {
            () = &mut terminated => return 0,
            () = clock.sleep(behaviour.start) => {}
        }
    }
    let mut listeners = Vec::new();
    for port in &spec.ports {
        match listen(socket(spec.ip, *port)).await {
            Ok(listener) => listeners.push(listener),
            Err(refused) => {
                tracing::error!(task = spec.id, ip = %spec.ip, port, %refused, "a task cannot listen");
                started();
                return 1;
            }
        }
    }
    if behaviour.start.is_zero() {
        started();
    }

    for listener in listeners {
        sockets.open.spawn(accept(listener, answerer.clone(), sockets.clone()));
    }
    terminated.await;
    sockets.quit.cancel();
    sockets.all_closed().await;
    0
}

async fn listen(address: SocketAddrV4) -> std::io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(std::io::Error::other("the sandbox binds nothing outside loopback"));
    }
    TcpListener::bind(address).await
}

async fn accept(listener: TcpListener, answerer: Arc<Answerer>, sockets: Sockets) {
    loop {
        tokio::select! {
            biased;
            () = sockets.dead.cancelled() => return,
            () = sockets.quit.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    sockets.open.spawn(converse(stream, answerer.clone(), sockets.clone()));
                }
                // Out of file descriptors, say: there may be some again in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

/// Serves one connection. Keeps it open for as long as the other side likes: the balancer must be
/// the one to close idle connections, or the race shows as 502 (elasticloadbalancing
/// "Troubleshoot your Application Load Balancers", HTTP 502).
async fn converse(stream: TcpStream, answerer: Arc<Answerer>, sockets: Sockets) {
    let Ok(peer) = stream.peer_addr() else { return };
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let answerer = answerer.clone();
        async move { answerer.answer(peer.ip(), request).await }
    });
    let stream = Mortal { stream, dead: sockets.dead.clone() };
    // HTTP/1.1, or HTTP/2 by prior knowledge.
    let server = auto::Builder::new(TokioExecutor::new());
    let connection = server.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut quitting = false;
    loop {
        tokio::select! {
            biased;
            () = sockets.dead.cancelled() => return,
            () = sockets.quit.cancelled(), if !quitting => {
                quitting = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = connection.as_mut() => return,
        }
    }
}
