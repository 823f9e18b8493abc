//! One project with its own state and its own key, and what is done there.

use std::time::Duration;

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::Value;
use tokio_util::sync::CancellationToken;

use super::judge::Fate;
use super::line::{self, Line};
use super::plot::{Cut, Deed, Plot, What};
use super::stage::Shared;
use crate::terraform::Project;
use crate::wish::{Phase, Wish};

pub struct Player {
    stage: Shared,
    index: usize,
    pub caller: String,
    pub plot: Plot,
    pub project: Project,
    line: Line,
    wish: Wish,
    /// The listener of the configuration.
    listener: String,
    /// What every apply, import and destroy said.
    pub said: Vec<String>,
    seed: u64,
}

impl Player {
    pub async fn new(stage: &Shared, index: usize, plot: Plot, seed: u64) -> Player {
        let caller = format!("p{index}");
        let (aws, line) = line::connect(&stage.sandbox, &caller, seed).await;
        let (blue, green) = ("nginx:1".to_owned(), "nginx:2".to_owned());
        let desired = plot.desired;
        let wish = Wish {
            phase: Phase::Stable,
            primary: "blue",
            blue,
            green,
            desired,
            canary: 1,
            standby: 0,
            settle: 10,
        };
        let listener = stage.listeners[plot.listener].0.clone();
        let project = Project::new(Bluegreen::connected(aws, 1.0));
        Player {
            stage: stage.clone(),
            index,
            caller,
            plot,
            project,
            line,
            wish,
            listener,
            said: Vec::new(),
            seed,
        }
    }

    fn configure(&mut self) {
        let mut config = self.wish.config(self.project.resource(), &self.stage.place);
        for (name, value) in [
            ("name", self.plot.name.into()),
            ("cluster", self.plot.cluster.into()),
            ("listener_arn", self.listener.as_str().into()),
            ("host_headers", Value::list([self.plot.host()])),
            ("production_priority", self.plot.priority.into()),
            ("canary_priority", (self.plot.priority - 1).into()),
        ] {
            assert!(config.set(name, value), "{name}");
        }
        self.project.config = config;
    }

    fn note(&mut self, what: &str, how: &str) {
        let now = self.stage.sandbox.with(|_, now| now.as_secs_f64());
        self.said.push(format!("{now:.2} s: {} {} {what}: {how}", self.caller, self.plot.identity()));
    }

    fn hold(&self, busy: bool) {
        let held = (!self.project.state.is_null()).then(|| self.plot.identity());
        let mut holds = self.stage.holds.lock().unwrap();
        holds[self.index].held = held;
        holds[self.index].busy = busy.then(|| self.plot.identity());
    }

    /// Where the state has it.
    fn promise(&self, from: Option<bool>) {
        let listener = self.project.state.get("listener_arn").as_str().unwrap_or(&self.listener).to_owned();
        self.stage.promise(&self.plot, &listener, from);
    }

    pub async fn play(&mut self, deed: &Deed) {
        tokio::time::sleep(deed.after).await;
        let there = !self.project.state.is_null();
        match deed.what {
            What::Apply(phase) => {
                self.wish.phase = phase;
                drop(self.apply(deed.cut).await);
            }
            What::Release(revision) => {
                self.wish.green = format!("nginx:{revision}");
                drop(self.apply(deed.cut).await);
            }
            What::Destroy => drop(self.destroy(deed.cut).await),
            What::Import if there => {}
            What::Import => drop(self.import().await),
            What::Forget if !there => {}
            What::Forget => {
                self.project.forget();
                self.stage.befell(&self.caller, Fate::Lost { unfinished: false });
                self.hold(false);
                self.note("forgets its state", "");
            }
        }
    }

    pub async fn apply(&mut self, cut: Option<Cut>) -> Result<(), String> {
        self.configure();
        self.hold(true);
        let creates = self.project.state.is_null();
        if self.project.is_tainted() {
            self.promise(None);
        }
        let ended = self.cut(cut, false).await;
        let what = format!(
            "{} {:?} {}",
            if creates { "creates" } else { "applies" },
            self.wish.phase,
            self.wish.green
        );
        self.note(&what, &format!("{ended:?} ({cut:?})"));
        if self.project.state.is_null() {
            if ended.is_none() {
                self.stage.befell(&self.caller, Fate::Lost { unfinished: true });
                self.promise(Some(false));
            }
        } else if !self.project.is_tainted() {
            self.promise(Some(ended.is_some()));
        }
        self.hold(false);
        ended.unwrap_or_else(|| Err("killed".to_owned()))
    }

    pub async fn destroy(&mut self, cut: Option<Cut>) -> Result<(), String> {
        if self.project.state.is_null() {
            return Ok(());
        }
        self.promise(None);
        let ended = self.cut(cut, true).await;
        self.note("destroys", &format!("{ended:?} ({cut:?})"));
        if !self.project.state.is_null() && !self.project.is_tainted() {
            self.promise(Some(false));
        }
        self.hold(false);
        ended.unwrap_or_else(|| Err("killed".to_owned()))
    }

    /// Goes to where that rule is, as an error says.
    pub fn follow(&mut self, rule: &str) {
        let (listener, _) = rule.rsplit_once('/').unwrap();
        self.listener = listener.replacen(":listener-rule/", ":listener/", 1);
    }

    /// Whether nobody else has it, as whoever pastes an import block must know.
    pub async fn import(&mut self) -> Result<bool, String> {
        let identity = self.plot.identity();
        if !self.stage.free(&identity, self.index) {
            return Ok(false);
        }
        self.hold(true);
        let ended = self.project.import(&identity).await;
        self.note("imports", &format!("{ended:?}"));
        if ended.is_ok() {
            let took = self.stage.under(self.plot.cluster, self.plot.name);
            self.stage.befell(&self.caller, Fate::Took(took));
            self.listener = self.project.state.get("listener_arn").as_str().unwrap().to_owned();
            self.promise(Some(true));
        }
        self.hold(false);
        ended.map(|()| true)
    }

    /// `None` when it was killed.
    async fn cut(&mut self, cut: Option<Cut>, destroys: bool) -> Option<Result<(), String>> {
        let stop = CancellationToken::new();
        let mut strike = Duration::MAX;
        match cut {
            Some(Cut::Killed { call, sent }) => self.line.cut_at(Some((call, sent))),
            Some(Cut::Stopped(after)) => strike = after,
            None => {}
        }
        let dead = self.line.dead.clone();
        let (project, stopped) = (&mut self.project, stop.clone());
        let run = async {
            if destroys { project.destroy().await } else { project.apply(stopped).await.map(|_| ()) }
        };
        let interrupt = async {
            tokio::time::sleep(strike.min(Duration::from_secs(100_000))).await;
            stop.cancel();
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            biased;
            () = dead.cancelled() => None,
            ended = run => Some(ended),
            () = interrupt => None,
        };
        self.line.cut_at(None);
        if ended.is_none() {
            // A new process, with what the old one left on disk.
            self.seed += 1;
            let (aws, line) = line::connect(&self.stage.sandbox, &self.caller, self.seed).await;
            (self.project, self.line) = (self.project.copy(Bluegreen::connected(aws, 1.0)), line);
        }
        ended
    }
}
