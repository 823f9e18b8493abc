//! Durations as Go writes them, `90s` or `1h30m`, because that is how Terraform users write them. In no room, because
//! the resource's attributes and the command line both take them.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// `None` for anything that Go's `time.ParseDuration` refuses, and for negative durations.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_length = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == &rest[..unit_length])?;
        seconds += number * factor;
        rest = &rest[unit_length..];
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// As people write it: `20m`, `1h30m`, `0.5s`.
pub fn show(time: Duration) -> String {
    let seconds = time.as_secs();
    let mut text = String::new();
    for (amount, unit) in [(seconds / 3_600, "h"), (seconds / 60 % 60, "m")] {
        if amount > 0 {
            text.push_str(&format!("{amount}{unit}"));
        }
    }
    let rest = time - Duration::from_secs(seconds / 60 * 60);
    if !rest.is_zero() || text.is_empty() {
        text.push_str(&format!("{}s", rest.as_secs_f64()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read_and_everything_else_refused() {
        for (text, seconds) in [
            ("30s", 30.0),
            ("1h30m", 5400.0),
            ("1.5s", 1.5),
            ("250ms", 0.25),
            ("0", 0.0),
            ("0s", 0.0),
            (".5m", 30.0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in
            ["", "30", "-5s", "s", "5 s", "5x", "five", "1h-3m", ".", ".s", "9e9h", "99999999999999999999h"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for (seconds, text) in
            [(0.0, "0s"), (30.0, "30s"), (1200.0, "20m"), (5400.5, "1h30m0.5s"), (3600.0, "1h")]
        {
            let time = Duration::from_secs_f64(seconds);
            assert_eq!(show(time), text);
            assert_eq!(parse(text), Some(time));
        }
    }
}
