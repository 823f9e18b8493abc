//! `terraform-provider-bluegreen sandbox`: the local AWS until told to stop.

use std::io::Write;

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use aws_sandbox::{SandboxOptions, start_watched};

use crate::referee::Referee;

pub async fn run(options: SandboxOptions) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut running = start_watched(options, Referee::boxed()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(&running.ready)?)?;
    out.flush()?;
    let failed = tokio::select! {
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
        () = running.wait() => true,
    };
    running.stop().await;
    if failed {
        bail!("a part of the sandbox ended unexpectedly");
    }
    Ok(())
}
