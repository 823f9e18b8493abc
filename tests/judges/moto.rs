//! moto as AWS: the real terraform and our provider through a service's whole life, seen by boto3 after each step.

use serde_json::{Value, json};

use super::python::{Script, get};
use super::release::{HOST, Release};
use super::wire::{Judged, judge};

const OFFICE: &str = "198.51.100.0/24";
/// Times the wall's clock, for the provider's waits. moto and the shim take no time worth waiting for.
const SPEED: &str = "60";

/// moto behind the recording proxy and the shim, and a release on it.
struct Stage {
    moto: Script,
    release: Release,
}

impl Stage {
    fn new() -> Stage {
        let moto = Script::start("moto_stage.py", &[]);
        let at = moto.ready.clone();
        let release = Release::new(moto.text("endpoint"), SPEED, &at, &at["listeners"]["production"]);
        Stage { moto, release }
    }

    fn set(&mut self, change: Value) -> &mut Self {
        self.release.set(change);
        self
    }

    fn phase(&mut self, phase: &str) -> &mut Self {
        self.release.phase(phase);
        self
    }

    async fn apply(&self) {
        self.release.apply().await;
    }

    /// What boto3 sees.
    fn look(&self) -> Value {
        get(self.moto.text("endpoint"), "/_judge/look")
    }

    /// botocore's referee has seen every call the provider made, and moto's script has nothing to complain about.
    fn end(self) {
        let calls = get(self.moto.text("endpoint"), "/_judge/calls");
        let (judged, findings) = judge(&calls, Judged::Requests);
        assert_eq!(findings, [] as [&str; 0]);
        eprintln!("judged: {judged}");
        self.moto.end();
    }

    /// The requests of one operation so far, as they were sent.
    fn sent(&self, operation: &str) -> Vec<String> {
        let calls = get(self.moto.text("endpoint"), "/_judge/calls");
        let calls = calls.as_array().unwrap().iter().filter(|call| call["operation"] == operation);
        calls.map(|call| call["request"].as_str().unwrap().to_owned()).collect()
    }

    /// The phase is there as boto3 sees it: the public's side, whether there is a canary, tasks of either side.
    fn shows(&self, public: &str, canary: bool, tasks: (u64, u64)) {
        let seen = self.look();
        let rules = seen["rules"]["production"].as_array().unwrap();
        let weight = |side: &str| u64::from(side == public) * 100;
        let production = rules.last().unwrap();
        assert_eq!(
            production["weights"],
            json!({ "nginx-blue": weight("blue"), "nginx-green": weight("green") }),
            "{seen:#}"
        );
        assert_eq!(production["conditions"], json!({ "host-header": [HOST] }), "{seen:#}");
        assert_eq!(rules.len(), 1 + usize::from(canary), "{seen:#}");
        if canary {
            let other = if public == "blue" { "nginx-green" } else { "nginx-blue" };
            assert_eq!(rules[0]["weights"].as_object().unwrap().keys().collect::<Vec<_>>(), [other]);
            assert_eq!(rules[0]["conditions"]["source-ip"], self.release.service["canary_source_ips"]);
            assert_eq!(rules[0]["conditions"]["host-header"], json!([HOST]));
        }
        for (side, count) in [("nginx-blue", tasks.0), ("nginx-green", tasks.1)] {
            let service = &seen["services"][side];
            assert_eq!(
                (&service["desired"], &service["running"]),
                (&json!(count), &json!(count)),
                "{seen:#}"
            );
            assert_eq!(seen["groups"][side]["healthy"], count, "{seen:#}");
        }
        for ours in rules.iter().chain(seen["services"].as_object().unwrap().values()) {
            let tag = ours["tags"]["bluegreen:resource"].as_str().unwrap();
            assert!(tag.starts_with("shop/nginx/"), "{seen:#}");
            assert_ne!(ours["sticky"], true, "{seen:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_phase_forward_and_back_is_what_boto3_sees() {
    let mut stage = Stage::new();
    stage.apply().await;
    stage.shows("blue", false, (3, 0));
    for (phase, public, canary, tasks) in [
        ("staged", "blue", false, (3, 1)),
        ("canary", "blue", true, (3, 1)),
        ("promoted", "green", false, (0, 3)),
        ("canary", "blue", true, (3, 1)),
        ("staged", "blue", false, (3, 1)),
        ("stable", "blue", false, (3, 0)),
        ("promoted", "green", false, (0, 3)),
        ("stable", "blue", false, (3, 0)),
    ] {
        stage.phase(phase).apply().await;
        stage.shows(public, canary, tasks);
        assert_eq!(stage.release.state().await["phase"], phase);
    }
    // Moves name no task definition (that needs iam:PassRole), and change the one production rule in place.
    for update in stage.sent("UpdateService") {
        assert!(!update.contains("taskDefinition"), "{update}");
    }
    assert_eq!(stage.sent("SetRulePriorities"), [] as [&str; 0]);
    let deleted: Vec<_> = stage.sent("DeleteRule");
    let production = stage.look()["rules"]["production"][0]["arn"].as_str().unwrap().to_owned();
    let encoded: String = form_urlencoded::byte_serialize(production.as_bytes()).collect();
    assert!(deleted.iter().all(|request| !request.contains(&encoded)), "{deleted:?}");
    assert_eq!(stage.sent("ModifyRule").iter().filter(|request| !request.contains(&encoded)).count(), 0);

    let ran = stage.release.project.destroy().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let left = stage.look();
    assert_eq!(left["rules"], json!({ "production": [], "test": [] }));
    assert_eq!((&left["groups"], &left["services"]), (&json!({}), &json!({})));
    stage.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_priorities_tags_and_settings_change_in_place_and_an_import_plans_clean() {
    let mut stage = Stage::new();
    stage.phase("canary").apply().await;
    let production = |seen: &Value| seen["rules"]["production"].as_array().unwrap().clone();
    let before = production(&stage.look());

    // More addresses, in the same rule and then in further ones.
    stage.set(json!({ "canary_source_ips": [OFFICE, "203.0.113.9/32"] })).apply().await;
    stage.shows("blue", true, (3, 1));
    let blocks: Vec<String> = (0..6).map(|i| format!("10.{}.0.0/16", 2 * i)).collect();
    stage.set(json!({ "canary_source_ips": blocks })).apply().await;
    let rules = production(&stage.look());
    let priorities: Vec<_> = rules.iter().map(|rule| rule["priority"].as_u64().unwrap()).collect();
    assert_eq!(priorities, [98, 99, 100]);
    stage.set(json!({ "canary_source_ips": [OFFICE] })).apply().await;
    stage.shows("blue", true, (3, 1));

    stage.set(json!({ "production_priority": 50, "canary_priority": 40 })).apply().await;
    let after = production(&stage.look());
    assert_eq!((&after[0]["priority"], &after[1]["priority"]), (&json!(40), &json!(50)));
    assert_eq!(after[1]["arn"], before[1]["arn"], "the production rule was made anew");

    // The canary takes the place the production rule had: one SetRulePriorities moves both.
    stage.set(json!({ "production_priority": 60, "canary_priority": 50 })).apply().await;
    let after = production(&stage.look());
    assert_eq!((&after[0]["priority"], &after[1]["priority"]), (&json!(50), &json!(60)));

    stage.set(json!({ "tags": { "team": "web" } })).apply().await;
    let seen = stage.look();
    for ours in production(&seen)
        .iter()
        .chain(seen["services"].as_object().unwrap().values())
        .chain(seen["groups"].as_object().unwrap().values())
    {
        assert_eq!(ours["tags"]["team"], "web", "{seen:#}");
    }
    stage.set(json!({
        "tags": null,
        "health_check": { "path": "/up", "interval": 6, "timeout": 3 },
        "target_group": { "deregistration_delay": 30 },
        "health_check_grace_period_seconds": 20,
        "enable_execute_command": true,
        "host_headers": [HOST, "www.example.com"],
        "path_patterns": ["/shop/*"],
        "test_listener": { "arn": stage.moto.ready["listeners"]["test"], "priority": 5 },
        "blue": { "task_definition": "nginx:3" },
        "green": { "task_definition": "nginx:4" },
        "desired_count": 2,
    }));
    stage.apply().await;
    let seen = stage.look();
    assert_eq!(seen["groups"]["nginx-blue"]["path"], "/up", "{seen:#}");
    assert_eq!(seen["groups"]["nginx-green"]["interval"], 6, "{seen:#}");
    assert_eq!(seen["groups"]["nginx-green"]["tags"]["team"], Value::Null, "{seen:#}");
    assert_eq!(seen["services"]["nginx-blue"]["task_definition"], "nginx:3", "{seen:#}");
    assert_eq!(seen["services"]["nginx-green"]["task_definition"], "nginx:4", "{seen:#}");
    assert_eq!(seen["services"]["nginx-blue"]["running"], 2, "{seen:#}");
    assert_eq!(seen["rules"]["test"][0]["weights"], json!({ "nginx-green": 1 }), "{seen:#}");
    assert_eq!(production(&seen)[1]["conditions"]["path-pattern"], json!(["/shop/*"]));

    // Forgotten and imported, it plans clean; and so does the configuration Terraform writes itself.
    for by_hand in [true, false] {
        let ran = stage.release.project.run(&["state", "rm", "bluegreen_service.nginx"]).await.unwrap();
        assert!(ran.ok, "{}", ran.said());
        if by_hand {
            let ran =
                stage.release.project.run(&["import", "-no-color", "bluegreen_service.nginx", "shop/nginx"]);
            let ran = ran.await.unwrap();
            assert!(ran.ok, "{}", ran.said());
            stage.apply().await;
            continue;
        }
        let mut config = stage.release.config();
        config.as_object_mut().unwrap().remove("resource");
        config["import"] = json!([{ "to": "bluegreen_service.nginx", "id": "shop/nginx" }]);
        stage.release.project.write("main.tf.json", &config.to_string()).unwrap();
        let ran =
            stage.release.project.run(&["plan", "-no-color", "-generate-config-out=made.tf"]).await.unwrap();
        let clean = "1 to import, 0 to add, 0 to change, 0 to destroy";
        assert!(ran.ok && ran.stdout.contains(clean), "{}", ran.said());
    }
    let ran = stage.release.project.apply().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let ran = stage.release.project.destroy().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    assert_eq!(stage.look()["services"], json!({}));
    stage.end();
}
