//! What became of every request of a stream, and questions about it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::connection::Answer;

/// Failures kept in detail, for each stream.
const DETAILS: usize = 200;
const TEXT_KEPT: usize = 40;
/// Different answerers told apart; bodies may differ in every answer.
const ANSWERERS: usize = 200;

/// Who gave an answer, as far as the answer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answered {
    pub status: u16,
    /// Header `x-service`, or empty.
    pub service: String,
    /// Header `x-task-definition`, or empty.
    pub task_definition: String,
    /// First 40 characters of the body's first line.
    pub text: String,
}

impl Answered {
    pub fn by(answer: &Answer) -> Self {
        Self {
            status: answer.status.as_u16(),
            service: answer.header("x-service").to_owned(),
            task_definition: answer.header("x-task-definition").to_owned(),
            text: first_words(answer),
        }
    }

    /// `blue` or `green`: how the name of the service that answered ends.
    pub fn side(&self) -> Option<&'static str> {
        ["blue", "green"].into_iter().find(|side| self.service.ends_with(&format!("-{side}")))
    }
}

/// The first 40 characters of the first line that says something.
pub fn first_words(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(TEXT_KEPT).collect()
}

/// The status, and the service and its task definition or else the text.
impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let identity = [self.service.as_str(), self.task_definition.as_str()];
        let known = identity.iter().any(|part| !part.is_empty());
        let told: &[&str] = if known { &identity } else { &[self.text.as_str()] };
        told.iter().filter(|part| !part.is_empty()).try_for_each(|part| write!(f, " {part}"))
    }
}

/// A request that got no 2xx answer. Times are since the traffic began.
#[derive(Clone, Debug)]
pub struct Failure {
    pub started: Duration,
    pub finished: Duration,
    /// The address asked.
    pub address: String,
    /// A status with the start of its body, a socket error, or a timeout.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s {}: {}", self.finished.as_secs_f64(), self.address, self.what)
    }
}

/// One answerer's uninterrupted run; a timeline is a list of them, by the requests' start.
#[derive(Clone, Debug)]
pub struct Run {
    pub who: Answered,
    /// Start of the first request and of the last.
    pub from: Duration,
    pub to: Duration,
    pub requests: u64,
}

/// A stream's numbers, of the requests that were started since a given time.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub stream: String,
    pub requests: u64,
    /// Not 2xx, socket errors and timeouts.
    pub failures: u64,
    /// Sent a second time because a kept connection was closed before a byte was written.
    pub retried: u64,
    /// Not sent at all because too many were waiting for their answer.
    pub skipped: u64,
    pub answered: BTreeMap<Answered, u64>,
    /// The first ones in detail, at most 200 of a stream.
    pub first_failures: Vec<Failure>,
    pub timeline: Vec<Run>,
    pub slowest: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} requests, {} failed", self.stream, self.requests, self.failures)?;
        for (count, what) in [(self.retried, "retried"), (self.skipped, "skipped")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        self.answered.iter().try_for_each(|(who, count)| write!(f, "; {count} × {who}"))?;
        self.first_failures.first().map_or(Ok(()), |first| write!(f, "; first failure {first}"))
    }
}

/// How one request ended.
pub struct Outcome {
    pub started: Duration,
    pub finished: Duration,
    pub address: String,
    pub retried: bool,
    pub ok: bool,
    /// An answer, or what happened instead of one.
    pub answer: Result<Answered, String>,
}

/// Grows by 32 bytes a request, unless it only counts.
#[derive(Default)]
pub struct Log(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    entries: Vec<Entry>,
    answered: Vec<Answered>,
    failures: Vec<Failure>,
    skipped: Vec<Duration>,
    counts_only: bool,
    totals: Totals,
}

#[derive(Default)]
struct Totals {
    requests: u64,
    failures: u64,
    retried: u64,
    skipped: u64,
    slowest: Duration,
    /// By index into `answered`.
    answered: Vec<u64>,
}

struct Entry {
    started: Duration,
    micros: u32,
    /// Index into `answered`.
    who: Option<u16>,
    ok: bool,
    retried: bool,
}

impl Log {
    /// A log for days: it answers `totals` and nothing else.
    pub fn counting() -> Self {
        Self(Mutex::new(Pages { counts_only: true, ..Pages::default() }))
    }

    pub fn write(&self, outcome: Outcome) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = &mut *guard;
        let Outcome { started, finished, address, retried, ok, answer } = outcome;
        if !ok && pages.failures.len() < DETAILS {
            let what = match &answer {
                Ok(answered) => format!("status {} {}", answered.status, answered.text),
                Err(error) => error.clone(),
            };
            pages.failures.push(Failure { started, finished, address, what });
        }
        let who = answer.ok().and_then(|mut answered| {
            if pages.answered.len() >= ANSWERERS && !pages.answered.contains(&answered) {
                let (status, text) = (answered.status, "(and others)".to_owned());
                answered = Answered { status, text, ..Answered::default() };
            }
            let known = pages.answered.iter().position(|known| *known == answered);
            let index = known.unwrap_or_else(|| {
                pages.answered.push(answered);
                pages.totals.answered.push(0);
                pages.answered.len() - 1
            });
            pages.totals.answered[index] += 1;
            u16::try_from(index).ok()
        });
        let totals = &mut pages.totals;
        totals.requests += 1;
        totals.failures += u64::from(!ok);
        totals.retried += u64::from(retried);
        totals.slowest = totals.slowest.max(finished.saturating_sub(started));
        if pages.counts_only {
            return;
        }
        let micros = u32::try_from(finished.saturating_sub(started).as_micros()).unwrap_or(u32::MAX);
        pages.entries.push(Entry { started, micros, who, ok, retried });
    }

    pub fn skip(&self, at: Duration) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.totals.skipped += 1;
        if !pages.counts_only {
            pages.skipped.push(at);
        }
    }

    /// The numbers of all requests, without a timeline; cheap however many there were.
    pub fn totals(&self, stream: &str) -> Tally {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Totals { requests, failures, retried, skipped, slowest, answered } = &pages.totals;
        Tally {
            stream: stream.to_owned(),
            requests: *requests,
            failures: *failures,
            retried: *retried,
            skipped: *skipped,
            answered: pages.answered.iter().cloned().zip(answered.iter().copied()).collect(),
            first_failures: pages.failures.clone(),
            timeline: Vec::new(),
            slowest: *slowest,
        }
    }

    /// The numbers of the requests that started at `since` or later.
    pub fn tally(&self, stream: &str, since: Duration) -> Tally {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries: Vec<&Entry> = pages.entries.iter().filter(|entry| entry.started >= since).collect();
        entries.sort_by_key(|entry| entry.started);
        let mut tally =
            Tally { stream: stream.to_owned(), requests: entries.len() as u64, ..Tally::default() };
        let mut counts = vec![0_u64; pages.answered.len()];
        let mut last = None;
        for entry in entries {
            tally.failures += u64::from(!entry.ok);
            tally.retried += u64::from(entry.retried);
            tally.slowest = tally.slowest.max(Duration::from_micros(entry.micros.into()));
            let Some(who) = entry.who.map(usize::from) else { continue };
            counts[who] += 1;
            match tally.timeline.last_mut().filter(|_| last == Some(who)) {
                Some(run) => {
                    run.to = entry.started;
                    run.requests += 1;
                }
                None => {
                    let (from, to) = (entry.started, entry.started);
                    tally.timeline.push(Run { who: pages.answered[who].clone(), from, to, requests: 1 });
                    last = Some(who);
                }
            }
        }
        let counts = pages.answered.iter().cloned().zip(counts);
        tally.answered = counts.filter(|(_, count)| *count > 0).collect();
        tally.skipped = pages.skipped.iter().filter(|at| **at >= since).count() as u64;
        tally.first_failures = pages.failures.iter().filter(|f| f.started >= since).cloned().collect();
        tally
    }

    /// Who answered requests that ran, in whole or in part, between the two times.
    pub fn seen(&self, from: Duration, to: Duration) -> Vec<Answered> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let in_time = |entry: &&Entry| {
            entry.started <= to && entry.started + Duration::from_micros(entry.micros.into()) >= from
        };
        let mut seen = vec![false; pages.answered.len()];
        for who in pages.entries.iter().filter(in_time).filter_map(|entry| entry.who) {
            seen[usize::from(who)] = true;
        }
        let mut answered: Vec<Answered> =
            pages.answered.iter().zip(seen).filter(|(_, seen)| *seen).map(|(who, _)| who.clone()).collect();
        answered.sort();
        answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(started: u64, service: &str, status: u16) -> Outcome {
        let started = Duration::from_millis(started);
        Outcome {
            started,
            finished: started + Duration::from_millis(5),
            address: "127.0.0.1:80".into(),
            retried: false,
            ok: status == 200,
            answer: match status {
                0 => Err("connection reset".into()),
                _ => Ok(Answered { status, service: service.into(), ..Answered::default() }),
            },
        }
    }

    #[test]
    fn a_tally_tells_who_answered_when_and_what_failed() {
        let log = Log::default();
        let story =
            [(0, "x-blue", 200), (20, "x-green", 200), (10, "x-blue", 200), (30, "", 503), (40, "", 0)];
        for (started, service, status) in story {
            log.write(outcome(started, service, status));
        }
        let tally = log.tally("public", Duration::ZERO);
        assert_eq!((tally.requests, tally.failures), (5, 2));
        let totals = log.totals("public");
        assert_eq!((totals.requests, totals.failures, &totals.answered), (5, 2, &tally.answered));
        let runs: Vec<_> = tally.timeline.iter().map(|run| (run.who.side(), run.requests)).collect();
        assert_eq!(runs, [(Some("blue"), 2), (Some("green"), 1), (None, 1)]);
        assert_eq!(tally.first_failures[1].what, "connection reset");
        let sides = |from, to| -> Vec<_> {
            let seen = log.seen(Duration::from_millis(from), Duration::from_millis(to));
            seen.iter().filter_map(Answered::side).collect()
        };
        assert_eq!(sides(0, 4), ["blue"]);
        assert_eq!(sides(12, 22), ["blue", "green"]);
        assert_eq!(log.tally("public", Duration::from_millis(25)).failures, 2);
    }
}
