//! From one listener to another of the same load balancer, and back.

use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_plugin::Value;

use crate::stage::{Stage, apply, arn, story};
use crate::terraform::{Applied, Project};
use crate::wish::{PHASES, Phase};

fn listener_of(rule: &Json) -> String {
    let (listener, _) = rule["arn"].as_str().unwrap().rsplit_once('/').unwrap();
    listener.replacen(":listener-rule/", ":listener/", 1)
}

/// All rules are on that listener, and there are so many.
fn only_on(stage: &Stage, listener: &str, count: usize) {
    let rules = stage.all("rules");
    assert!(rules.iter().all(|rule| listener_of(rule) == listener), "{rules:#?}");
    assert_eq!(rules.len(), count, "{rules:#?}");
    for group in stage.all("target_groups") {
        let said = &group["tags"]["bluegreen:listeners"];
        assert!(said.is_null() || listener.ends_with(said.as_str().unwrap()), "{group}");
    }
}

fn rules_in(phase: Phase) -> usize {
    if phase == Phase::Canary { 2 } else { 1 }
}

fn by(project: &mut Project, listener: &str) {
    project.config.set("listener_arn", listener);
}

/// With `create_before_destroy`, the destroy of the old object deleted the services the new listener uses.
#[test]
fn another_listener_of_the_same_load_balancer_is_a_change_in_place() {
    story(async |stage| {
        let mut project = stage.standing().await;
        stage.either_listener();
        let made = arn(&project.state, "blue_service_arn");
        let (http, https) = (stage.place.listener.clone(), stage.place.test_listener.clone());
        for (number, (from, to)) in
            PHASES.into_iter().flat_map(|from| PHASES.map(|to| (from, to))).enumerate()
        {
            let listener = if number % 2 == 0 { &https } else { &http };
            let before = arn(&project.state, "listener_arn");
            stage.wish(&mut project, from);
            by(&mut project, &before);
            apply(&mut project).await.unwrap();
            stage.pass(10).await;
            stage.sides("office");
            stage.wish(&mut project, to);
            by(&mut project, listener);
            assert_eq!(apply(&mut project).await, Ok(Applied::Done), "{from:?} -> {to:?}");
            only_on(stage, listener, rules_in(to));
            assert_eq!(arn(&project.state, "listener_arn"), *listener);
            assert_eq!(project.has_changes().await, Ok(false));
            stage.served();
            let kept = from == to || (from, to) == (Phase::Stable, Phase::Staged);
            assert!(!kept || stage.sides("office").len() == 1, "{from:?} -> {to:?}");
        }
        assert_eq!(arn(&project.state, "blue_service_arn"), made);
        stage.end_of_service();
        project.destroy().await.unwrap();
        assert_eq!(stage.counts(), (0, 0, 0));
    });
}

/// How long after its beginning a move there makes its writes; and back again.
async fn times_of_writes(stage: &Stage, project: &mut Project, there: [&str; 2]) -> Vec<Duration> {
    let (since, began) = (stage.now(), stage.time());
    by(project, there[0]);
    apply(project).await.unwrap();
    let times = stage.times_of_writes(since).into_iter().map(|at| at.saturating_sub(began)).collect();
    by(project, there[1]);
    apply(project).await.unwrap();
    times
}

/// Whatever the state knows by then, the next apply finds the rules of both listeners.
#[test]
fn a_move_that_is_killed_at_any_moment_is_finished_or_taken_back() {
    for (phase, back) in [(Phase::Stable, true), (Phase::Canary, true), (Phase::Canary, false)] {
        story(async |stage| {
            let mut project = stage.standing().await;
            stage.wish(&mut project, phase);
            apply(&mut project).await.unwrap();
            stage.pass(30).await;
            stage.either_listener();
            let (http, https) = (stage.place.listener.clone(), stage.place.test_listener.clone());
            let writes = times_of_writes(stage, &mut project, [&https, &http]).await;
            assert!(writes.len() > 3, "{writes:?}");
            for (write, millis) in writes.iter().flat_map(|write| [20, 90, 400].map(|millis| (write, millis)))
            {
                by(&mut project, &https);
                let killed_at = *write + Duration::from_millis(millis);
                let _ = tokio::time::timeout(killed_at, apply(&mut project)).await;
                let at = format!("{killed_at:?}");
                let listener = if back { &http } else { &https };
                by(&mut project, listener);
                apply(&mut project).await.unwrap_or_else(|said| panic!("{at}: {said}"));
                only_on(stage, listener, rules_in(phase));
                assert_eq!(project.has_changes().await, Ok(false), "{at}");
                assert_eq!(arn(&project.state, "listener_arn"), *listener);
                stage.served();
                // Where it began.
                by(&mut project, &http);
                apply(&mut project).await.unwrap();
            }
        });
    }
}

#[test]
fn another_load_balancer_is_refused_in_the_plan_and_an_unknown_listener_replaces_nothing() {
    story(async |stage| {
        let mut project = stage.standing().await;
        let since = stage.now();
        let other = stage.place.listener.replacen("/app/", "/app/other-", 1);
        for (path, value) in [
            ("listener_arn", Value::from(other.as_str())),
            ("test_listener", Value::object([("arn", other.as_str().into()), ("priority", 1.into())])),
        ] {
            stage.wish(&mut project, Phase::Stable);
            project.config.set(path, value);
            let said = apply(&mut project).await.unwrap_err();
            assert!(said.contains("load balancer") && said.contains(path), "{said}");
        }
        assert_eq!(stage.writes("ours", since), [""; 0]);
        stage.wish(&mut project, Phase::Stable);
        project.config.set("listener_arn", Value::Unknown);
        let planned = project.propose(&project.config);
        assert!(planned.requires_replace.is_empty() && !planned.diagnostics.has_errors());
        for unknown in ["rollout_steps", "production_rule_arn", "canary_rule_arns"] {
            assert!(planned.planned.get(unknown).is_unknown(), "{unknown}");
        }
        assert_eq!(planned.planned.get("blue_service_arn"), project.state.get("blue_service_arn"));
    });
}

#[test]
fn what_stands_on_the_new_listener_is_looked_at_before_the_first_write() {
    story(async |stage| {
        let mut project = stage.standing().await;
        stage.either_listener();
        let https = stage.place.test_listener.clone();
        let fixed = json!([{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "200" } }]);
        for (priority, host, said) in [
            (100, "other.example.com", "Priority 100 is taken"),
            (7, "*.example.com", "Another rule takes all"),
        ] {
            let host = json!([{ "Field": "host-header", "HostHeaderConfig": { "Values": [host] } }]);
            let rule = json!({ "ListenerArn": https, "Priority": priority.to_string(), "Conditions": host, "Actions": fixed });
            // Nobody comes by it yet.
            let made = stage.by_hand("CreateRule", rule);
            let since = stage.now();
            by(&mut project, &https);
            let refused = apply(&mut project).await.unwrap_err();
            assert!(refused.contains(said), "{refused}");
            assert_eq!(stage.writes("ours", since), [""; 0]);
            let made = made.to_string();
            let at = made.find("arn:").unwrap();
            let made = made[at..].split('"').next().unwrap().to_owned();
            stage.by_hand("DeleteRule", json!({ "RuleArn": made }));
        }
        apply(&mut project).await.unwrap();
        only_on(stage, &https, 1);
    });
}

/// Its rules go with it, so nobody is served until they are made anew; the services stand.
#[test]
fn after_the_old_listener_is_deleted_first_the_rules_are_made_on_the_new_one() {
    story(async |stage| {
        let mut project = stage.standing().await;
        stage.end_of_service();
        let (http, https) = (stage.place.listener.clone(), stage.place.test_listener.clone());
        stage.by_hand("DeleteListener", json!({ "ListenerArn": http }));
        by(&mut project, &https);
        apply(&mut project).await.unwrap();
        only_on(stage, &https, 1);
        assert_eq!(stage.service("nginx-blue")["runningCount"], 2);
        assert_eq!(project.has_changes().await, Ok(false));
    });
}

/// Who reaches the candidate is told by the test listener's rule, so home is the other side.
#[test]
fn an_import_of_a_promoted_pair_with_a_test_listener_plans_clean() {
    story(async |stage| {
        let mut project = stage.standing().await;
        let test = [("arn", stage.place.test_listener.as_str().into()), ("priority", Value::from(5))];
        stage.wish(&mut project, Phase::Promoted);
        project.config.set("test_listener", Value::object(test));
        apply(&mut project).await.unwrap();
        let rule = arn(&project.state, "test_rule_arn");
        project.forget();
        project.import("shop/nginx").await.unwrap();
        assert_eq!(project.state.get("primary").as_str(), Some("blue"));
        assert_eq!(project.state.get("phase").as_str(), Some("promoted"));
        // As Terraform writes a configuration: everything that the state says.
        for name in ["primary", "enable_canary", "activate_canary", "promote_to_all", "standby_count"] {
            project.config.set(name, project.state.get(name).clone());
        }
        let steps = project.propose(&project.config).planned.get("rollout_steps").clone();
        assert_eq!(steps, Value::list::<Value>([]));
        apply(&mut project).await.unwrap();
        assert_eq!(arn(&project.state, "test_rule_arn"), rule);
    });
}
