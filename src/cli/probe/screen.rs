//! What a person sees of a probe: a live line for each URL on a terminal, plain lines when piped,
//! and a table at the end.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::target::Target;
use crate::traffic::Tally;

/// How often the live lines change.
const LIVE: Duration = Duration::from_millis(250);
/// How often a plain line is written; failures are written within the live interval.
const PLAIN_EVERY: u32 = 20;
/// Failures in detail at the end, for each URL.
const FAILURES_SHOWN: usize = 10;

pub(super) enum Screen {
    Live(MultiProgress),
    Plain(Mutex<Box<dyn Write + Send>>),
}

impl Screen {
    pub fn on_stderr() -> Self {
        match std::io::stderr().is_terminal() {
            true => Self::Live(MultiProgress::with_draw_target(ProgressDrawTarget::stderr())),
            false => Self::plain(std::io::stderr()),
        }
    }

    pub fn plain(to: impl Write + Send + 'static) -> Self {
        Self::Plain(Mutex::new(Box::new(to)))
    }

    /// Shows how it goes; never returns.
    pub async fn follow(&self, targets: &[Arc<Target>]) {
        let bars: Vec<Option<ProgressBar>> = targets.iter().map(|_| self.bar()).collect();
        let mut told = vec![0; targets.len()];
        for round in 1_u32.. {
            tokio::time::sleep(LIVE).await;
            for ((target, bar), told) in targets.iter().zip(&bars).zip(&mut told) {
                let tally = target.tally();
                let seconds = target.elapsed().as_secs();
                for failure in tally.first_failures.iter().skip(*told) {
                    self.say(&format!("FAILED {} after {failure}", target.url));
                }
                *told = tally.first_failures.len();
                match bar {
                    Some(bar) => bar.set_message(format!("{seconds:>4}s {}", line(&tally))),
                    None if round.is_multiple_of(PLAIN_EVERY) => {
                        self.say(&format!("{seconds}s {}", line(&tally)))
                    }
                    None => {}
                }
                if let Some(bar) = bar {
                    bar.tick();
                }
            }
        }
    }

    fn bar(&self) -> Option<ProgressBar> {
        let Self::Live(bars) = self else { return None };
        let style =
            ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or(ProgressStyle::default_spinner());
        Some(bars.add(ProgressBar::new_spinner().with_style(style)))
    }

    fn say(&self, text: &str) {
        // Whoever read this may have gone; the probe goes on.
        let _ = match self {
            Self::Live(bars) => bars.println(text),
            Self::Plain(to) => writeln!(to.lock().unwrap_or_else(PoisonError::into_inner), "{text}"),
        };
    }

    pub fn clear(&self) {
        if let Self::Live(bars) = self {
            let _ = bars.clear();
        }
    }
}

/// One URL in one line.
fn line(tally: &Tally) -> String {
    let mut line = format!("{}  {} requests, {} failed", tally.stream, tally.requests, tally.failures);
    for (who, count) in &tally.answered {
        let _ = write!(line, "  {count} × {who}");
    }
    line
}

/// The final table and the first failures.
pub(super) fn table(tallies: &[Tally]) -> String {
    let mut rows = vec![["URL", "REQUESTS", "FAILED", "SLOWEST", "ANSWERED"].map(str::to_owned)];
    for tally in tallies {
        let counts = tally.answered.iter().map(|(who, count)| format!("{count} × {who}"));
        let mut counts: Vec<String> = counts.collect();
        let silent = tally.requests - tally.answered.values().sum::<u64>();
        if silent > 0 {
            counts.push(format!("{silent} × no answer"));
        }
        let mut counts = counts.into_iter();
        let slowest = format!("{} ms", tally.slowest.as_millis());
        let numbers = [tally.requests.to_string(), tally.failures.to_string(), slowest];
        let [requests, failures, slowest] = numbers;
        rows.push([tally.stream.clone(), requests, failures, slowest, counts.next().unwrap_or_default()]);
        rows.extend(counts.map(|count| [String::new(), String::new(), String::new(), String::new(), count]));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let mut text = String::new();
    for [url, requests, failed, slowest, answered] in &rows {
        let [a, b, c, d] = widths;
        let row = format!("{url:<a$}  {requests:>b$}  {failed:>c$}  {slowest:>d$}  {answered}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
    for tally in tallies {
        for (count, what) in [
            (tally.retried, "sent again: a kept connection was closed with nothing sent"),
            (tally.skipped, "not sent: too many were waiting for an answer"),
        ] {
            if count > 0 {
                let _ = writeln!(text, "{}: {count} {what}", tally.stream);
            }
        }
        for failure in tally.first_failures.iter().take(FAILURES_SHOWN) {
            let _ = writeln!(text, "FAILED {} after {failure}", tally.stream);
        }
        let more = tally.failures.saturating_sub(FAILURES_SHOWN as u64);
        if more > 0 {
            let _ = writeln!(text, "FAILED {}: and {more} more", tally.stream);
        }
    }
    text
}
