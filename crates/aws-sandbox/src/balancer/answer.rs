//! What the load balancer answers by itself: redirects, fixed responses and errors.

use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, SERVER};
use hyper::{Response, StatusCode};

use super::body::Outgoing;
use super::rules::Asked;

/// What a client is told that speaks plain HTTP to a secure port.
pub(super) const NOT_TLS: &str = "The plain HTTP request was sent to HTTPS port";

/// An error page as the load balancer's, `Server: awselb/2.0` included.
pub(super) fn error(status: u16) -> Response<Outgoing> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    titled(status.as_u16(), phrase(status))
}

pub(super) fn titled(status: u16, phrase: &str) -> Response<Outgoing> {
    fixed(status, "text/html", &page(&format!("{status} {phrase}")))
}

pub(super) fn page(title: &str) -> String {
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         </body>\r\n</html>\r\n"
    )
}

fn phrase(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "Authorization Required",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or(""),
    }
}

pub(super) fn fixed(status: u16, content_type: &str, body: &str) -> Response<Outgoing> {
    own(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), content_type, body.to_owned())
}

fn own(status: StatusCode, content_type: &str, body: String) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::Own(Full::new(body.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(SERVER, HeaderValue::from_static("awselb/2.0"));
    if let Ok(content_type) = HeaderValue::from_str(content_type)
        && !content_type.is_empty()
    {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

/// The members of a redirect action, with `#{host}` and friends still in them.
pub(super) struct Redirect<'t> {
    pub protocol: &'t str,
    pub host: &'t str,
    pub port: &'t str,
    pub path: &'t str,
    pub query: &'t str,
}

impl Redirect<'_> {
    pub fn answer(&self, status: u16, asked: &Asked, listener_port: u16) -> Response<Outgoing> {
        let Ok(location) = HeaderValue::from_str(&self.location(asked, listener_port)) else {
            return error(500);
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
        let mut response = own(status, "text/html", String::new());
        response.headers_mut().insert(LOCATION, location);
        response
    }

    /// The port is always in it, also a default one, as in the load balancer's own answers.
    fn location(&self, asked: &Asked, listener_port: u16) -> String {
        let fill = |template: &str| {
            template
                .replace("#{protocol}", asked.scheme)
                .replace("#{port}", &listener_port.to_string())
                .replace("#{host}", asked.host)
                .replace("#{path}", asked.path.trim_start_matches('/'))
                .replace("#{query}", asked.query)
        };
        let protocol = fill(self.protocol).to_ascii_lowercase();
        let (host, port, path, query) = (fill(self.host), fill(self.port), fill(self.path), fill(self.query));
        let question = if query.is_empty() { "" } else { "?" };
        format!("{protocol}://{host}:{port}{path}{question}{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::HeaderMap;

    fn check(redirect: Redirect, path: &str, query: &str, expected: &str) {
        let headers = HeaderMap::new();
        let source = std::net::IpAddr::from([127, 0, 0, 1]);
        let (scheme, host, method) = ("http", "shop.example.com", "GET");
        let asked = Asked { scheme, host, path, query, method, headers: &headers, source };
        assert_eq!(redirect.location(&asked, 8080), expected);
    }

    #[test]
    fn placeholders_are_filled() {
        let same = || Redirect {
            protocol: "#{protocol}",
            host: "#{host}",
            port: "#{port}",
            path: "/#{path}",
            query: "#{query}",
        };
        check(same(), "/a/b", "x=1", "http://shop.example.com:8080/a/b?x=1");
        check(
            Redirect { protocol: "HTTPS", port: "443", ..same() },
            "/",
            "",
            "https://shop.example.com:443/",
        );
        let moved = Redirect { host: "www.#{host}", path: "/old/#{path}", query: "was=#{port}", ..same() };
        check(moved, "/a", "x=1", "http://www.shop.example.com:8080/old/a?was=8080");
    }
}
