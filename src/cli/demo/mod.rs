//! The whole story with the real terraform (or tofu) against a sandbox, under live traffic.

mod audience;
mod moves;
mod screen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args as ClapArgs;
use serde_json::{Value, json};

use self::audience::{Audience, Office};
use self::moves::Move;
use self::screen::{Row, Screen};
use crate::cli::project::Project;
use crate::referee::Referee;
use aws_sandbox::{Running, SandboxOptions};

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
const RELEASE: &str = "release.auto.tfvars.json";
/// How long after an apply who sees what is looked at.
const WATCHED: Duration = Duration::from_millis(700);

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let screen = Screen::new();
    let (folder, temporary) = match &args.dir {
        Some(folder) => (folder.clone(), false),
        None => (std::env::temp_dir().join(format!("bluegreen-demo-{}", std::process::id())), true),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let options = SandboxOptions {
        speed: args.speed,
        seed: args.seed,
        dir: folder.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = aws_sandbox::start_watched(options, Referee::boxed()).await?;
    let story = Story {
        project: project(&folder, args.speed)?,
        office: Office::at([127, 0, 99, 7].into()),
        sandbox,
        screen,
        requests_per_second: args.requests_per_second,
    };
    let ended = tokio::select! {
        ended = story.play(&args) => ended,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    story.sandbox.stop().await;
    if temporary {
        // A folder that stays behind is no reason to fail.
        let _ = std::fs::remove_dir_all(&folder);
    }
    ended
}

fn project(folder: &Path, speed: f64) -> anyhow::Result<Project> {
    let provider = std::env::current_exe().context("finding this program's own file")?;
    let project = Project::new(folder, &provider)?.with("BLUEGREEN_CLOCK_SPEED", speed.to_string());
    project.write("main.tf", MAIN)?;
    project.write("variables.tf", VARIABLES)?;
    Ok(project)
}

struct Story {
    project: Project,
    sandbox: Running,
    office: Office,
    screen: Screen,
    requests_per_second: f64,
}

/// What the table and the last line are made of.
#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    requests: u64,
    failures: u64,
    wrong: Vec<String>,
}

impl Story {
    async fn play(&self, args: &Args) -> anyhow::Result<ExitCode> {
        let began = Instant::now();
        self.screen.introduce(&self.sandbox.ready, &self.office);
        let mut told = Told::default();
        let mut release = moves::beginning();
        release["canary_source_ips"] = json!([self.office.cidr()]);
        let mut audience = None;
        let mut before = "nobody";
        for step in moves::all() {
            self.step(&step, &mut release, &mut audience, before, &mut told).await?;
            before = step.public;
        }
        let audience = audience.take();
        if args.keep {
            self.finish(&told, began);
            self.screen.kept(&self.sandbox.ready, &self.project, &self.office);
            tokio::signal::ctrl_c().await?;
        } else {
            if let Some(audience) = audience {
                told.add(audience.stop().await);
            }
            self.destroy(&mut told).await?;
            self.finish(&told, began);
        }
        Ok(if told.good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn finish(&self, told: &Told, began: Instant) {
        self.screen.table(&told.rows);
        for wrong in &told.wrong {
            self.screen.say(&format!("wrong: {wrong}"));
        }
        let (requests, failures) = (told.requests, told.failures);
        let (moves, seconds) = (told.rows.len(), began.elapsed().as_secs());
        self.screen
            .say(&format!("demo: {requests} requests, {failures} failed, {moves} moves, {seconds} seconds"));
    }

    async fn step(
        &self,
        step: &Move,
        release: &mut Value,
        audience: &mut Option<Audience>,
        before: &str,
        told: &mut Told,
    ) -> anyhow::Result<()> {
        if let (Some(release), Some(set)) = (release.as_object_mut(), step.set.as_object()) {
            release.extend(set.clone());
        }
        self.project.write(RELEASE, &serde_json::to_string_pretty(release)?)?;
        self.screen.begin(step.name, "terraform apply");
        let (began, from) = (Instant::now(), audience.as_ref().map_or(Duration::ZERO, Audience::elapsed));
        let applied = self.screen.watch(self.project.apply(), audience.as_ref()).await?;
        let seconds = began.elapsed().as_secs_f64();
        if applied.ok == step.fails {
            self.screen.say(&applied.said());
            anyhow::bail!(
                "terraform apply {} at \"{}\"",
                if applied.ok { "succeeded" } else { "failed" },
                step.name
            );
        }
        if step.fails {
            self.screen.reason(&applied.said());
        }
        let empty = self.project.plan_is_empty().await?;
        if empty == step.fails {
            told.wrong.push(format!(
                "the plan after \"{}\" is {}empty",
                step.name,
                if empty { "" } else { "not " }
            ));
        }
        let audience = match audience {
            Some(audience) => audience,
            // Nobody can be served before the first create.
            None => {
                audience.insert(Audience::start(&self.sandbox.ready, &self.office, self.requests_per_second))
            }
        };
        tokio::time::sleep(WATCHED).await;
        let now = audience.elapsed();
        let seen = audience.seen(now.saturating_sub(WATCHED), now);
        for (who, expected, seen) in
            [("the public", step.public, &seen.public), ("the office", step.office, &seen.office)]
        {
            if **seen != [expected] {
                told.wrong.push(format!("after \"{}\" {who} saw {seen:?}, not {expected}", step.name));
            }
        }
        let during = audience.seen(from, now);
        if let Some(early) = during.public.iter().find(|side| **side != step.public && **side != before) {
            told.wrong.push(format!("during \"{}\" the public saw {early}", step.name));
        }
        let (requests, failures) = audience.counted(from);
        told.requests += requests;
        told.failures += failures;
        if failures > 0 {
            told.wrong.extend(audience.first_failures(from));
        }
        let row = Row {
            name: step.name.to_owned(),
            requests,
            failures,
            seconds,
            public: seen.public.join("+"),
            office: seen.office.join("+"),
            plan: if step.fails {
                "failed, as it should".to_owned()
            } else {
                if empty { "empty" } else { "NOT EMPTY" }.to_owned()
            },
        };
        self.screen.end(&row);
        told.rows.push(row);
        Ok(())
    }

    async fn destroy(&self, told: &mut Told) -> anyhow::Result<()> {
        self.screen.begin("destroy", "terraform destroy");
        let began = Instant::now();
        let destroyed = self.screen.watch(self.project.destroy(), None).await?;
        if !destroyed.ok {
            anyhow::bail!("terraform destroy failed:\n{}", destroyed.said());
        }
        let row = Row {
            name: "destroy".to_owned(),
            requests: 0,
            failures: 0,
            seconds: began.elapsed().as_secs_f64(),
            public: "-".to_owned(),
            office: "-".to_owned(),
            plan: "-".to_owned(),
        };
        self.screen.end(&row);
        told.rows.push(row);
        Ok(())
    }
}

impl Told {
    fn good(&self) -> bool {
        self.failures == 0 && self.wrong.is_empty()
    }

    /// Requests between the last move and the end count too.
    fn add(&mut self, (requests, failures): (u64, u64)) {
        self.requests = self.requests.max(requests);
        self.failures = self.failures.max(failures);
    }
}
