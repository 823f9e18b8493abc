//! The whole story of `examples/sandbox` on HTTPS, under live traffic: with the real terraform (or tofu), or where there
//! is none, with the protocol crate's own host.

mod audience;
pub mod example;
mod moves;
mod player;
mod plugin;
mod screen;
mod story;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use terraform_plugin::Provider;
use tokio::signal::unix::{SignalKind, signal};

use self::audience::Office;
use self::player::Player;
use self::plugin::Plugin;
use self::screen::Screen;
use self::story::Story;
use crate::cli::project::{self, Project};
use crate::referee::Referee;
use aws_sandbox::{Ready, SandboxOptions};

/// Plays a whole release story on HTTPS against a sandbox, under live traffic: with the real terraform or tofu, or where
/// neither is on PATH, by itself.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Sandbox seconds per second.
    #[arg(long, default_value_t = 20.0)]
    speed: f64,
    /// Seed of everything random in the sandbox.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the project; a fresh temporary one otherwise.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Requests a second of each of the four audiences.
    #[arg(long, default_value_t = 20.0)]
    requests_per_second: f64,
    /// Only so many of the story's moves, from the first; then destroy.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    moves: Option<u8>,
    /// Leave the sandbox and the project up at the end, to play with, until Ctrl-C.
    #[arg(long)]
    keep: bool,
}

/// `provider` is what this program serves as a plugin.
pub async fn run(args: Args, provider: Arc<dyn Provider>) -> anyhow::Result<ExitCode> {
    // Nobody else can have made it or look into it. It goes when this ends, which is after the sandbox has stopped.
    let fresh = tempfile::Builder::new()
        .prefix("bluegreen-demo-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .context("making a temporary folder")?;
    let folder = args.dir.unwrap_or_else(|| fresh.path().to_owned());
    let mut terminate = signal(SignalKind::terminate())?;
    let options = SandboxOptions {
        speed: args.speed,
        seed: args.seed,
        dir: folder.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = aws_sandbox::start_watched(options, Referee::boxed()).await?;
    let mut story = Story {
        player: player(&folder, args.speed, provider, &sandbox.ready)?,
        sandbox,
        office: Office::at([127, 0, 99, 7].into()),
        screen: Screen::new(),
        requests_per_second: args.requests_per_second,
        moves: args.moves.map_or(usize::MAX, usize::from),
    };
    let ended = tokio::select! {
        // The story first: where it waits for Ctrl-C itself, that ends it well.
        biased;
        ended = story.play(args.keep) => ended,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow::anyhow!("terminated")),
    };
    story.sandbox.stop().await;
    Ok(if ended? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn player(folder: &Path, speed: f64, provider: Arc<dyn Provider>, ready: &Ready) -> anyhow::Result<Player> {
    let program = std::env::current_exe().context("finding this program's own file")?;
    if project::find_tool().is_none() {
        return Ok(Player::Host(Box::new(Plugin::new(program, speed, provider, ready)?)));
    }
    // The sandbox has made it. Terraform runs in it, and is told of files by their whole paths.
    let folder = folder.canonicalize().with_context(|| format!("cannot use {}", folder.display()))?;
    let project = Project::mirrored(&folder, &program)?.with("BLUEGREEN_CLOCK_SPEED", speed.to_string());
    for (name, text) in example::files(&ready.endpoint) {
        project.write(name, &text)?;
    }
    Ok(Player::Terraform(project))
}
