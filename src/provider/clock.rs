//! The clock of a run: the wall's, or a faster one for rehearsals against a sandbox that runs faster.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Environment variable with the sandbox's speed, as in `10`.
pub const SPEED_VARIABLE: &str = "BLUEGREEN_CLOCK_SPEED";

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    speed: f64,
}

impl Clock {
    pub fn new(speed: f64) -> Self {
        Clock { began: Instant::now(), speed }
    }

    /// Since the clock was made.
    pub fn now(&self) -> Duration {
        self.began.elapsed().mul_f64(self.speed)
    }

    /// Seconds since 1970, as every process on the same clock counts them. Tests pause tokio's clock, so what that is
    /// ahead of the wall's is added; a faster clock has counted faster from the beginning.
    pub fn unix(&self) -> u64 {
        /// One moment on both clocks: between two readings a process may be put to sleep.
        static BOTH: LazyLock<(Duration, std::time::Instant)> = LazyLock::new(|| {
            let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            (wall, std::time::Instant::now())
        });
        let (wall, then) = *BOTH;
        (wall + Instant::now().into_std().saturating_duration_since(then)).mul_f64(self.speed).as_secs()
    }

    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time.div_f64(self.speed)).await;
    }
}

/// The speed asked for, 1 when none is. Against anything but loopback endpoints a faster clock would cut short
/// the very waits that keep a release safe, so there it is refused.
pub fn speed(asked: Option<&str>, endpoints: &[Option<&str>]) -> Result<f64, String> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(1.0) };
    let speed = asked.parse::<f64>().ok().filter(|speed| (0.1..=1_000.0).contains(speed));
    let Some(speed) = speed else {
        return Err(format!("{SPEED_VARIABLE} is \"{asked}\"; it is a number from 0.1 to 1000."));
    };
    if endpoints.iter().all(|endpoint| endpoint.is_some_and(is_loopback)) {
        Ok(speed)
    } else {
        Err(format!(
            "{SPEED_VARIABLE} is only for rehearsals: it needs both endpoints to be on loopback. Unset it."
        ))
    }
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return false };
    let Some(authority) = url.authority().filter(|authority| !authority.as_str().contains('@')) else {
        return false;
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faster_clock_is_for_loopback_only() {
        let local = Some("http://127.0.0.1:4566");
        assert_eq!(speed(None, &[None, None]), Ok(1.0));
        assert_eq!(speed(Some("20"), &[local, Some("http://[::1]:1/")]), Ok(20.0));
        assert_eq!(speed(Some("20"), &[Some("http://localhost:1"), local]), Ok(20.0));
        for other in [
            None,
            Some("https://ecs.eu-west-1.amazonaws.com"),
            Some("http://127.0.0.1@example.com"),
            Some("http://127.0.0.1.example.com"),
        ] {
            assert!(speed(Some("20"), &[local, other]).is_err(), "{other:?}");
        }
        for bad in ["fast", "0", "-1", "NaN", "inf", "1e9"] {
            assert!(speed(Some(bad), &[local, local]).is_err(), "{bad}");
        }
    }
}
