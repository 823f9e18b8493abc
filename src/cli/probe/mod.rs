//! `probe URL…`: the zero-downtime check for real deployments. Polls, counts who answered with what,
//! and fails when any request did.

mod screen;
mod settings;
mod target;

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args as ClapArgs;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::traffic::{Pace, Tally};
use screen::Screen;
use settings::Settings;
use target::Target;

/// Requests that may wait for their answer at the same time, for each URL.
const IN_FLIGHT: usize = 64;

/// Poll URLs and count what answers; exit 1 when any request failed, 2 when this command line means nothing.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    /// What to poll, http:// or https://.
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Requests a second, for each URL; every other one on a new connection.
    #[arg(long, default_value_t = 5.0, value_name = "N")]
    requests_per_second: f64,
    /// How long, as 90s, 10m or 1h30m; until Ctrl-C when absent.
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
    /// A header to send, as in 'Name: value'; may be given several times.
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Where a host really is, as HOST:PORT:ADDRESS[,ADDRESS]…; may be given several times.
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<String>,
    /// Local address to call from, to be seen as a canary caller for instance.
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,
    /// Response header that tells the sides apart; otherwise x-task-definition, or else the first 40
    /// characters of the body.
    #[arg(long, value_name = "NAME")]
    side_header: Option<String>,
    /// Status codes that are no failure. Redirects are not followed.
    #[arg(long, default_value = "200-399", value_name = "CODES")]
    expect: String,
    /// For one request, connecting included.
    #[arg(long, default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Root certificates to trust instead of the system's, a PEM file.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Accept any certificate.
    #[arg(long, conflicts_with = "ca_file")]
    insecure: bool,
}

/// As clap's.
const USAGE: u8 = 2;

/// Probes until the duration is over or Ctrl-C, with progress on standard error and the table on
/// standard output. Success means that there were requests and none failed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let end = async |_: &[Arc<Target>]| {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = over(args.duration) => {}
        }
    };
    let targets = match targets(&args) {
        Ok(targets) => targets,
        Err(error) => {
            eprintln!("{error:#}");
            return Ok(ExitCode::from(USAGE));
        }
    };
    let tallies = probe(&args, targets, Screen::on_stderr(), end).await;
    let mut stdout = std::io::stdout().lock();
    // A reader that went away does not change the verdict.
    let _ = stdout.write_all(screen::table(&tallies).as_bytes());
    Ok(if clean(&tallies) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As 90s, 10m or 1h30m; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let bare = text.parse::<f64>().is_ok();
    let time = if bare { crate::duration::parse(&format!("{text}s")) } else { crate::duration::parse(text) };
    time.ok_or_else(|| format!("{text:?} is no duration; write it as 90s, 10m or 1h30m"))
}

async fn over(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// Nothing asked is nothing shown to work.
fn clean(tallies: &[Tally]) -> bool {
    tallies.iter().all(|tally| tally.requests > 0 && tally.failures == 0)
}

/// What the command line asks for.
fn targets(args: &Args) -> anyhow::Result<Vec<Arc<Target>>> {
    if !(args.requests_per_second > 0.0 && args.requests_per_second <= 10_000.0) {
        bail!("--requests-per-second must be above 0 and at most 10000");
    }
    let settings = Arc::new(Settings::read(args)?);
    let targets = args.urls.iter().map(|url| {
        Target::new(url, settings.clone()).map(Arc::new).with_context(|| format!("cannot probe {url}"))
    });
    targets.collect()
}

/// Probes until `end`, which begins with the first request, returns.
async fn probe(
    args: &Args,
    targets: Vec<Arc<Target>>,
    screen: Screen,
    end: impl AsyncFnOnce(&[Arc<Target>]),
) -> Vec<Tally> {
    let stop = CancellationToken::new();
    let lanes = TaskTracker::new();
    for target in &targets {
        let (target, stop) = (target.clone(), stop.clone());
        let pace = Pace { per_second: args.requests_per_second, in_flight: IN_FLIGHT };
        lanes.spawn(async move { pace.keep(stop, || target.clone().once(), || target.skip()).await });
    }
    lanes.close();
    tokio::select! {
        () = end(&targets) => {}
        () = screen.follow(&targets) => {}
    }
    stop.cancel();
    lanes.wait().await;
    screen.clear();
    targets.iter().map(|target| target.tally()).collect()
}

#[cfg(test)]
mod tests;
