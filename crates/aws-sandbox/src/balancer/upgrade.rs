//! Upgraded connections (WebSocket): from the answer 101 on, client and target are joined and rules
//! are not looked at again.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{self, HeaderMap};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Busy};
use super::backend::{Backend, Link};

pub(super) fn wanted(headers: &HeaderMap) -> bool {
    let connection = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let mut tokens = connection.flat_map(|list| list.split(','));
    headers.contains_key(header::UPGRADE) && tokens.any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
}

/// The two ends, and what must live as long as they are joined.
pub(super) struct Joint {
    pub client: OnUpgrade,
    pub target: OnUpgrade,
    pub link: Link,
    pub backend: Arc<Backend>,
    pub stop: CancellationToken,
    pub activity: Arc<Activity>,
    pub idle_timeout: Duration,
    pub _busy: Busy,
}

impl Joint {
    /// Copies both ways until one end closes, nothing moves for the idle timeout, or the target is
    /// deregistered (elasticloadbalancing, "Listeners for your Application Load Balancers":
    /// WebSockets).
    pub async fn hold(self) {
        let Ok((client, target)) = tokio::try_join!(self.client, self.target) else { return };
        let (client, target) = (TokioIo::new(client), TokioIo::new(target));
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_target, mut to_target) = tokio::io::split(target);
        tokio::select! {
            _ = copy(&mut from_client, &mut to_target, &self.activity) => {}
            _ = copy(&mut from_target, &mut to_client, &self.activity) => {}
            () = self.backend.gone.cancelled() => {}
            () = self.stop.cancelled() => {}
            () = self.activity.silence(self.idle_timeout) => {}
        }
        let _ = to_client.shutdown().await;
        drop(self.link);
    }
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    activity: &Activity,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 8192];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        activity.touch();
        to.write_all(&buffer[..read]).await?;
    }
}
