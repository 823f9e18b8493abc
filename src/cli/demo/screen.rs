//! What the demo shows: a live line on a terminal, plain lines when piped, a table at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::audience::{Audience, Office};
use crate::cli::project::Project;
use aws_sandbox::Ready;

/// How often a terminal's line changes, and how often a plain line may be written.
const LIVE: Duration = Duration::from_millis(200);
const PLAIN: Duration = Duration::from_secs(1);
/// The stretch of traffic that counts as now.
const NOW: Duration = Duration::from_millis(400);
/// Of an error block; the rest is for whoever runs terraform.
const REASON_LINES: usize = 24;

pub struct Screen {
    /// Draws nothing when stderr is no terminal.
    bar: ProgressBar,
    live: bool,
}

/// One line of the table.
pub struct Row {
    pub name: &'static str,
    pub requests: u64,
    pub failures: u64,
    pub seconds: f64,
    pub public: String,
    pub office: String,
    /// What the plan after it said.
    pub plan: &'static str,
}

impl Screen {
    pub fn new() -> Self {
        let live = io::stderr().is_terminal();
        let bar = if live { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Screen { bar, live }
    }

    /// A line on stdout. A reader that went away is no reason to stop.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(io::stdout(), "{line}");
        });
    }

    pub fn introduce(&self, ready: &Ready, office: &Office) {
        let nodes: Vec<String> = urls(ready).collect();
        self.say(&format!(
            "A load balancer at {} serves nginx.example.com and apache.example.com.",
            nodes.join(" and ")
        ));
        self.say(&format!(
            "The public asks from 127.0.0.1, the office from {} (canary_source_ips = [\"{}\"]).",
            office.address(),
            office.cidr()
        ));
        self.say("");
    }

    pub fn begin(&self, name: &str, command: &str) {
        if self.live {
            self.bar.set_message(format!("{name} …"));
            self.bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            self.say(&format!("{name}: {command}"));
        }
    }

    /// Shows who sees which side for as long as `work` takes.
    pub async fn watch<T>(&self, work: impl Future<Output = T>, audience: Option<&Audience>) -> T {
        tokio::pin!(work);
        let began = Instant::now();
        let mut last = String::new();
        let mut ticks = tokio::time::interval(if self.live { LIVE } else { PLAIN });
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => {
                    let Some(audience) = audience else { continue };
                    let now = audience.elapsed();
                    let seen = audience.seen(now.saturating_sub(NOW), now);
                    let (requests, failures) = audience.counted(Duration::ZERO);
                    let sides = format!("public sees {}, office sees {}", seen.public.join("+"), seen.office.join("+"));
                    let line = format!("  {:>5.1}s  {sides}  ({requests} requests, {failures} failed)", began.elapsed().as_secs_f64());
                    if self.live {
                        self.bar.set_message(line);
                    } else if sides != last {
                        self.say(&line);
                    }
                    last = sides;
                }
            }
        }
    }

    pub fn end(&self, row: &Row) {
        self.bar.set_message("");
        self.say(&format!(
            "{}: done in {:.1}s, public on {}, office on {}, {} requests, {} failed, second plan {}",
            row.name, row.seconds, row.public, row.office, row.requests, row.failures, row.plan
        ));
    }

    /// The error block of a failed apply, as Terraform shows it.
    pub fn reason(&self, said: &str) {
        for line in said.lines().skip_while(|line| !line.contains("Error:")).take(REASON_LINES) {
            self.say(&format!("    {line}"));
        }
    }

    pub fn table(&self, rows: &[Row]) {
        self.bar.finish_and_clear();
        let line = |cells: [&str; 7]| {
            let [name, requests, failures, seconds, public, office, plan] = cells;
            self.say(&format!(
                "{name:<30} {requests:>8} {failures:>8} {seconds:>8}  {public:<7} {office:<7} {plan}"
            ));
        };
        self.say("");
        line(["move", "requests", "failed", "seconds", "public", "office", "second plan"]);
        for row in rows {
            let (requests, failures) = (row.requests.to_string(), row.failures.to_string());
            let seconds = format!("{:.1}", row.seconds);
            line([row.name, &requests, &failures, &seconds, &row.public, &row.office, row.plan]);
        }
        self.say("");
    }

    pub fn kept(&self, ready: &Ready, project: &Project, office: &Office) {
        let url = urls(ready).next().unwrap_or_default();
        self.say("Everything stays up until Ctrl-C. In another terminal:");
        self.say(&format!("  {} apply", project.typed()));
        self.say(&format!("  curl -H 'Host: nginx.example.com' {url}/"));
        self.say(&format!("  curl --interface {} -H 'Host: nginx.example.com' {url}/", office.address()));
        self.say(&format!("  curl {}/_sandbox/state", ready.endpoint));
        self.say("The toggles are in release.auto.tfvars.json there.");
    }
}

/// The production listener on each node.
fn urls(ready: &Ready) -> impl Iterator<Item = String> {
    let listener = &ready.listeners.production;
    ready.nodes.iter().map(|node| format!("{}://{node}:{}", listener.scheme, listener.port))
}
