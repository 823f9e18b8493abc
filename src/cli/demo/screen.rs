//! What the demo shows: a live line on a terminal, plain lines when piped, a table at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::audience::{Audience, Office};
use super::example::{SERVICES, TFVARS};
use super::moves::Move;
use super::player::{Planned, Player};
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

    pub fn introduce(&self, ready: &Ready, office: &Office, player: &Player) {
        let nodes: Vec<String> = ready.nodes.iter().map(ToString::to_string).collect();
        let port = ready.listeners.https.port;
        let urls = SERVICES.map(|(service, ..)| format!("https://{service}.example.com:{port}/"));
        match player {
            Player::Terraform(project) => {
                self.say(&format!("The folder is examples/sandbox, in {}.", project.folder().display()));
                self.say(&format!(
                    "Its state is in S3, at {}, which is the sandbox, as all of AWS here.",
                    ready.endpoint
                ));
            }
            Player::Host(_) => {
                self.say("Neither terraform nor tofu is on PATH. The demo drives the provider itself, as Terraform does:");
                self.say("it starts this program as a plugin and speaks protocol 6 with it, over mutual TLS and by Terraform's rules.");
                self.say(
                    "What examples/sandbox says is written out for that, and the state stays in memory.",
                );
            }
        }
        self.say("");
        self.say(&format!("A load balancer at {} serves {}.", nodes.join(" and "), urls.join(" and ")));
        self.say(&format!(
            "The public asks from 127.0.0.1, the office from {}: by name, over TLS, trusting the sandbox's root alone.",
            office.address()
        ));
        self.say("To ask as well, in another terminal, as the public and as the office:");
        self.say(&format!("  {}", curl(ready, None)));
        self.say(&format!("  {}", curl(ready, Some(office))));
        self.say("");
    }

    /// A command, before it runs.
    pub fn command(&self, command: &str) {
        self.say(&format!("   {command}"));
        self.bar.set_message(format!("{command} …"));
        if self.live {
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
    }

    pub fn begin(&self, number: usize, this: &Move, changed: &[String]) {
        self.say(&format!("\n{number}. {}: {}", this.name, this.about));
        for line in changed {
            self.say(&format!("   {TFVARS}: {line}"));
        }
    }

    /// The steps that the apply is going to take.
    pub fn steps(&self, planned: &[Planned]) {
        let width = planned.iter().map(|planned| planned.service.len()).max().unwrap_or(0);
        for Planned { service, steps } in planned {
            let steps = match steps {
                None => vec!["known after apply".to_owned()],
                Some(none) if none.is_empty() => vec!["no steps: nothing moves".to_owned()],
                Some(steps) => steps.clone(),
            };
            let names = std::iter::once(service.as_str()).chain(std::iter::repeat(""));
            for (name, step) in names.zip(steps) {
                self.say(&format!("     {name:<width$}  {step}"));
            }
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
                    let line = format!("     {:>5.1}s  {sides}  ({requests} requests, {failures} failed)", began.elapsed().as_secs_f64());
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
        if row.requests == 0 {
            return self.say(&format!("   done in {:.1}s", row.seconds));
        }
        self.say(&format!(
            "   done in {:.1}s: public on {}, office on {}; {} requests, {} failed; second plan {}",
            row.seconds, row.public, row.office, row.requests, row.failures, row.plan
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

    pub fn kept(&self, ready: &Ready, player: &Player, office: &Office) {
        self.say("Everything stays up until Ctrl-C. In another terminal:");
        self.say(&format!("  {}", curl(ready, None)));
        self.say(&format!("  {}", curl(ready, Some(office))));
        self.say(&format!("  curl {}/_sandbox/state", ready.endpoint));
        if let Player::Terraform(project) = player {
            self.say(&format!("And the next release: edit {TFVARS} in {}, then", project.folder().display()));
            self.say(&format!("  {} apply -var-file={TFVARS}", project.typed()));
        }
    }
}

/// The line that asks for nginx at the first node.
fn curl(ready: &Ready, from: Option<&Office>) -> String {
    let interface = from.map(|office| format!("--interface {} ", office.address())).unwrap_or_default();
    let (port, ca) = (ready.listeners.https.port, ready.ca_pem_file.display());
    let nodes: Vec<String> = ready.nodes.iter().take(1).map(ToString::to_string).collect();
    format!(
        "curl {interface}--cacert {ca} --resolve nginx.example.com:{port}:{} https://nginx.example.com:{port}/",
        nodes.concat()
    )
}
