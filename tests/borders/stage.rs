//! A sandbox in this process, several working directories on it, and hands that are not ours.

use std::sync::Mutex;
use std::time::Duration;

use aws_sandbox::call::request::{Request, Sender, Service};
use aws_sandbox::in_process::{self, InProcess};
use bluegreen_provider::provider::Bluegreen;
use bluegreen_provider::referee::Referee;
use serde_json::{Value as Json, json};
use terraform_plugin::Value;
use tokio_util::sync::CancellationToken;

use crate::plane::{self, Shared};
use crate::terraform::{Applied, Project};
use crate::transport;
use crate::wish::{Phase, Place, Wish};

const SEED: u64 = 31;
/// The tag that says whose something is.
pub const OWNER: &str = "bluegreen:resource";

const THEIRS: &str = "another team";

pub struct Stage {
    pub sandbox: InProcess,
    pub place: Place,
    seen: Shared,
    excused: Mutex<Vec<&'static str>>,
}

/// On a paused clock of its own. No caller may be turned away and nobody's things be touched by one of ours.
pub fn story(script: impl AsyncFnOnce(&Stage)) {
    fastrand::seed(SEED);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let propagation = Duration::from_secs(3);
        let (sandbox, seam) =
            in_process::start(SEED, propagation, Duration::from_secs(5), Referee::boxed()).unwrap();
        let seen = plane::start(&sandbox, seam, SEED);
        let stage = Stage { place: Place::of(&sandbox), sandbox, seen, excused: Mutex::default() };
        script(&stage).await;
        let violations = stage.sandbox.with(|world, _| world.violations_json());
        let excused = stage.excused.lock().unwrap().clone();
        let ours = |it: &&Json| {
            it["caller"] != THEIRS && !excused.iter().any(|invariant| it["invariant"] == *invariant)
        };
        let ours: Vec<&Json> = violations["violations"].as_array().unwrap().iter().filter(ours).collect();
        assert!(ours.is_empty(), "{ours:#?}");
        stage.served();
    });
}

pub fn wish(phase: Phase) -> Wish {
    let (blue, green) = ("nginx:1".to_owned(), "nginx:2".to_owned());
    Wish { phase, primary: "blue", blue, green, desired: 2, canary: 1, standby: 0, settle: 10 }
}

impl Stage {
    /// A working directory with a state of its own, and the service as it is to be there.
    pub async fn project(&self, caller: &str) -> Project {
        let aws = transport::connect(&self.sandbox, caller, SEED).await;
        let mut project = Project::new(Bluegreen::connected(aws, 1.0));
        self.wish(&mut project, Phase::Stable);
        project
    }

    pub fn wish(&self, project: &mut Project, phase: Phase) {
        project.config = wish(phase).config(project.resource(), &self.place);
    }

    /// `nginx` created, and known to every node.
    pub async fn standing(&self) -> Project {
        let mut project = self.project("ours").await;
        assert_eq!(apply(&mut project).await, Ok(Applied::Done));
        self.pass(30).await;
        project
    }

    pub async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// What the referee cannot know to be right.
    pub fn excuse(&self, invariant: &'static str) {
        self.excused.lock().unwrap().push(invariant);
    }

    /// What was before is forgotten: nobody was promised anything then.
    pub fn begins(&self) {
        let mut seen = self.seen.lock().unwrap();
        (seen.failed, seen.open) = Default::default();
    }

    /// Nobody was turned away so far.
    pub fn served(&self) {
        let seen = self.seen.lock().unwrap();
        assert!(seen.failed.is_empty(), "{:#?}", seen.failed);
    }

    /// From now on nobody is promised anything.
    pub fn end_of_service(&self) {
        self.served();
        self.seen.lock().unwrap().destroying = true;
    }

    /// From now on callers may come by either listener, and must be sent by one of them.
    pub fn either_listener(&self) {
        self.seen.lock().unwrap().ports.push(self.sandbox.listeners.test.port);
    }

    /// The sides that callers saw since last asked.
    pub fn sides(&self, caller: &str) -> Vec<&'static str> {
        let mut seen = self.seen.lock().unwrap();
        seen.sides.get_mut(caller).map(std::mem::take).unwrap_or_default().into_iter().collect()
    }

    /// Writes by `caller` since call `since`.
    pub fn writes(&self, caller: &str, since: u64) -> Vec<String> {
        let calls = self.sandbox.with(|world, _| world.journal.json(since));
        let all = calls["calls"].as_array().unwrap().iter();
        all.filter(|call| call["caller"] == caller && call["writes"] == true)
            .map(|call| call["operation"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn time(&self) -> Duration {
        self.sandbox.with(|_, now| now)
    }

    /// When calls after `since` wrote something.
    pub fn times_of_writes(&self, since: u64) -> Vec<Duration> {
        let calls = self.sandbox.with(|world, _| world.journal.json(since));
        let all = calls["calls"].as_array().unwrap().iter();
        let writes = all.filter(|call| call["writes"] == true);
        writes.map(|call| Duration::from_secs_f64(call["time"].as_f64().unwrap())).collect()
    }

    pub fn now(&self) -> u64 {
        self.sandbox.with(|world, _| world.journal.json(0))["last"].as_u64().unwrap()
    }

    pub fn all(&self, kind: &str) -> Vec<Json> {
        let state = self.sandbox.with(|world, now| aws_sandbox::state_json(world, now, 1.0));
        let all = state[kind].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|it| it["status"] != "INACTIVE").collect()
    }

    /// Services, groups and rules.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.all("services").len(), self.all("target_groups").len(), self.all("rules").len())
    }

    pub fn service(&self, name: &str) -> Json {
        self.all("services").into_iter().find(|it| it["serviceName"] == name).unwrap()
    }

    /// Somebody with a console of his own; what AWS answers.
    pub fn by_hand(&self, operation: &str, params: Json) -> Json {
        let ecs = params.as_object().unwrap().keys().any(|name| name.starts_with(char::is_lowercase));
        let service = if ecs { Service::Ecs } else { Service::Elb };
        let request = Request { service, operation: operation.to_owned(), params };
        self.sandbox.with(|world, now| {
            let sender = Sender { caller: THEIRS.to_owned(), ..Sender::default() };
            let (number, _) = world.arrive(now, &request, sender);
            match world.act(now, number, &request, &Default::default()) {
                Ok(answer) => answer,
                Err(error) => panic!("{operation}: {} {}", error.code, error.message),
            }
        })
    }

    /// From now on.
    pub fn fault(&self, fault: Json) {
        let fault = serde_json::from_value(fault).unwrap();
        self.sandbox.with(|world, now| world.fault(now, fault)).unwrap();
    }

    pub fn well_again(&self) {
        self.sandbox.with(|world, _| world.faults.clear());
    }

    /// Another team's target group of that name; its ARN.
    pub fn group(&self, name: &str) -> String {
        let group = json!({ "Name": name, "VpcId": self.place.vpc_id, "Port": "80", "Protocol": "HTTP", "TargetType": "ip" });
        text(&self.by_hand("CreateTargetGroup", group), "TargetGroupArn")
    }

    /// Another team's rule for `host`, to one group; its ARN.
    pub fn rule(&self, priority: u32, host: &str, group: &str, tags: &[(&str, &str)]) -> String {
        let host = json!([{ "Field": "host-header", "HostHeaderConfig": { "Values": [host] } }]);
        let mut rule = json!({
            "ListenerArn": self.place.listener, "Priority": priority.to_string(), "Conditions": host,
            "Actions": [{ "Type": "forward", "TargetGroupArn": group }],
        });
        if !tags.is_empty() {
            rule["Tags"] = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        }
        text(&self.by_hand("CreateRule", rule), "RuleArn")
    }
}

pub async fn apply(project: &mut Project) -> Result<Applied, String> {
    project.apply(CancellationToken::new()).await
}

/// The service's tag, as whoever may look can copy it.
pub fn tag_of(state: &Value) -> String {
    format!("{}/{}", state.get("id").as_str().unwrap(), state.get("creation_id").as_str().unwrap())
}

pub fn arn(state: &Value, attribute: &str) -> String {
    state.get(attribute).as_str().unwrap().to_owned()
}

/// The first member of that name, wherever it is.
pub fn text(answer: &Json, member: &str) -> String {
    fn find<'a>(at: &'a Json, member: &str) -> Option<&'a str> {
        match at {
            Json::Object(members) => match members.get(member).and_then(Json::as_str) {
                Some(text) => Some(text),
                None => members.values().find_map(|value| find(value, member)),
            },
            Json::Array(elements) => elements.iter().find_map(|value| find(value, member)),
            _ => None,
        }
    }
    find(answer, member).unwrap_or_else(|| panic!("no {member} in {answer}")).to_owned()
}
