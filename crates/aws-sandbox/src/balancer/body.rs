//! Response bodies on their way to the client: they keep idle timeouts from firing, give the backend's connection
//! back when they are done, and are cut when their target disappears.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::activity::{Activity, Busy};
use super::backend::{Backend, Link};

/// A response's body, towards the client.
pub(super) enum Outgoing {
    Own(Full<Bytes>),
    Relayed(Box<Relay>),
}

pub(super) struct Relay {
    pub inner: Incoming,
    pub finished: bool,
    pub link: Option<Link>,
    pub backend: Arc<Backend>,
    pub activity: Arc<Activity>,
    pub idle_timeout: Duration,
    /// Made only when there is something to wait for.
    pub silence: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Told why the body ended too early.
    pub on_cut: Option<Box<dyn FnOnce(String) + Send>>,
    pub _busy: Busy,
}

impl Relay {
    fn cut(&mut self, why: String) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.link = None;
        if let Some(tell) = self.on_cut.take() {
            tell(why.clone());
        }
        Poll::Ready(Some(Err(std::io::Error::other(why))))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.activity.touch();
                if self.backend.gone.is_cancelled() {
                    return self.cut("the target was deregistered during its answer".to_owned());
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => self.cut(format!("the target broke off its answer: {error}")),
            Poll::Ready(None) => {
                self.finished = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let (gone, activity) = (self.backend.gone.clone(), self.activity.clone());
                let idle_timeout = self.idle_timeout;
                let silence = self.silence.get_or_insert_with(|| {
                    Box::pin(async move {
                        tokio::select! {
                            () = gone.cancelled() => {}
                            () = activity.silence(idle_timeout) => {}
                        }
                    })
                });
                if silence.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                match self.backend.gone.is_cancelled() {
                    true => self.cut("the target was deregistered during its answer".to_owned()),
                    false => self.cut("the target fell silent during its answer (idle timeout)".to_owned()),
                }
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Hyper does not ask again after the last byte of a body of known length.
        if (self.finished || self.inner.is_end_stream())
            && let Some(link) = self.link.take()
        {
            self.backend.keep(link);
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut() {
            Self::Own(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Self::Relayed(relay) => relay.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(full) => full.is_end_stream(),
            Self::Relayed(relay) => relay.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(full) => full.size_hint(),
            Self::Relayed(relay) => relay.inner.size_hint(),
        }
    }
}
