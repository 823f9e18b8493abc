//! Clients whose request header has no end. The HTTP library gives up on one of some hundred kilobytes by itself, with an
//! answer of its own; the load balancer's is 400
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>).

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::StatusCode;
use hyper::http::Uri;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// "The request header exceeded 16K per request line, 16K per single header, or 64K for the entire request header."
const LINE: usize = 16 << 10;
const HEADER: usize = 64 << 10;

/// Why a request is refused for its size.
pub(super) fn refused(uri: &Uri, head: &hyper::HeaderMap) -> Option<(u16, &'static str)> {
    let url = uri.path_and_query().map_or(0, |it| it.as_str().len());
    let sizes = || head.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    if url > LINE {
        Some((414, "the URL is longer than 16 K"))
    } else if sizes().any(|size| size > LINE) {
        Some((400, "a header is longer than 16 K"))
    } else if sizes().sum::<usize>() + url > HEADER {
        Some((400, "the header is longer than 64 K"))
    } else {
        None
    }
}

/// What the library starts its own answer with.
const GIVEN_UP: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n";

/// So long a client that is to be told why it is cut off is still listened to: closed with bytes unread, the connection
/// would be reset and the answer lost.
const LINGER: Duration = Duration::from_secs(5);

/// A client's connection on which the library's answer becomes the load balancer's.
pub(super) struct Bounded<S> {
    stream: S,
    /// Of our answer, what is still to be written; `None` as long as all is well.
    answer: Option<(Vec<u8>, usize)>,
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S> Bounded<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, answer: None, lingering: None }
    }
}

fn page() -> Vec<u8> {
    let title = format!("{} {}", 400, StatusCode::BAD_REQUEST.canonical_reason().unwrap_or_default());
    let body = super::answer::page(&title);
    let head = format!(
        "HTTP/1.1 {title}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if self.answer.is_none() && bytes.starts_with(GIVEN_UP) {
            self.answer = Some((page(), 0));
        }
        match self.answer {
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
            // Nothing of the library's comes through any more.
            Some(_) => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match parts.iter().find(|part| !part.is_empty()) {
            // What the library answers by itself is one piece.
            Some(first) if self.answer.is_some() || first.starts_with(GIVEN_UP) => self.poll_write(cx, first),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let it = self.get_mut();
        if let Some((page, written)) = &mut it.answer {
            while *written < page.len() {
                *written += ready!(Pin::new(&mut it.stream).poll_write(cx, &page[*written..]))?;
            }
        }
        Pin::new(&mut it.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.answer.is_some() {
            if self.lingering.is_none() {
                ready!(self.as_mut().poll_flush(cx))?;
                ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            }
            let it = self.get_mut();
            let over = it.lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
            let mut waste = [0; 16 << 10];
            while over.as_mut().poll(cx).is_pending() {
                let mut buffer = ReadBuf::new(&mut waste);
                ready!(Pin::new(&mut it.stream).poll_read(cx, &mut buffer))?;
                if buffer.filled().is_empty() {
                    break;
                }
            }
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
