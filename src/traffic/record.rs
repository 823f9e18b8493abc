//! What became of every request of a stream, and questions about it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::answered::Answered;
use super::tally::{Failure, Stretch, Tally};

/// Failures kept in detail, for each stream.
const DETAILS: usize = 200;
/// Different answerers told apart; bodies may differ in every answer.
const ANSWERERS: usize = 200;

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
pub struct Record(Mutex<Written>);

#[derive(Default)]
struct Written {
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
    /// By index into `Written::answered`.
    answered: Vec<u64>,
}

/// Small, because hours of traffic are kept: the answer is an index, the end a distance from the start.
struct Entry {
    started: Duration,
    micros: u32,
    /// Index into `Written::answered`; nobody when there was no answer.
    who: Option<u16>,
    ok: bool,
    retried: bool,
}

impl Record {
    /// A record for days: it answers `totals` and nothing else.
    pub fn counting() -> Self {
        Self(Mutex::new(Written { counts_only: true, ..Written::default() }))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self, outcome: Outcome) {
        let mut guard = self.written();
        let written = &mut *guard;
        let Outcome { started, finished, address, retried, ok, answer } = outcome;
        if !ok && written.failures.len() < DETAILS {
            let what = match &answer {
                Ok(answered) => format!("status {} {}", answered.status, answered.text),
                Err(error) => error.clone(),
            };
            written.failures.push(Failure { started, finished, address, what });
        }
        // Bodies that differ every time would make the list endless: beyond the limit they count as one.
        let who = answer.ok().and_then(|mut answered| {
            if written.answered.len() >= ANSWERERS && !written.answered.contains(&answered) {
                let (status, text) = (answered.status, "(and others)".to_owned());
                answered = Answered { status, text, ..Answered::default() };
            }
            let known = written.answered.iter().position(|known| *known == answered);
            let index = known.unwrap_or_else(|| {
                written.answered.push(answered);
                written.totals.answered.push(0);
                written.answered.len() - 1
            });
            written.totals.answered[index] += 1;
            u16::try_from(index).ok()
        });
        let totals = &mut written.totals;
        totals.requests += 1;
        totals.failures += u64::from(!ok);
        totals.retried += u64::from(retried);
        totals.slowest = totals.slowest.max(finished.saturating_sub(started));
        if written.counts_only {
            return;
        }
        let micros = u32::try_from(finished.saturating_sub(started).as_micros()).unwrap_or(u32::MAX);
        written.entries.push(Entry { started, micros, who, ok, retried });
    }

    pub fn skip(&self, at: Duration) {
        let mut written = self.written();
        written.totals.skipped += 1;
        if !written.counts_only {
            written.skipped.push(at);
        }
    }

    /// The numbers of all requests, without a timeline; cheap however many there were.
    pub fn totals(&self, stream: &str) -> Tally {
        let written = self.written();
        let Totals { requests, failures, retried, skipped, slowest, answered } = &written.totals;
        Tally {
            stream: stream.to_owned(),
            requests: *requests,
            failures: *failures,
            retried: *retried,
            skipped: *skipped,
            answered: written.answered.iter().cloned().zip(answered.iter().copied()).collect(),
            first_failures: written.failures.clone(),
            timeline: Vec::new(),
            slowest: *slowest,
        }
    }

    /// The numbers of the requests that started at `since` or later.
    pub fn tally(&self, stream: &str, since: Duration) -> Tally {
        let written = self.written();
        let mut entries: Vec<&Entry> =
            written.entries.iter().filter(|entry| entry.started >= since).collect();
        entries.sort_by_key(|entry| entry.started);
        let mut tally =
            Tally { stream: stream.to_owned(), requests: entries.len() as u64, ..Tally::default() };
        let mut counts = vec![0_u64; written.answered.len()];
        let mut last = None;
        for entry in entries {
            tally.failures += u64::from(!entry.ok);
            tally.retried += u64::from(entry.retried);
            tally.slowest = tally.slowest.max(Duration::from_micros(entry.micros.into()));
            let Some(who) = entry.who.map(usize::from) else { continue };
            counts[who] += 1;
            match tally.timeline.last_mut().filter(|_| last == Some(who)) {
                Some(stretch) => {
                    stretch.to = entry.started;
                    stretch.requests += 1;
                }
                None => {
                    let (from, to) = (entry.started, entry.started);
                    tally.timeline.push(Stretch {
                        who: written.answered[who].clone(),
                        from,
                        to,
                        requests: 1,
                    });
                    last = Some(who);
                }
            }
        }
        let counts = written.answered.iter().cloned().zip(counts);
        tally.answered = counts.filter(|(_, count)| *count > 0).collect();
        tally.skipped = written.skipped.iter().filter(|at| **at >= since).count() as u64;
        tally.first_failures = written.failures.iter().filter(|f| f.started >= since).cloned().collect();
        tally
    }

    /// Who answered requests that ran, in whole or in part, between the two times.
    pub fn seen(&self, from: Duration, to: Duration) -> Vec<Answered> {
        let written = self.written();
        let in_time = |entry: &&Entry| {
            entry.started <= to && entry.started + Duration::from_micros(entry.micros.into()) >= from
        };
        let mut seen = vec![false; written.answered.len()];
        for who in written.entries.iter().filter(in_time).filter_map(|entry| entry.who) {
            seen[usize::from(who)] = true;
        }
        let mut answered: Vec<Answered> =
            written.answered.iter().zip(seen).filter(|(_, seen)| *seen).map(|(who, _)| who.clone()).collect();
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
        let record = Record::default();
        let story =
            [(0, "x-blue", 200), (20, "x-green", 200), (10, "x-blue", 200), (30, "", 503), (40, "", 0)];
        for (started, service, status) in story {
            record.write(outcome(started, service, status));
        }
        let tally = record.tally("public", Duration::ZERO);
        assert_eq!((tally.requests, tally.failures), (5, 2));
        let totals = record.totals("public");
        assert_eq!((totals.requests, totals.failures, &totals.answered), (5, 2, &tally.answered));
        let stretches: Vec<_> = tally.timeline.iter().map(|it| (it.who.side(), it.requests)).collect();
        assert_eq!(stretches, [(Some("blue"), 2), (Some("green"), 1), (None, 1)]);
        assert_eq!(tally.first_failures[1].what, "connection reset");
        let sides = |from, to| -> Vec<_> {
            let seen = record.seen(Duration::from_millis(from), Duration::from_millis(to));
            seen.iter().filter_map(Answered::side).collect()
        };
        assert_eq!(sides(0, 4), ["blue"]);
        assert_eq!(sides(12, 22), ["blue", "green"]);
        assert_eq!(record.tally("public", Duration::from_millis(25)).failures, 2);
    }
}
