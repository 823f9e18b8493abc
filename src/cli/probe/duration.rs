//! Durations as people type them: `90s`, `10m`, `1h30m`, `500ms`, or bare seconds.

use std::time::Duration;

pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration; write it as 90s, 10m or 1h30m");
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let seconds = match unit {
            "ms" => 0.001,
            "s" | "" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = tail;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_as_people_type_them() {
        for (text, ms) in
            [("90s", 90_000), ("1h30m", 5_400_000), ("500ms", 500), ("2", 2000), ("1.5m", 90_000)]
        {
            assert_eq!(parse(text).map(|duration| duration.as_millis()), Ok(ms), "{text}");
        }
        for text in ["", "s", "-1s", "1d", "1e9h", "..", "ten", "99999999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
