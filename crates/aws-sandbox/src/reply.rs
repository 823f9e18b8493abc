//! HTTP answers of the APIs and of the sandbox's own.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

pub type Reply = Response<Full<Bytes>>;

pub fn reply(status: u16, content_type: &'static str, id: &str, body: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
    reply
}

pub fn plain(status: StatusCode, text: &'static str) -> Reply {
    reply(status.as_u16(), "text/plain", "", text.to_owned())
}
