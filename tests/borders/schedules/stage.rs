//! The place: two clusters, three listeners on two load balancers, callers at every address, and who holds what.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sandbox::call::request::{Request, Service};
use aws_sandbox::in_process::{self, InProcess};
use serde_json::{Value as Json, json};

use super::judge::{self, Fate, Scribe};
use super::plot::{CLUSTERS, LISTENERS, NAMES, Plot, Schedule};
use crate::plane::{self, Site};
use crate::wish::Place;

/// How long a rule may be known to a node after it is gone, and more.
const LATE: Duration = Duration::from_secs(20);
const BALANCER_READY: Duration = Duration::from_secs(61);

/// What a state is about, or what is being done for it.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    pub held: Option<String>,
    pub busy: Option<String>,
}

pub struct Stage {
    pub sandbox: InProcess,
    pub place: Place,
    pub listeners: [(String, u16); LISTENERS],
    pub seen: plane::Shared,
    notes: judge::Shared,
    pub holds: Mutex<Vec<Hold>>,
    fates: Mutex<Vec<(u64, String, Fate)>>,
}

impl Stage {
    pub async fn new(schedule: &Schedule) -> Stage {
        let notes = judge::Shared::default();
        let (sandbox, seam) = in_process::start(
            schedule.seed,
            schedule.propagation,
            Duration::from_secs(5),
            Scribe::boxed(&notes),
        )
        .unwrap();
        let (production, test) = (&sandbox.listeners.production, &sandbox.listeners.test);
        let other = other_place(&sandbox, production.port + 4000);
        let listeners = [(production.arn.clone(), production.port), (test.arn.clone(), test.port), other];
        let mut sites = Vec::new();
        for (_, port) in &listeners {
            for (cluster, name) in CLUSTERS.into_iter().flat_map(|cluster| NAMES.map(|name| (cluster, name)))
            {
                sites.push(Site::new(*port, &host(cluster, name)));
            }
        }
        let seen = plane::watch(&sandbox, seam, schedule.seed, sites);
        tokio::time::sleep(BALANCER_READY).await;
        Stage {
            place: Place::of(&sandbox),
            sandbox,
            listeners,
            seen,
            notes,
            holds: Mutex::new(vec![Hold::default(); schedule.plots.len()]),
            fates: Mutex::default(),
        }
    }

    /// From now on, or from when nothing that is under way can still be to blame, whoever is sent stays sent; or nobody is
    /// promised that any more.
    pub fn promise(&self, plot: &Plot, listener: &str, from: Option<bool>) {
        let now = self.sandbox.with(|_, now| now);
        let port = self.listeners.iter().find(|(arn, _)| arn == listener).unwrap().1;
        let mut seen = self.seen.lock().unwrap();
        let site = seen.sites.iter_mut().find(|site| site.port == port && site.host == plot.host()).unwrap();
        site.promised = match (from, site.promised) {
            (None, _) => None,
            (Some(_), Some(promised)) if promised <= now => Some(promised),
            (Some(at_once), _) => Some(if at_once { now } else { now + LATE }),
        };
    }

    /// A user who knows of everybody: whether nobody else has that or is about to.
    pub fn free(&self, identity: &str, for_whom: usize) -> bool {
        let holds = self.holds.lock().unwrap();
        let others = holds.iter().enumerate().filter(|(index, _)| *index != for_whom);
        let mut theirs = others.flat_map(|(_, hold)| [&hold.held, &hold.busy]).flatten();
        !theirs.any(|theirs| theirs == identity)
    }

    pub fn befell(&self, whose: &str, fate: Fate) {
        let last = self.calls()["last"].as_u64().unwrap();
        self.fates.lock().unwrap().push((last, whose.to_owned(), fate));
    }

    pub fn calls(&self) -> Json {
        self.sandbox.with(|world, _| world.journal.json(0))
    }

    pub fn state(&self) -> Json {
        self.sandbox.with(|world, now| aws_sandbox::state_json(world, now, 1.0))
    }

    /// Every service, group and rule by ARN, with its tags as text.
    pub fn everything(&self) -> Vec<(String, String)> {
        let state = self.state();
        let all = ["services", "target_groups", "rules"].into_iter();
        let all = all.flat_map(|kind| state[kind].as_array().unwrap().clone());
        let there = all.filter(|it| it["status"] != "INACTIVE");
        there
            .map(|it| {
                let arn = it["arn"].as_str().or_else(|| it["serviceArn"].as_str()).unwrap();
                (arn.to_owned(), it["tags"].to_string())
            })
            .collect()
    }

    /// What an import of that name takes: the services, their groups, and the rules to these.
    pub fn under(&self, cluster: &str, name: &str) -> BTreeSet<String> {
        let state = self.state();
        let list = |kind: &str| state[kind].as_array().cloned().unwrap_or_default();
        let mut found = BTreeSet::new();
        // One side's group may have no service yet; it hangs on the rule.
        let (mut groups, mut beside) = (BTreeSet::new(), BTreeSet::new());
        for service in list("services").iter().filter(|it| it["status"] != "INACTIVE") {
            let arn = service["serviceArn"].as_str().unwrap();
            if ["blue", "green"].iter().any(|side| arn.ends_with(&format!("service/{cluster}/{name}-{side}")))
            {
                found.insert(judge::key(arn));
                let balancers = service["loadBalancers"].as_array().unwrap().clone();
                groups.extend(balancers.iter().map(|it| it["targetGroupArn"].as_str().unwrap().to_owned()));
            }
        }
        for rule in list("rules") {
            let forward = rule["action"]["forward"].as_object().cloned().unwrap_or_default();
            if forward.keys().any(|group| groups.contains(group)) {
                found.insert(rule["arn"].as_str().unwrap().to_owned());
                beside.extend(forward.keys().cloned());
            }
        }
        found.extend(groups.iter().chain(&beside).map(|group| judge::key(group)));
        found
    }

    pub fn problems(&self) -> Vec<String> {
        let mut problems =
            judge::judge(&self.calls(), &self.notes.lock().unwrap(), &self.fates.lock().unwrap());
        let violations = self.sandbox.with(|world, _| world.violations_json());
        for it in violations["violations"].as_array().unwrap() {
            // By whom something was made is the judge's to say here, not its tag's.
            if it["invariant"] != "I5" {
                problems.push(format!(
                    "{} at {} s: {} by {}",
                    it["invariant"], it["time"], it["what"], it["caller"]
                ));
            }
        }
        problems.extend(self.seen.lock().unwrap().failed.iter().cloned());
        problems
    }
}

pub fn host(cluster: &str, name: &str) -> String {
    format!("{name}.{cluster}.example.com")
}

/// Another cluster, and a listener of another load balancer.
fn other_place(sandbox: &InProcess, port: u16) -> (String, u16) {
    let call = |service: Service, operation: &str, params: Json| {
        let request = Request { service, operation: operation.to_owned(), params };
        sandbox.with(|world, now| world.act(now, 0, &request, &Default::default()).unwrap())
    };
    call(Service::Ecs, "CreateCluster", json!({ "clusterName": CLUSTERS[1] }));
    let balancer = json!({
        "Name": "other", "Subnets": sandbox.subnets, "SecurityGroups": sandbox.security_groups, "Scheme": "internal",
    });
    let made = call(Service::Elb, "CreateLoadBalancer", balancer);
    let closed = json!([{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "404" } }]);
    let listener = json!({
        "LoadBalancerArn": made["LoadBalancers"][0]["LoadBalancerArn"], "Port": port.to_string(),
        "Protocol": "HTTP", "DefaultActions": closed,
    });
    let made = call(Service::Elb, "CreateListener", listener);
    (made["Listeners"][0]["ListenerArn"].as_str().unwrap().to_owned(), port)
}

/// Shared by everybody on one thread.
pub type Shared = Arc<Stage>;
