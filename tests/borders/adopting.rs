//! What others have made, and callers use, taken over without a failed request: one service, or a pair of any names.

use serde_json::{Value as Json, json};
use terraform_plugin::Value;

use crate::callers::HOST;
use crate::stage::{Stage, apply, arn, story, text, wish};
use crate::terraform::{Applied, Project};
use crate::wish::Phase;

/// As the configurations here have it.
fn group(stage: &Stage, name: &str) -> String {
    let group = json!({
        "Name": name, "VpcId": stage.place.vpc_id, "Port": "8080", "Protocol": "HTTP", "TargetType": "ip",
        "HealthCheckIntervalSeconds": "5", "HealthCheckTimeoutSeconds": "2", "HealthyThresholdCount": "2",
        "UnhealthyThresholdCount": "2",
    });
    let group = text(&stage.by_hand("CreateTargetGroup", group), "TargetGroupArn");
    let delay = json!([{ "Key": "deregistration_delay.timeout_seconds", "Value": "15" }]);
    stage.by_hand("ModifyTargetGroupAttributes", json!({ "TargetGroupArn": group, "Attributes": delay }));
    group
}

fn service(stage: &Stage, name: &str, definition: &str, count: u32, group: &str, more: Json) {
    let mut service = json!({
        "cluster": stage.place.cluster, "serviceName": name, "taskDefinition": definition, "desiredCount": count,
        "launchType": "FARGATE",
        "loadBalancers": [{ "targetGroupArn": group, "containerName": "nginx", "containerPort": 80 }],
        "networkConfiguration": { "awsvpcConfiguration": {
            "subnets": stage.place.subnets, "securityGroups": stage.place.security_groups,
        } },
    });
    service.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    if service["deploymentController"]["type"] == "EXTERNAL" {
        // Task sets have these.
        for name in ["taskDefinition", "launchType", "loadBalancers", "networkConfiguration"] {
            service.as_object_mut().unwrap().remove(name);
        }
    }
    stage.by_hand("CreateService", service);
}

fn rule(stage: &Stage, priority: u32, source: Option<&str>, groups: &[(&str, u32)]) -> String {
    let mut conditions = vec![json!({ "Field": "host-header", "HostHeaderConfig": { "Values": [HOST] } })];
    conditions.extend(
        source.map(|source| json!({ "Field": "source-ip", "SourceIpConfig": { "Values": [source] } })),
    );
    let groups: Vec<Json> = groups
        .iter()
        .map(|(arn, weight)| json!({ "TargetGroupArn": arn, "Weight": weight.to_string() }))
        .collect();
    let rule = json!({
        "ListenerArn": stage.place.listener, "Priority": priority.to_string(), "Conditions": conditions,
        "Actions": [{ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } }],
    });
    text(&stage.by_hand("CreateRule", rule), "RuleArn")
}

/// One ordinary service behind one rule, which serves.
async fn ordinary(stage: &Stage, name: &str) -> (String, String) {
    let legacy = group(stage, "legacy-tg");
    let rule = rule(stage, 100, None, &[(&legacy, 1)]);
    service(stage, name, "nginx:1", 2, &legacy, json!({}));
    stage.pass(60).await;
    stage.begins();
    assert_eq!(stage.sides("public").len(), 1, "callers are sent to it");
    (legacy, rule)
}

async fn taken_over(stage: &Stage, id: &str) -> Project {
    let mut project = stage.project("ours").await;
    // Whoever judges by tags does not see an import.
    stage.excuse("I5");
    project.import(id).await.unwrap();
    project
}

fn named(project: &mut Project, name: &str) {
    project.config.set("name", name);
}

fn steps(project: &Project) -> Vec<String> {
    let planned = project.plan().unwrap().planned;
    let steps = planned.get("rollout_steps").as_list().unwrap().to_vec();
    steps.iter().map(|step| step.as_str().unwrap().to_owned()).collect()
}

/// Its group went, and 788 of 1,502 requests got 503.
#[test]
fn one_ordinary_service_becomes_the_home_side_as_it_stands() {
    story(async |stage| {
        let (legacy, rule) = ordinary(stage, "web").await;
        for id in ["shop/web", "arn:aws:ecs:eu-west-1:123456789012:service/shop/web"] {
            let mut project = taken_over(stage, id).await;
            named(&mut project, "web");
            project.refresh().await.unwrap();
            assert_eq!(project.state.at("blue.target_group_name").as_str(), Some("legacy-tg"));
            let planned = steps(&project);
            let adds = |step: &String| {
                ["create", "tag", "attach", "wait", "hold"].iter().any(|verb| step.starts_with(verb))
            };
            let others: Vec<&String> = planned.iter().filter(|step| !adds(step)).collect();
            assert!(others.is_empty() && planned.len() > 3, "the plan only adds: {planned:#?}");
        }
        let mut project = taken_over(stage, "shop/web").await;
        for (phase, met) in [(Phase::Stable, 1), (Phase::Canary, 1), (Phase::Promoted, 2), (Phase::Stable, 2)]
        {
            stage.wish(&mut project, phase);
            named(&mut project, "web");
            assert_eq!(apply(&mut project).await, Ok(Applied::Done));
            assert_eq!(project.has_changes().await, Ok(false));
            assert!(stage.sides("public").len() <= met);
        }
        assert_eq!(arn(&project.state, "blue_target_group_arn"), legacy);
        assert_eq!(arn(&project.state, "production_rule_arn"), rule);
        assert_eq!(stage.service("web")["runningCount"], 2);
        assert_eq!(stage.counts(), (2, 2, 1));
        stage.end_of_service();
        project.destroy().await.unwrap();
        assert_eq!(stage.counts(), (0, 0, 0));
    });
}

/// The default action stays as it is, and keeps its side up.
#[test]
fn a_service_reached_by_the_default_action_gets_a_rule_before_it() {
    story(async |stage| {
        let legacy = group(stage, "legacy-tg");
        let forward = json!([{ "Type": "forward", "TargetGroupArn": legacy }]);
        let listener = json!({ "ListenerArn": stage.place.listener, "DefaultActions": forward });
        stage.by_hand("ModifyListener", listener);
        service(stage, "web", "nginx:1", 2, &legacy, json!({}));
        stage.pass(60).await;
        stage.begins();
        let mut project = taken_over(stage, "shop/web").await;
        for phase in [Phase::Stable, Phase::Promoted] {
            stage.wish(&mut project, phase);
            named(&mut project, "web");
            assert_eq!(apply(&mut project).await, Ok(Applied::Done));
            assert_eq!(project.has_changes().await, Ok(false));
        }
        assert_eq!(stage.service("web")["runningCount"], 2, "callers come by the default action still");
        let said = project.destroy().await.unwrap_err();
        assert!(said.contains("was not made by this resource") || said.contains("did not make"), "{said}");
    });
}

fn pair(stage: &Stage, weighted: bool, canary: bool) {
    let (one, two) = (group(stage, "left"), group(stage, "right"));
    let both: &[(&str, u32)] = &[(&one, 100), (&two, 0)];
    rule(stage, 100, None, if weighted { both } else { &both[..1] });
    if canary || !weighted {
        rule(stage, 99, Some("127.0.99.0/24"), &[(&two, 1)]);
    }
    service(stage, "web-a", "nginx:1", 2, &one, json!({}));
    service(stage, "web-b", "nginx:2", u32::from(canary), &two, json!({}));
}

/// With an open canary the two rules changed roles.
#[test]
fn a_home_made_pair_of_any_names_is_no_difference_and_is_released() {
    for (weighted, canary) in [(true, false), (true, true), (false, true)] {
        story(async |stage| {
            pair(stage, weighted, canary);
            stage.pass(60).await;
            stage.begins();
            let mut project = taken_over(stage, "shop/web-a,web-b").await;
            let now = if canary { Phase::Canary } else { Phase::Stable };
            stage.wish(&mut project, now);
            named(&mut project, "web");
            // What nobody has asked for is as it is by default.
            for name in ["settle_time", "timeouts"].into_iter().chain((!canary).then_some("canary_count")) {
                project.config.set(name, Value::Null);
            }
            if !canary {
                project.config.set("canary_source_ips", Value::Null);
            }
            for side in ["blue.task_definition", "green.task_definition"] {
                project.config.set(side, project.state.at(side).clone());
            }
            assert_eq!(project.has_changes().await, Ok(false), "{:?}", steps(&project));
            for phase in [Phase::Promoted, Phase::Stable] {
                stage.wish(&mut project, phase);
                named(&mut project, "web");
                assert_eq!(apply(&mut project).await, Ok(Applied::Done));
                assert_eq!(project.has_changes().await, Ok(false));
            }
            assert_eq!(stage.counts(), (2, 2, 1));

            // From another state, by a name or an identity that says nothing of these names; then as that says.
            let mut again = stage.project("ours").await;
            let said = again.import("shop/web").await.unwrap_err();
            assert!(said.contains("goes by other names") && said.contains("shop/web-a,web-b"), "{said}");
            again.import("shop/web-a,web-b").await.unwrap();
            again.config = project.config.clone();
            again.refresh().await.unwrap();
            assert_eq!(steps(&again), [""; 0]);
        });
    }
}

#[test]
fn another_name_than_the_imported_one_destroys_nothing() {
    story(async |stage| {
        pair(stage, true, false);
        stage.pass(60).await;
        stage.begins();
        let mut project = taken_over(stage, "shop/web-a,web-b").await;
        let since = stage.now();
        let said = apply(&mut project).await.unwrap_err();
        assert!(said.contains("Write name = \"web\""), "{said}");
        assert_eq!(stage.writes("ours", since), [""; 0]);
    });
}

#[test]
fn what_cannot_be_told_apart_is_refused_with_everything_that_leads_to_it() {
    story(async |stage| {
        let (legacy, first) = ordinary(stage, "web").await;
        let second = stage.rule(50, "other.example.com", &legacy, &[]);
        let mut project = stage.project("ours").await;
        let said = project.import("shop/web").await.unwrap_err();
        assert!(said.contains(&first) && said.contains(&second) && said.contains("Join them"), "{said}");
        stage.by_hand("DeleteRule", json!({ "RuleArn": second }));

        let more = group(stage, "more");
        let attached = rule(stage, 60, Some("127.0.98.1/32"), &[(&more, 1)]);
        service(stage, "web-blue", "nginx:1", 0, &more, json!({}));
        let said = project.import("shop/web").await.unwrap_err();
        assert!(said.contains("shop/web-blue,web-green") && said.contains("service/shop/web"), "{said}");
        project.import("arn:aws:ecs:eu-west-1:123456789012:service/shop/web").await.unwrap();
        stage.by_hand("DeleteRule", json!({ "RuleArn": attached }));
    });
}

#[test]
fn what_somebody_else_moves_is_refused_at_import_and_in_the_plan() {
    let controllers = ["CODE_DEPLOY", "EXTERNAL"].map(|it| json!({ "deploymentController": { "type": it } }));
    let strategy = json!({ "deploymentConfiguration": { "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 } });
    let gateway = json!({ "gatewayConnectors": [{ "portName": "web" }] });
    let movers = ["CODE_DEPLOY", "EXTERNAL", "BLUE_GREEN", "ECS Gateway (gateway connector web)"];
    for (more, said) in controllers.into_iter().chain([strategy, gateway]).zip(movers) {
        story(async |stage| {
            let legacy = group(stage, "legacy-tg");
            rule(stage, 100, None, &[(&legacy, 1)]);
            service(stage, "web", "nginx:1", 0, &legacy, more);
            let refused = stage.project("ours").await.import("shop/web").await.unwrap_err();
            assert!(refused.contains(said) && refused.contains("is moved by"), "{refused}");
        });
    }
    story(async |stage| {
        let mut project = stage.standing().await;
        let strategy = json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 });
        let change =
            json!({ "cluster": "shop", "service": "nginx-green", "deploymentConfiguration": strategy });
        stage.by_hand("UpdateService", change);
        stage.wish(&mut project, Phase::Staged);
        let since = stage.now();
        let said = apply(&mut project).await.unwrap_err();
        assert!(said.contains("green") && said.contains("ROLLING"), "{said}");
        assert_eq!(stage.writes("ours", since), [""; 0]);
    });
}

fn forward(stage: &Stage, rule: &str, groups: &[(&str, u32)]) {
    let groups: Vec<Json> = groups
        .iter()
        .map(|(arn, weight)| json!({ "TargetGroupArn": arn, "Weight": weight.to_string() }))
        .collect();
    let actions = json!([{ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } }]);
    stage.by_hand("ModifyRule", json!({ "RuleArn": rule, "Actions": actions }));
}

/// Released there and back, by the name it has.
async fn released(stage: &Stage, project: &mut Project, name: &str) {
    for phase in [Phase::Stable, Phase::Canary, Phase::Promoted] {
        stage.wish(project, phase);
        named(project, name);
        assert_eq!(apply(project).await, Ok(Applied::Done));
        assert_eq!(project.has_changes().await, Ok(false));
    }
}

/// The guide's steps from CodeDeploy: a second service beside it, the weights, and then the import.
#[test]
fn a_service_of_codedeploys_hands_its_callers_to_an_ordinary_one_which_is_adopted() {
    story(async |stage| {
        let legacy = group(stage, "legacy-tg");
        let rule = rule(stage, 100, None, &[(&legacy, 1)]);
        let controller = json!({ "deploymentController": { "type": "CODE_DEPLOY" } });
        service(stage, "web-cd", "nginx:1", 2, &legacy, controller);
        stage.pass(60).await;
        stage.begins();
        let said = stage.project("ours").await.import("shop/web-cd").await.unwrap_err();
        assert!(said.contains("CODE_DEPLOY") && said.contains("keeps its deployment controller"), "{said}");

        let next = group(stage, "next-tg");
        forward(stage, &rule, &[(&legacy, 100), (&next, 0)]);
        service(stage, "web", "nginx:1", 2, &next, json!({}));
        stage.pass(60).await;
        forward(stage, &rule, &[(&legacy, 0), (&next, 100)]);
        stage.pass(20).await;
        stage.by_hand("UpdateService", json!({ "cluster": "shop", "service": "web-cd", "desiredCount": 0 }));
        stage.pass(60).await;
        stage.by_hand("DeleteService", json!({ "cluster": "shop", "service": "web-cd" }));
        forward(stage, &rule, &[(&next, 100)]);
        stage.by_hand("DeleteTargetGroup", json!({ "TargetGroupArn": legacy }));

        let mut project = taken_over(stage, "shop/web").await;
        released(stage, &mut project, "web").await;
        assert_eq!(arn(&project.state, "blue_target_group_arn"), next);
    });
}

/// The guide's steps from ECS's own blue/green: another strategy in place, and the alternate group taken off.
#[test]
fn a_service_of_ecs_own_blue_green_becomes_a_rolling_one_in_place_and_is_adopted() {
    story(async |stage| {
        let (one, two) = (group(stage, "one-tg"), group(stage, "two-tg"));
        let rule = rule(stage, 100, None, &[(&one, 100), (&two, 0)]);
        let strategy = json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 });
        service(stage, "web", "nginx:1", 2, &one, json!({ "deploymentConfiguration": strategy }));
        stage.pass(60).await;
        stage.begins();
        let mut project = stage.project("ours").await;
        let said = project.import("shop/web").await.unwrap_err();
        assert!(said.contains("BLUE_GREEN") && said.contains("ROLLING"), "{said}");

        let rolling = json!({ "strategy": "ROLLING" });
        let change = json!({ "cluster": "shop", "service": "web", "deploymentConfiguration": rolling });
        stage.by_hand("UpdateService", change);
        forward(stage, &rule, &[(&one, 100)]);
        stage.by_hand("DeleteTargetGroup", json!({ "TargetGroupArn": two }));
        stage.pass(20).await;
        let tasks = stage.service("web")["runningCount"].clone();
        let mut project = taken_over(stage, "shop/web").await;
        assert_eq!(tasks, 2);
        released(stage, &mut project, "web").await;
        assert_eq!(arn(&project.state, "blue_target_group_arn"), one);
    });
}

#[test]
fn a_group_that_two_services_share_is_refused() {
    story(async |stage| {
        let (legacy, _) = ordinary(stage, "web").await;
        service(stage, "worker", "nginx:1", 1, &legacy, json!({}));
        let said = stage.project("ours").await.import("shop/web").await.unwrap_err();
        assert!(said.contains("shared by the services web and worker"), "{said}");
    });
}

/// A version may move its port; the other side does not have to.
#[test]
fn a_side_may_have_a_container_of_its_own() {
    story(async |stage| {
        let definition = json!({
            "family": "nginx", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
            "memory": "512",
            "containerDefinitions": [{ "name": "app", "image": "app:2", "essential": true, "portMappings": [{ "containerPort": 8080 }] }],
        });
        let made = text(&stage.by_hand("RegisterTaskDefinition", definition), "taskDefinitionArn");
        let mut project = stage.standing().await;
        for phase in [Phase::Stable, Phase::Promoted, Phase::Stable] {
            project.config = wish(phase).config(project.resource(), &stage.place);
            let green = [
                ("task_definition", Value::from(made.as_str())),
                ("container_name", "app".into()),
                ("container_port", 8080.into()),
            ];
            project.config.set("green", Value::object(green));
            assert_eq!(apply(&mut project).await, Ok(Applied::Done));
            assert_eq!(project.has_changes().await, Ok(false));
        }
    });
}

#[test]
fn a_name_in_two_clusters_of_one_account_is_two_names() {
    story(async |stage| {
        let one = stage.standing().await;
        stage.by_hand("CreateCluster", json!({ "clusterName": "other" }));
        let mut two = stage.project("theirs").await;
        two.config.set("cluster", "other");
        two.config.set("host_headers", Value::list(["other.example.com"]));
        two.config.set("production_priority", 200);
        assert_eq!(apply(&mut two).await, Ok(Applied::Done));
        let name =
            |project: &Project| project.state.at("blue.target_group_name").as_str().unwrap().to_owned();
        assert_ne!(name(&one), name(&two));
    });
}
