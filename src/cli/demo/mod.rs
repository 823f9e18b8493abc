//! The whole story with the real terraform (or tofu) against a sandbox, under live traffic.

mod audience;
mod moves;
mod screen;
mod story;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args as ClapArgs;

use self::audience::Office;
use self::screen::Screen;
use self::story::Story;
use crate::cli::project::Project;
use crate::referee::Referee;
use aws_sandbox::SandboxOptions;

/// Plays a whole release story with the real terraform against a sandbox, under live traffic.
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
    /// Leave the sandbox and the project up at the end, to play with, until Ctrl-C.
    #[arg(long)]
    keep: bool,
}

const MAIN: &str = include_str!("../../../examples/sandbox/main.tf");
const VARIABLES: &str = include_str!("../../../examples/sandbox/variables.tf");

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Nobody else can have made it or look into it. It goes when this ends, which is after the sandbox has stopped.
    let fresh = tempfile::Builder::new()
        .prefix("bluegreen-demo-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .context("making a temporary folder")?;
    let folder = args.dir.unwrap_or_else(|| fresh.path().to_owned());
    let options = SandboxOptions {
        speed: args.speed,
        seed: args.seed,
        dir: folder.clone(),
        ..SandboxOptions::default()
    };
    let story = Story {
        sandbox: aws_sandbox::start_watched(options, Referee::boxed()).await?,
        project: project(&folder, args.speed)?,
        office: Office::at([127, 0, 99, 7].into()),
        screen: Screen::new(),
        requests_per_second: args.requests_per_second,
    };
    let ended = tokio::select! {
        // The story first: where it waits for Ctrl-C itself, that ends it well.
        biased;
        ended = story.play(args.keep) => ended,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    story.sandbox.stop().await;
    Ok(if ended? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn project(folder: &Path, speed: f64) -> anyhow::Result<Project> {
    let provider = std::env::current_exe().context("finding this program's own file")?;
    let project = Project::new(folder, &provider)?.with("BLUEGREEN_CLOCK_SPEED", speed.to_string());
    project.write("main.tf", MAIN)?;
    project.write("variables.tf", VARIABLES)?;
    Ok(project)
}
