//! The host's two services beside the provider: "end now", and a stream of what we print.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::ending::Ending;
use crate::wire::plugin::grpc_controller_server::GrpcController;
use crate::wire::plugin::grpc_stdio_server::GrpcStdio;
use crate::wire::plugin::{Empty, StdioData};

/// Passes the host's wish to end on to whoever ends the process.
#[derive(Debug)]
pub struct Controller {
    /// Where to pass it.
    pub endings: mpsc::UnboundedSender<Ending>,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        // If nobody listens, the process is ending already.
        let _ = self.endings.send(Ending::Shutdown);
        Ok(Response::new(Empty {}))
    }
}

/// We print nothing after the handshake: the stream stays open, without a word, until the end.
#[derive(Debug)]
pub struct Stdio {
    /// Cancelled when connections are to close.
    pub closing: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = ReceiverStream<Result<StdioData, Status>>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        let (sender, receiver) = mpsc::channel(1);
        let closing = self.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = sender.closed() => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}
