//! One sandbox whose service goes round in a ring of moves, each of them killed somewhere and taken up again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sandbox::SandboxOptions;
use serde_json::{Value as Json, json};
use terraform_plugin::Value;
use terraform_plugin::testing::{Kept, Refused};
use terraform_plugin::wire::tfplugin6 as wire;

use crate::driver;
use crate::plugin::Plugin;
use crate::support::callers::Callers;
use crate::support::{Stage, Watched};
use crate::wish::{Wish, left_over, serving};

/// Sandbox seconds per second. Its timeouts have a floor in wall time, so that a busy machine fails no health check.
pub const SPEED: f64 = 50.0;
/// Nothing here takes as long.
const LIMIT: Duration = Duration::from_secs(120);
const BETWEEN_POLLS: Duration = Duration::from_millis(5);

/// Where a run is killed: at its `call`-th write (or read), before its effect or after it and before its answer.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub writes: bool,
    pub call: u64,
    pub after: bool,
}

impl fmt::Display for Kill {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.writes { "write" } else { "read" };
        let side = if self.after { "after its effect" } else { "before its effect" };
        write!(out, "{what} {} {side}", self.call)
    }
}

/// What happens to the run at that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL to the provider.
    Kill,
    /// Terraform passes an interrupt on.
    Stop,
}

/// Holds one call, and tells when it is held.
pub struct Hold<'a> {
    stage: &'a Stage,
    id: u64,
}

impl<'a> Hold<'a> {
    pub async fn set(stage: &'a Stage, kill: Kill) -> Hold<'a> {
        let when = if kill.after { "after" } else { "before" };
        let fault = json!({ "kind": "hold", "writes": kill.writes, "call": kill.call, "when": when });
        Hold::fault(stage, fault).await
    }

    pub async fn fault(stage: &'a Stage, fault: Json) -> Hold<'a> {
        let made = stage.admin("POST", "/_sandbox/faults", fault).await;
        Hold { stage, id: made["id"].as_u64().unwrap() }
    }

    /// The number of the call that is held.
    async fn holds(&self) -> Option<u64> {
        let faults = self.stage.admin("GET", "/_sandbox/faults", Json::Null).await;
        let mine = faults["faults"].as_array().unwrap().iter().find(|fault| fault["id"] == self.id)?;
        mine["held"].as_array().unwrap().first()?["call"].as_u64()
    }

    /// Returns when the call is held; its number.
    pub async fn held(&self) -> u64 {
        loop {
            if let Some(call) = self.holds().await {
                return call;
            }
            tokio::time::sleep(BETWEEN_POLLS).await;
        }
    }

    /// Returns when the caller of the held call is seen to be gone, with the hold taken away. The call never got
    /// its answer; its operation.
    pub async fn gone(self, call: u64) -> String {
        let began = Instant::now();
        while self.holds().await.is_some() {
            assert!(began.elapsed() < LIMIT, "the sandbox does not see that the caller was killed");
            tokio::time::sleep(BETWEEN_POLLS).await;
        }
        let path = format!("/_sandbox/calls?since={}", call - 1);
        let calls = self.stage.admin("GET", &path, Json::Null).await;
        let killed = &calls["calls"][0];
        assert_eq!((&killed["number"], &killed["status"]), (&json!(call), &Json::Null), "{killed}");
        let operation = killed["operation"].as_str().unwrap().to_owned();
        self.end().await;
        operation
    }

    /// Lets the call go on; from now on reads are as slow as that, in sandbox seconds.
    async fn end_with_slow_reads(&self, seconds: f64) {
        let fault = json!({ "kind": "delay", "writes": false, "seconds": seconds });
        self.stage.admin("POST", "/_sandbox/faults", fault).await;
        self.stage.admin("POST", &format!("/_sandbox/faults/{}/release", self.id), Json::Null).await;
    }

    /// Lets the call go on; takes all faults away.
    pub async fn end(&self) {
        self.stage.admin("DELETE", "/_sandbox/faults", Json::Null).await;
    }
}

pub struct Ring {
    pub stage: Stage,
    known: Kept,
    plugin: Option<Plugin>,
    traffic: Option<Watched>,
    /// Of a service that moves between listeners.
    callers: Option<Callers>,
    /// What is there; nothing at first.
    at: Option<Wish>,
    blow: Blow,
    /// In sandbox seconds, once it is told to stop.
    pub slow_reads_after: Option<f64>,
    /// How often the provider was struck at which operation.
    pub struck_at: BTreeMap<String, u64>,
}

pub async fn stage() -> Stage {
    let options = SandboxOptions { speed: SPEED, task_start: 15.0, ..SandboxOptions::default() };
    let mut stage = Stage::with(options).await;
    stage.set(json!({ "settle_time": "20s" }));
    stage
}

impl Ring {
    pub async fn new(blow: Blow) -> Ring {
        let stage = stage().await;
        Ring {
            stage,
            known: Kept::default(),
            plugin: None,
            traffic: None,
            callers: None,
            at: None,
            blow,
            slow_reads_after: None,
            struck_at: BTreeMap::new(),
        }
    }

    /// From now on somebody asks all the time, and nobody may be turned away.
    pub fn watch(&mut self) {
        self.traffic = Some(self.stage.traffic());
    }

    /// The same where the service goes from one listener to another: one of the two must serve.
    pub fn watch_both_listeners(&mut self) {
        self.callers = Some(Callers::start(&self.stage));
    }

    /// A plugin that is configured, with what is known.
    async fn plugin(&mut self) -> Plugin {
        let mut plugin = match self.plugin.take() {
            Some(plugin) => plugin,
            None => {
                let mut plugin = Plugin::start(SPEED).await;
                driver::configure(&mut plugin.host, &self.stage).await;
                plugin
            }
        };
        plugin.host.kept = self.known.clone();
        plugin
    }

    /// Keeps it for the next time, and what it came to know.
    fn put_back(&mut self, plugin: Plugin) {
        self.known = plugin.host.kept.clone();
        self.plugin = Some(plugin);
    }

    pub fn config(&mut self, to: Option<&Wish>) -> Value {
        let Some(wish) = to else { return Value::Null };
        for (name, value) in wish.change().as_object().unwrap() {
            self.stage.service[name] = value.clone();
        }
        let listeners = &self.stage.sandbox.ready.listeners;
        let listener = if wish.secure { &listeners.https } else { &listeners.production };
        self.stage.service["listener_arn"] = listener.arn.as_str().into();
        driver::config(&self.stage.service)
    }

    /// One move to `to` (nothing is a destroy), struck once on the way, if it gets that far; whether it did.
    pub async fn go(&mut self, to: Option<&Wish>, kill: Option<Kill>) -> bool {
        let from = self.traffic.as_ref().map(Watched::elapsed).unwrap_or_default();
        let config = self.config(to);
        let mut killed = false;
        let mut done = false;
        if let Some(kill) = kill {
            killed = match self.blow {
                Blow::Kill => self.killed(&config, kill).await,
                Blow::Stop => self.stopped(&config, kill).await,
            };
            done = !killed;
        }
        if !done {
            let mut plugin = self.plugin().await;
            tokio::time::timeout(LIMIT, driver::apply(&mut plugin.host, &config))
                .await
                .expect("the apply does not end")
                .unwrap_or_else(|error| panic!("{}: {error}", self.told(to, kill)));
            self.put_back(plugin);
        }
        self.check(to, kill, from).await;
        self.at = to.cloned();
        killed
    }

    /// A move on which the provider is killed at the same point of every run, until a run does not get there;
    /// how often it was.
    pub async fn dying(&mut self, to: Option<&Wish>, kill: Kill) -> u64 {
        let config = self.config(to);
        let mut deaths = 0;
        while self.killed(&config, kill).await {
            deaths += 1;
            assert!(deaths < 100, "{}: it never arrives", self.told(to, Some(kill)));
        }
        self.go(to, None).await;
        deaths
    }

    /// An apply during which the provider is killed; false when it ended before.
    async fn killed(&mut self, config: &Value, kill: Kill) -> bool {
        let mut plugin = self.plugin().await;
        let hold = Hold::set(&self.stage, kill).await;
        let apply = async {
            let applied = driver::apply(&mut plugin.host, config);
            tokio::time::timeout(LIMIT, applied).await.expect("the apply does not end")
        };
        let ended = tokio::select! {
            ended = apply => Ok(ended),
            call = hold.held() => Err(call),
        };
        match ended {
            Ok(ended) => {
                ended.unwrap_or_else(|error| panic!("not killed at {kill}: {error}"));
                hold.end().await;
                self.put_back(plugin);
                false
            }
            Err(call) => {
                let known = plugin.host.kept.clone();
                plugin.kill();
                *self.struck_at.entry(hold.gone(call).await).or_default() += 1;
                // When only the provider dies, Terraform keeps what it read before; when all of it dies, what it
                // had on disk.
                if !kill.after {
                    self.known = known;
                }
                true
            }
        }
    }

    /// An apply that is told to stop while a call is in flight; false when it ended before.
    pub async fn stopped(&mut self, config: &Value, kill: Kill) -> bool {
        let mut plugin = self.plugin().await;
        let hold = Hold::set(&self.stage, kill).await;
        // A refresh that is told to stop does not wait for its call, so that it may be first to end.
        let struck = AtomicU64::new(0);
        let strike = async {
            struck.store(hold.held().await, Ordering::Relaxed);
            plugin.client.stop_provider(wire::stop_provider::Request {}).await.unwrap();
            match self.slow_reads_after {
                Some(seconds) => hold.end_with_slow_reads(seconds).await,
                None => hold.end().await,
            }
        };
        let ended = {
            let applied = driver::apply(&mut plugin.host, config);
            let apply = async { tokio::time::timeout(LIMIT, applied).await.expect("the apply does not end") };
            tokio::pin!(apply);
            tokio::select! {
                ended = &mut apply => {
                    hold.end().await;
                    ended
                }
                () = strike => apply.await,
            }
        };
        self.put_back(plugin);
        let call = struck.into_inner();
        if call == 0 {
            ended.unwrap_or_else(|error| panic!("not stopped at {kill}: {error}"));
            return false;
        }
        let path = format!("/_sandbox/calls?since={}", call - 1);
        let calls = self.stage.admin("GET", &path, Json::Null).await;
        let (first, later) = calls["calls"].as_array().unwrap().split_first().unwrap();
        // A creation that stays in the state says no more that it is being made.
        let leaves = |call: &&Json| call["parameters"]["TagKeys"] == json!(["bluegreen:creating"]);
        let went_on = later.iter().find(|call| call["writes"] == true && !leaves(call));
        assert_eq!(went_on, None, "stopped at {kill}, and went on");
        *self.struck_at.entry(first["operation"].as_str().unwrap().to_owned()).or_default() += 1;
        // The last look of a run may be the one that finds everything done.
        if let Err(said) = ended {
            let seen = self.stage.admin("GET", "/_sandbox/state", Json::Null).await;
            self.truth(&said, serving(&seen));
        }
        true
    }

    /// An interrupted apply says what serves whom, and its state holds it.
    fn truth(&self, refused: &Refused, serves: Option<&'static str>) {
        let (said, state) = (refused.to_string(), &self.known.state);
        assert!(said.contains("Interrupted"), "{said}");
        if refused.call != "apply" {
            return;
        }
        let Some(side) = serves else {
            assert!(said.contains("nobody is sent to this service"), "{said}");
            return;
        };
        assert!(said.contains(&format!("The public is served by {}", side.to_uppercase())), "{said}");
        // A create that did not end leaves nothing in the state, and the next one takes it up.
        assert!(state.is_null() || state.get("production_color").as_str() == Some(side), "{said}\n{state:?}");
    }

    fn told(&self, to: Option<&Wish>, kill: Option<Kill>) -> String {
        let name = |wish: Option<&Wish>| wish.map_or("nothing".to_owned(), |wish| format!("{wish:?}"));
        let kill = kill.map_or("not killed".to_owned(), |kill| format!("killed at {kill}"));
        format!("{} -> {}, {kill}", name(self.at.as_ref()), name(to))
    }

    async fn check(&mut self, to: Option<&Wish>, kill: Option<Kill>, from: Duration) {
        let told = self.told(to, kill);
        let config = self.config(to);
        let seen = self.stage.admin("GET", "/_sandbox/state", Json::Null).await;
        let complaints = to.map_or_else(|| left_over(&seen), |wish| wish.complaints(&seen));
        assert!(complaints.is_empty(), "{told}: {complaints:#?}");
        let wished = &self.stage.service["listener_arn"];
        let elsewhere = seen["rules"].as_array().unwrap().iter().find(|rule| rule["listener"] != *wished);
        assert_eq!(elsewhere, None, "{told}");
        if to.is_none() {
            assert!(self.known.state.is_null(), "{told}: {:?}", self.known.state);
        } else {
            let mut plugin = self.plugin().await;
            let changes = plugin.host.has_changes(&config).await.unwrap();
            assert!(!changes, "{told}: the plan after it is not empty");
            self.put_back(plugin);
        }
        let violations = self.stage.admin("GET", "/_sandbox/violations", Json::Null).await;
        assert_eq!(violations["violations"], json!([]), "{told}");
        let (Some(traffic), Some(before), Some(to)) = (&self.traffic, &self.at, to) else { return };
        for tally in traffic.tally() {
            assert_eq!((tally.failures, tally.skipped), (0, 0), "{told}: {tally}");
        }
        for (stream, allowed) in
            [("public", [before.public(), to.public()]), ("office", [before.office(), to.office()])]
        {
            let sides = traffic.sides(stream, from);
            assert!(sides.iter().all(|side| allowed.contains(side)), "{told}: {stream} saw {sides:?}");
        }
    }

    /// The number of requests, none of which failed.
    pub async fn end(self) -> u64 {
        let mut requests = match self.traffic {
            Some(traffic) => traffic.none_failed().await,
            None => 0,
        };
        if let Some(callers) = self.callers {
            for (saw, side) in callers.end().await.iter().zip(["nginx-blue", "nginx-green"]) {
                assert!(saw.turned_away.is_empty(), "{:?}", saw.turned_away);
                assert!(saw.sides.iter().eq([side]), "{side}: {:?}", saw.sides);
                requests += saw.asked;
            }
        }
        drop(self.plugin);
        self.stage.end().await;
        requests
    }
}
