//! Rules, targets and what each node knows of them (facts/aws.md 2.3, 2.5, 2.6).

use std::time::Duration;

use aws_sandbox::seam::{Action, NodeHealth, Report};
use aws_sandbox::witness::Scene as _;
use serde_json::{Value, json};

use crate::bench::{Bench, forward, settings};

fn weights(bench: &Bench, node: usize, rule: &str) -> Option<Vec<(String, u32)>> {
    let table = bench.world.view(node);
    let view = table.listeners.iter().flat_map(|it| &it.rules).find(|it| it.arn == rule)?;
    match &view.action {
        Action::Forward { groups, .. } => Some(groups.clone()),
        _ => None,
    }
}

#[test]
fn a_rule_change_is_read_back_at_once_but_reaches_each_node_in_its_own_time() {
    let mut bench = Bench::new(3);
    let (blue, green) = (bench.target_group("blue"), bench.target_group("green"));
    let rule = bench.rule(100, "web", &[(&blue, 100), (&green, 0)]);
    bench.pass(6.0);
    let old = weights(&bench, 0, &rule).unwrap();
    assert_eq!(weights(&bench, 1, &rule).unwrap(), old);
    let actions = forward(&[(&blue, 0), (&green, 100)]);
    bench.elb("ModifyRule", json!({"RuleArn": rule, "Actions": actions})).unwrap();
    let read = bench.elb("DescribeRules", json!({"RuleArns": [rule]})).unwrap();
    assert_eq!(read["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"][1]["Weight"], 100);
    assert_eq!(weights(&bench, 0, &rule).unwrap(), old, "node 0 does not know yet");
    let mut arrivals = [None; 2];
    while arrivals.contains(&None) {
        bench.pass(0.05);
        for (node, arrival) in arrivals.iter_mut().enumerate() {
            if arrival.is_none() && weights(&bench, node, &rule).unwrap() != old {
                *arrival = Some(bench.now);
            }
        }
    }
    assert_ne!(arrivals[0], arrivals[1]);
    assert!(bench.world.behind(bench.now, 0).is_zero() && bench.world.behind(bench.now, 1).is_zero());
}

#[test]
fn set_rule_priorities_swaps_in_one_call_and_is_all_or_nothing() {
    let mut bench = Bench::new(3);
    let group = bench.target_group("web");
    let (a, b) = (bench.rule(1, "a", &[(&group, 1)]), bench.rule(2, "b", &[(&group, 1)]));
    bench.rule(3, "c", &[(&group, 1)]);
    let set = |pairs: &[(&str, u32)]| {
        let pairs: Vec<Value> =
            pairs.iter().map(|(arn, priority)| json!({"RuleArn": arn, "Priority": priority})).collect();
        json!({"RulePriorities": pairs})
    };
    let priority = |bench: &mut Bench, arn: &str| {
        bench.elb("DescribeRules", json!({"RuleArns": [arn]})).unwrap()["Rules"][0]["Priority"].clone()
    };
    let error = bench.elb("SetRulePriorities", set(&[(&a, 9), (&b, 3)])).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("PriorityInUse", "Priority '3' is currently in use")
    );
    assert_eq!(priority(&mut bench, &a), "1");
    bench.elb("SetRulePriorities", set(&[(&a, 2), (&b, 1)])).unwrap();
    assert_eq!((priority(&mut bench, &a), priority(&mut bench, &b)), (json!("2"), json!("1")));
}

#[test]
fn targets_are_unused_until_a_rule_names_their_group_and_weight_zero_is_enough() {
    let mut bench = Bench::new(3);
    let (blue, green) = (bench.target_group("blue"), bench.target_group("green"));
    let register = json!({"TargetGroupArn": green, "Targets": [{"Id": "127.77.0.9"}]});
    bench.elb("RegisterTargets", register).unwrap();
    let health = |bench: &mut Bench| {
        bench.elb("DescribeTargetHealth", json!({"TargetGroupArn": green})).unwrap()["TargetHealthDescriptions"][0]["TargetHealth"].clone()
    };
    assert_eq!(health(&mut bench)["Reason"], "Target.NotInUse");
    let before = bench.elb("DescribeTargetGroups", json!({"TargetGroupArns": [green]})).unwrap();
    assert_eq!(before["TargetGroups"][0]["LoadBalancerArns"], json!([]));
    bench.rule(100, "web", &[(&blue, 1), (&green, 0)]);
    assert_eq!(health(&mut bench)["Reason"], "Elb.RegistrationInProgress");
    bench.pass(11.0);
    assert_eq!(health(&mut bench)["Reason"], "Target.FailedHealthChecks");
    let after = bench.elb("DescribeTargetGroups", json!({"TargetGroupArns": [green]})).unwrap();
    assert_eq!(after["TargetGroups"][0]["LoadBalancerArns"].as_array().unwrap().len(), 1);
    let error = bench.elb("DeleteTargetGroup", json!({"TargetGroupArn": green})).unwrap_err();
    assert_eq!(error.message, format!("Target group '{green}' is currently in use by a listener or a rule"));
}

#[test]
fn a_target_is_healthy_only_when_every_node_says_so() {
    use aws_sandbox::seam::CheckOutcome::{Mismatch, Passed};
    let mut bench = Bench::new(3);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    let ip = "127.77.9.9".parse().unwrap();
    bench
        .elb("RegisterTargets", json!({"TargetGroupArn": group, "Targets": [{"Id": "127.77.9.9"}]}))
        .unwrap();
    let mut report = |node, outcome| {
        let report = Report::Checked { node, group: group.clone(), ip, port: 80, outcome };
        bench.world.report(Duration::ZERO, report);
        bench.world.targets(&group)[0].2
    };
    assert_eq!(report(0, Passed), "initial");
    assert_eq!(report(1, Passed), "healthy", "the first success is enough");
    assert_eq!(report(1, Mismatch(500)), "healthy");
    assert_eq!(report(1, Mismatch(500)), "unhealthy", "two failures on one node are enough");
    for _ in 0..4 {
        assert_eq!(report(1, Passed), "unhealthy");
    }
    assert_eq!(report(1, Passed), "healthy", "then HealthyThresholdCount applies");
    let view = bench.world.view(0).groups[&group].targets[0].health;
    assert_eq!(view, NodeHealth::Healthy);
}

#[test]
fn draining_lasts_for_the_whole_delay_and_the_address_cannot_come_back_meanwhile() {
    let mut bench = Bench::new(3);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    let target = json!({"TargetGroupArn": group, "Targets": [{"Id": "127.77.9.9", "Port": 81}]});
    bench.elb("RegisterTargets", target.clone()).unwrap();
    bench.elb("DeregisterTargets", target.clone()).unwrap();
    bench.elb("DeregisterTargets", target.clone()).unwrap();
    bench.pass(29.0);
    assert_eq!(bench.states(&group), ["draining"]);
    assert_eq!(bench.elb("RegisterTargets", target.clone()).unwrap_err().code, "InvalidTarget");
    bench.pass(1.1);
    assert!(bench.states(&group).is_empty());
    let asked = bench.elb("DescribeTargetHealth", target).unwrap();
    assert_eq!(asked["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"], "Target.NotRegistered");
}

#[test]
fn violations_tell_of_sick_receivers_and_of_sides_stopped_under_traffic() {
    let mut bench = Bench::new(3);
    let (blue, green) = (bench.target_group("blue"), bench.target_group("green"));
    let parked = json!({
        "ListenerArn": bench.listener, "Priority": 5, "Actions": forward(&[(&blue, 1), (&green, 0)]),
        "Conditions": [{"Field": "host-header", "Values": ["web.invalid"]}],
    });
    let made = bench.elb("CreateRule", parked).unwrap();
    let rule = made["Rules"][0]["RuleArn"].clone();
    bench.task_definition("web", json!([]));
    bench.service("blue", "web:1", 1, &blue, json!({}));
    bench.service("green", "web:1", 0, &green, json!({}));
    bench.until(90.0, |bench| bench.steady("blue"));
    let hosts = json!([{"Field": "host-header", "Values": ["web.example.com"]}]);
    bench.elb("ModifyRule", json!({"RuleArn": rule, "Conditions": hosts})).unwrap();
    bench.pass(6.0);
    let invariants = |bench: &Bench| -> Vec<String> {
        let all = bench.world.violations_json()["violations"].as_array().unwrap().clone();
        all.iter().map(|it| it["invariant"].as_str().unwrap().to_owned()).collect()
    };
    assert!(invariants(&bench).is_empty(), "a parked rule and a proved receiver are no violations");
    bench
        .elb("ModifyRule", json!({"RuleArn": rule, "Actions": forward(&[(&blue, 0), (&green, 1)])}))
        .unwrap();
    assert_eq!(invariants(&bench), ["I1"]);
    bench.update("blue", json!({"desiredCount": 0})).unwrap();
    assert_eq!(invariants(&bench)[1..], ["I3", "I3"], "both nodes still send to blue");
    bench.pass(6.0);
    bench.world.forget_violations();
    bench.ecs("DeleteService", json!({"cluster": "shop", "service": "green", "force": true})).unwrap();
    assert_eq!(invariants(&bench), ["I2"]);
}

#[test]
fn an_owner_touching_what_is_not_its_own_is_seen() {
    let mut bench = Bench::new(3);
    let foreign = bench.target_group("foreign");
    let mine = json!({
        "Name": "mine", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip",
        "Tags": [{"Key": "bluegreen:resource", "Value": "shop/web"}],
    });
    bench.elb("CreateTargetGroup", mine).unwrap();
    assert_eq!(bench.world.violations_json()["violations"], json!([]));
    bench.elb("DeleteTargetGroup", json!({"TargetGroupArn": foreign})).unwrap();
    assert_eq!(bench.world.violations_json()["violations"][0]["invariant"], "I5");
}

#[test]
fn quotas_hold() {
    let mut settings = settings(1);
    settings.rules_per_load_balancer = 2;
    settings.groups_per_load_balancer = 2;
    let mut bench = Bench::with(settings);
    let groups: Vec<String> = (0..3).map(|index| bench.target_group(&format!("g{index}"))).collect();
    bench.rule(1, "a", &[(&groups[0], 1)]);
    let rule = bench.rule(2, "b", &[(&groups[1], 1)]);
    let third = json!({
        "ListenerArn": bench.listener, "Priority": 3, "Actions": forward(&[(&groups[0], 1)]),
        "Conditions": [{"Field": "path-pattern", "Values": ["/x"]}],
    });
    assert_eq!(bench.elb("CreateRule", third).unwrap_err().code, "TooManyRules");
    let change = json!({"RuleArn": rule, "Actions": forward(&[(&groups[0], 1), (&groups[2], 1)])});
    let error = bench.elb("ModifyRule", change).unwrap_err();
    assert_eq!(error.code, "TooManyUniqueTargetGroupsPerLoadBalancer");
}
