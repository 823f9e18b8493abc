//! How services, deployments and tasks behave over time (facts/aws.md 1.2–1.6, 1.9).

use aws_sandbox::seam::Order;
use serde_json::json;

use crate::bench::{Bench, settings};

/// A bench with a target group on a rule, and revisions 1 to 3 of `web`.
fn bench() -> (Bench, String) {
    let mut bench = Bench::new(7);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    for _ in 0..3 {
        bench.task_definition("web", json!([]));
    }
    (bench, group)
}

const BREAKER: &str =
    r#"{"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}}"#;

fn breaker(rollback: bool) -> serde_json::Value {
    let mut more: serde_json::Value = serde_json::from_str(BREAKER).unwrap();
    more["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"] = json!(rollback);
    more
}

#[test]
fn a_task_starts_in_about_forty_seconds_and_is_healthy_soon_after_it_is_registered() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({}));
    assert_eq!(bench.described("web")["deployments"][0]["rolloutState"], "IN_PROGRESS");
    bench.pass(20.0);
    assert_eq!(bench.described("web")["pendingCount"], 2);
    assert!(bench.states(&group).is_empty());
    let took = bench.until(60.0, |bench| bench.described("web")["runningCount"] == 2);
    assert!((8.0..35.0).contains(&took), "{took}");
    bench.until(10.0, |bench| bench.steady("web"));
    assert_eq!(bench.states(&group), ["healthy", "healthy"]);
    let events = bench.events("web");
    assert_eq!(events[0], "(service web) has reached a steady state.");
    assert!(events[1].ends_with("deployment completed."), "{events:?}");
    assert!(events.last().unwrap().starts_with("(service web) has started 2 tasks: (task "), "{events:?}");
    assert!(events.contains(&format!("(service web) registered 1 targets in (target-group {group})")));
}

#[test]
fn a_rolling_update_never_has_fewer_healthy_targets_than_wanted() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 3, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    bench.update("web", json!({"taskDefinition": "web:2"})).unwrap();
    let it = bench.described("web");
    assert_eq!(it["deployments"][0]["status"], "PRIMARY");
    assert_eq!(it["deployments"][1]["status"], "ACTIVE");
    let least = std::cell::Cell::new(9);
    bench.until(300.0, |bench| {
        let healthy = bench.states(&group).iter().filter(|state| *state == "healthy").count();
        least.set(least.get().min(healthy));
        bench.steady("web")
    });
    assert!(least.get() >= 3, "{least:?}");
    let it = bench.described("web");
    assert!(it["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!(bench.terminations().len(), 3);
}

#[test]
fn scaling_is_no_deployment_and_drains_before_sigterm() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let before = bench.described("web")["deployments"][0]["id"].clone();
    let lowered = bench.now.as_secs_f64();
    bench.update("web", json!({"desiredCount": 1})).unwrap();
    let it = bench.described("web");
    assert_eq!((&it["deployments"][0]["id"], it["deployments"].as_array().unwrap().len()), (&before, 1));
    bench.until(20.0, |bench| bench.states(&group).contains(&"draining".to_owned()));
    let drained = bench.now.as_secs_f64();
    assert!((7.0..14.0).contains(&(drained - lowered)), "deregistered after {}", drained - lowered);
    assert!(bench.events("web").iter().any(|it| it.ends_with("has begun draining connections on 1 tasks.")));
    bench.until(20.0, |bench| {
        bench.events("web")[0].ends_with("has reached a steady state.")
            || bench.described("web")["runningCount"] == 1
    });
    bench.until(60.0, |bench| !bench.terminations().is_empty());
    let sigterm = bench.terminations()[0];
    assert!(
        (30.0..42.0).contains(&(sigterm - drained)),
        "SIGTERM {} s after deregistration",
        sigterm - drained
    );
    assert_eq!(bench.states(&group), ["healthy"], "the target goes when its delay is over");
    bench.pass(30.0);
    let stopped = json!({"cluster": "shop", "desiredStatus": "STOPPED"});
    let arns = bench.ecs("ListTasks", stopped).unwrap()["taskArns"].clone();
    let task =
        bench.ecs("DescribeTasks", json!({"cluster": "shop", "tasks": arns})).unwrap()["tasks"][0].clone();
    assert_eq!(task["stopCode"], "ServiceSchedulerInitiated");
    let reason = task["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("Scaling activity initiated by (deployment ecs-svc/"), "{reason}");
    assert_eq!(task["lastStatus"], "STOPPED");
}

#[test]
fn stop_task_sends_sigterm_at_once_and_deregisters_later() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let arns = bench.ecs("ListTasks", json!({"cluster": "shop"})).unwrap()["taskArns"].clone();
    bench.ecs("StopTask", json!({"cluster": "shop", "task": arns[0]})).unwrap();
    assert_eq!(bench.terminations().len(), 1);
    assert_eq!(bench.states(&group), ["healthy"], "still registered");
    bench.until(31.0, |bench| bench.states(&group).contains(&"draining".to_owned()));
    bench.until(90.0, |bench| bench.steady("web") && bench.states(&group).contains(&"healthy".to_owned()));
}

#[test]
fn the_circuit_breaker_rolls_back_to_the_last_completed_deployment() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, breaker(true));
    bench.until(90.0, |bench| bench.steady("web"));
    bench.task_definition("crashing", json!([{"name": "EXIT_ON_START", "value": "1"}]));
    bench.update("web", json!({"taskDefinition": "crashing:1"})).unwrap();
    bench.until(200.0, |bench| {
        bench.described("web")["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["rolloutState"] == "FAILED")
    });
    let it = bench.described("web");
    let failed =
        it["deployments"].as_array().unwrap().iter().find(|it| it["rolloutState"] == "FAILED").unwrap();
    assert_eq!(failed["rolloutStateReason"], "ECS deployment circuit breaker: tasks failed to start.");
    assert!(failed["failedTasks"].as_u64().unwrap() >= 3);
    let reason = it["deployments"][0]["rolloutStateReason"].as_str().unwrap();
    assert!(
        reason.starts_with("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/"),
        "{reason}"
    );
    bench.until(100.0, |bench| bench.steady("web"));
    assert!(bench.described("web")["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(bench.states(&group), ["healthy", "healthy"]);
}

#[test]
fn without_a_completed_deployment_a_failed_one_just_stalls() {
    let (mut bench, group) = bench();
    bench.task_definition("broken", json!([{"name": "UNHEALTHY", "value": "1"}]));
    bench.service("web", "broken:1", 2, &group, breaker(true));
    bench.until(400.0, |bench| bench.described("web")["deployments"][0]["rolloutState"] == "FAILED");
    assert!(bench.events("web").iter().any(|it| it.contains("No rollback candidate was found")));
    let sick = bench.events("web").iter().any(|it| {
        it.contains("is unhealthy in (target-group")
            && it.contains("(reason Health checks failed with these codes: [503])")
    });
    assert!(sick, "{:?}", bench.events("web"));
    bench.pass(200.0);
    let started = bench.orders.iter().filter(|(_, order)| matches!(order, Order::Start(_))).count();
    bench.pass(400.0);
    let later = bench.orders.iter().filter(|(_, order)| matches!(order, Order::Start(_))).count();
    assert_eq!(started, later, "a FAILED deployment launches no new tasks");
}

#[test]
fn raising_from_zero_without_a_deployment_has_no_circuit_breaker() {
    let (mut bench, group) = bench();
    bench.task_definition("crashing", json!([{"name": "EXIT_ON_START", "value": "1"}]));
    bench.service("web", "crashing:1", 0, &group, breaker(false));
    bench.until(10.0, |bench| bench.steady("web"));
    bench.update("web", json!({"desiredCount": 2})).unwrap();
    bench.pass(400.0);
    assert_eq!(bench.described("web")["deployments"][0]["rolloutState"], "COMPLETED");
    bench.update("web", json!({"forceNewDeployment": true})).unwrap();
    bench.until(400.0, |bench| bench.described("web")["deployments"][0]["rolloutState"] == "FAILED");
}

#[test]
fn an_unhealthy_task_is_replaced_before_it_is_stopped() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let victim = bench.running.values().next().unwrap().clone();
    bench.sick.insert(victim.ip);
    bench.until(40.0, |bench| bench.running.len() + 1 > 2 && bench.described("web")["pendingCount"] == 1);
    assert!(bench.terminations().is_empty());
    bench.until(120.0, |bench| !bench.running.contains_key(&victim.id));
    let stopped = json!({"cluster": "shop", "tasks": [victim.id]});
    let task = bench.ecs("DescribeTasks", stopped).unwrap()["tasks"][0].clone();
    assert_eq!(task["stoppedReason"], format!("Task failed ELB health checks in (target-group {group})"));
    bench.until(60.0, |bench| bench.steady("web") && bench.states(&group) == ["healthy", "healthy"]);
}

#[test]
fn grace_keeps_an_unhealthy_task_alive() {
    let (mut bench, group) = bench();
    bench.task_definition("broken", json!([{"name": "UNHEALTHY", "value": "1"}]));
    bench.service("web", "broken:1", 1, &group, json!({"healthCheckGracePeriodSeconds": 300}));
    bench.pass(250.0);
    assert_eq!(bench.states(&group), ["unhealthy"]);
    assert!(bench.terminations().is_empty());
    bench.until(250.0, |bench| !bench.terminations().is_empty());
}

#[test]
fn a_crashed_task_stays_registered_for_a_while_and_is_replaced() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let fault = serde_json::from_value(json!({"kind": "crash", "service": "web"})).unwrap();
    bench.world.fault(bench.now, fault).unwrap();
    bench.pass(2.0);
    assert_eq!(bench.described("web")["runningCount"], 0);
    assert_eq!(bench.states(&group).len(), 1);
    let took = bench.until(40.0, |bench| bench.described("web")["pendingCount"] == 1);
    assert!(took > 8.0, "{took}");
    bench.until(90.0, |bench| bench.steady("web"));
}

/// Found by random schedules: the scheduler stopped such a task again and again, and time stood still.
#[test]
fn a_service_is_scaled_in_while_a_crashed_task_is_still_registered() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let fault = serde_json::from_value(json!({"kind": "crash", "service": "web", "count": 1})).unwrap();
    bench.world.fault(bench.now, fault).unwrap();
    bench.update("web", json!({"desiredCount": 0})).unwrap();
    bench.until(90.0, |bench| bench.states(&group).is_empty());
    bench.until(90.0, |bench| bench.steady("web"));
    assert_eq!(bench.described("web")["pendingCount"], 0);
}

#[test]
fn deleting_goes_through_draining_and_frees_the_name_when_inactive() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    let delete = json!({"cluster": "shop", "service": "web"});
    let error = bench.ecs_error("DeleteService", delete.clone());
    assert_eq!(error.message, "The service cannot be stopped while it is scaled above 0.");
    bench.ecs("DeleteService", json!({"cluster": "shop", "service": "web", "force": true})).unwrap();
    assert_eq!(bench.described("web")["status"], "DRAINING");
    assert_eq!(bench.ecs("ListServices", json!({"cluster": "shop"})).unwrap()["serviceArns"], json!([]));
    assert_eq!(
        bench.update("web", json!({"desiredCount": 1})).unwrap_err().code,
        "ServiceNotActiveException"
    );
    let again = json!({"cluster": "shop", "serviceName": "web", "taskDefinition": "web:1", "desiredCount": 0, "launchType": "FARGATE"});
    let error = bench.ecs_error("CreateService", again.clone());
    assert_eq!(error.message, "Unable to Start a service that is still Draining.");
    bench.until(60.0, |bench| bench.described("web")["status"] == "INACTIVE");
    assert_eq!(bench.ecs_error("DeleteService", delete).code, "ServiceNotFoundException");
    bench.service("web", "web:1", 0, &group, json!({}));
    assert_eq!(bench.described("web")["status"], "ACTIVE");
}

#[test]
fn a_second_deployment_supersedes_the_first() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    bench.update("web", json!({"taskDefinition": "web:2"})).unwrap();
    bench.pass(20.0);
    bench.update("web", json!({"taskDefinition": "web:3"})).unwrap();
    assert_eq!(bench.described("web")["deployments"].as_array().unwrap().len(), 3);
    bench.until(400.0, |bench| bench.steady("web"));
    assert!(bench.running.values().all(|spec| spec.revision == 3), "{:?}", bench.running);
    assert_eq!(bench.running.len(), 2);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let story = || {
        let (mut bench, group) = bench();
        bench.service("web", "web:1", 3, &group, json!({}));
        bench.pass(77.0);
        bench.update("web", json!({"taskDefinition": "web:2"})).unwrap();
        bench.pass(200.0);
        aws_sandbox::state_json(&bench.world, bench.now, 1.0)
    };
    assert_eq!(story(), story());
}

#[test]
fn a_task_start_of_zero_makes_ecs_instant() {
    let mut settings = settings(1);
    settings.task_start = std::time::Duration::ZERO;
    let mut bench = Bench::with(settings);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    bench.task_definition("web", json!([]));
    bench.service("web", "web:1", 3, &group, json!({}));
    assert_eq!(bench.described("web")["runningCount"], 3);
}

#[test]
fn five_hundred_services_are_no_burden() {
    let mut settings = settings(1);
    (settings.rules_per_load_balancer, settings.groups_per_load_balancer) = (1000, 1000);
    let mut bench = Bench::with(settings);
    bench.task_definition("web", json!([]));
    let start = std::time::Instant::now();
    for index in 0..500 {
        let group = bench.target_group(&format!("g{index}"));
        bench.rule(index + 1, &format!("h{index}"), &[(&group, 1)]);
        bench.service(&format!("s{index}"), "web:1", 1, &group, json!({}));
    }
    let made = start.elapsed();
    bench.pass(60.0);
    let mut steady = 0;
    for index in 0..500 {
        steady += u32::from(bench.steady(&format!("s{index}")));
    }
    println!("made in {made:?}, all steady after {:?}", start.elapsed());
    assert_eq!(steady, 500);
}
