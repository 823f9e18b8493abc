//! How a toy task behaves, read from its container's environment.

use std::collections::BTreeMap;
use std::time::Duration;

/// All times are sandbox time since the process started.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Behaviour {
    pub body: Option<String>,
    /// Listening only after this.
    pub start: Duration,
    /// Health checks are answered 500.
    pub unhealthy: bool,
    pub unhealthy_after: Option<Duration>,
    pub crash_after: Option<Duration>,
    pub exit_on_start: bool,
    /// Every answer is this late.
    pub latency: Duration,
    pub ignore_sigterm: bool,
}

impl Behaviour {
    /// Malformed numbers are ignored, as a real container would have its own idea of them.
    pub fn read(environment: &BTreeMap<String, String>) -> Self {
        let flag = |name: &str| environment.get(name).is_some_and(|value| value == "1");
        let number = |name: &str, unit: f64| {
            let value: f64 = environment.get(name)?.trim().parse().ok()?;
            Duration::try_from_secs_f64(value * unit).ok()
        };
        Self {
            body: environment.get("BODY").cloned(),
            start: number("START_SECONDS", 1.0).unwrap_or_default(),
            unhealthy: flag("UNHEALTHY"),
            unhealthy_after: number("UNHEALTHY_AFTER", 1.0),
            crash_after: number("CRASH_AFTER", 1.0),
            exit_on_start: flag("EXIT_ON_START"),
            latency: number("LATENCY_MS", 0.001).unwrap_or_default(),
            ignore_sigterm: flag("IGNORE_SIGTERM"),
        }
    }

    pub fn sick_at(&self, age: Duration) -> bool {
        self.unhealthy || self.unhealthy_after.is_some_and(|after| age >= after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Behaviour {
        Behaviour::read(&pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    #[test]
    fn malformed_numbers_are_ignored() {
        let odd = [("START_SECONDS", "soon"), ("CRASH_AFTER", "-1"), ("LATENCY_MS", "NaN")];
        assert_eq!(read(&odd), Behaviour::default());
        assert_eq!(read(&[("CRASH_AFTER", "1e300")]).crash_after, None);
    }

    #[test]
    fn a_task_turns_sick_when_its_time_comes() {
        let behaviour = read(&[("UNHEALTHY_AFTER", "2.5")]);
        assert!(!behaviour.sick_at(Duration::from_secs(2)));
        assert!(behaviour.sick_at(Duration::from_millis(2500)));
    }
}
