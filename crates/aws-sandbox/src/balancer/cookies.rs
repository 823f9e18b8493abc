//! The load balancer's stickiness cookies: AWSALBTG for a group of a weighted forward, AWSALB for a
//! target of a group.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};

pub(super) const GROUP: &str = "AWSALBTG";
pub(super) const TARGET: &str = "AWSALB";

/// Browsers keep the cookie for seven days whatever the configured duration is; that one is checked
/// by the load balancer (elasticloadbalancing, "Edit target group attributes": sticky sessions).
const BROWSER_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the request's cookie `name` holds, unless it has expired by `now` (sandbox time).
/// The CORS twin counts as well.
pub(super) fn read(headers: &HeaderMap, name: &str, now: Duration) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs
        .filter(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest == "CORS"))
        .map(|(_, value)| value);
    values.find_map(|value| open(value, now))
}

/// Adds cookie `name` and its CORS twin to a response, good for `duration` from `now` on.
pub(super) fn write(headers: &mut HeaderMap, name: &str, content: &str, duration: Duration, now: Duration) {
    let value = seal(content, now + duration);
    let expires = httpdate::fmt_http_date(SystemTime::now() + BROWSER_EXPIRY);
    let lines = [
        format!("{name}={value}; Expires={expires}; Path=/"),
        format!("{name}CORS={value}; Expires={expires}; Path=/; SameSite=None; Secure"),
    ];
    for line in lines {
        if let Ok(line) = HeaderValue::from_str(&line) {
            headers.append(SET_COOKIE, line);
        }
    }
}

/// AWS encrypts the value; here it is only made opaque.
pub(super) fn seal(content: &str, expires: Duration) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {content}", expires.as_millis()))
}

pub(super) fn open(value: &str, now: Duration) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (expires, content) = text.split_once(' ')?;
    let expires: u128 = expires.parse().ok()?;
    (now.as_millis() < expires).then(|| content.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(headers: &HeaderMap, which: usize) -> HeaderMap {
        let set = headers.get_all(SET_COOKIE).iter().nth(which).unwrap().to_str().unwrap();
        let pair = set.split(';').next().unwrap();
        [(COOKIE, format!("a=b; {pair}; c=d").parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_cookie_comes_back_until_it_expires() {
        let mut set = HeaderMap::new();
        let second = Duration::from_secs(1);
        write(&mut set, GROUP, "arn:new", second * 10, second);
        for which in 0..2 {
            let cookie = returned(&set, which);
            assert_eq!(read(&cookie, GROUP, second * 10).as_deref(), Some("arn:new"));
            assert_eq!(read(&cookie, GROUP, second * 11), None);
            assert_eq!(read(&cookie, TARGET, second), None, "AWSALBTG is not AWSALB");
        }
    }

    #[test]
    fn nonsense_is_no_cookie() {
        for value in ["AWSALBTG=%%%", "AWSALBTG=", "AWSALBTG=aGVsbG8", "AWSALBTG"] {
            let cookie = [(COOKIE, value.parse().unwrap())].into_iter().collect();
            assert_eq!(read(&cookie, GROUP, Duration::ZERO), None);
        }
    }
}
