//! What hashicorp/aws holds in a state becomes ours: by import, and by `moved`. The other provider is a stand-in
//! that destroys for real.

use std::time::Duration;

use aws_sdk_ecs::types::{AwsVpcConfiguration, LaunchType, LoadBalancer, NetworkConfiguration};
use aws_sdk_elasticloadbalancingv2::types as elb;
use bluegreen_provider::traffic::Tally;
use serde_json::json;

use crate::support::{HOST, Stage, Watched, hashicorp};

/// One ordinary service behind one rule, as people have it.
struct Ordinary {
    group: String,
    rule: String,
}

async fn ordinary(stage: &Stage) -> Ordinary {
    let (api, ready) = (stage.api(), &stage.sandbox.ready);
    let group = api.elb.create_target_group().name("legacy-tg").vpc_id(&ready.vpc_id).port(8080);
    let group = group.protocol(elb::ProtocolEnum::Http).target_type(elb::TargetTypeEnum::Ip);
    let group = group.health_check_interval_seconds(5).health_check_timeout_seconds(2);
    let group = group.healthy_threshold_count(2).send().await.unwrap();
    let group = group.target_groups()[0].target_group_arn().unwrap().to_owned();
    let hosts = elb::HostHeaderConditionConfig::builder().values(HOST).build();
    let host = elb::RuleCondition::builder().field("host-header").host_header_config(hosts).build();
    let forward =
        elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).target_group_arn(&group).build();
    let rule = api.elb.create_rule().listener_arn(&ready.listeners.production.arn).priority(100);
    let rule = rule.conditions(host).actions(forward).send().await.unwrap();
    let rule = rule.rules()[0].rule_arn().unwrap().to_owned();
    let place = AwsVpcConfiguration::builder().set_subnets(Some(ready.subnets.clone()));
    let place = place.set_security_groups(Some(ready.security_groups.clone())).build().unwrap();
    let attached =
        LoadBalancer::builder().target_group_arn(&group).container_name("nginx").container_port(80);
    let service = api.ecs.create_service().cluster(&ready.cluster).service_name("web").desired_count(2);
    let service = service.task_definition("nginx:1").launch_type(LaunchType::Fargate);
    let service = service.load_balancers(attached.build());
    let service =
        service.network_configuration(NetworkConfiguration::builder().awsvpc_configuration(place).build());
    service.send().await.unwrap();
    let healthy = async || {
        let health = api.elb.describe_target_health().target_group_arn(&group).send().await.unwrap();
        let targets = health.target_health_descriptions();
        let well = |target: &elb::TargetHealthDescription| {
            target.target_health().and_then(elb::TargetHealth::state)
                == Some(&elb::TargetHealthStateEnum::Healthy)
        };
        targets.len() == 2 && targets.iter().all(well)
    };
    while !healthy().await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ordinary { group, rule }
}

const THEIRS: &str = r#"
resource "aws_lb_target_group" "web" {
  name        = "legacy-tg"
  vpc_id      = var.vpc_id
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
}

resource "aws_lb_listener_rule" "web" {
  listener_arn = var.listener
  priority     = 100

  condition {
    host_header {
      values = ["nginx.example.com"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = "shop"
  task_definition = "nginx:1"
  desired_count   = 2
  launch_type     = "FARGATE"

  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "nginx"
    container_port   = 80
  }

  network_configuration {
    subnets         = var.subnets
    security_groups = var.security_groups
  }

  depends_on = [aws_lb_listener_rule.web]
}
"#;

/// What `docs/guides/adopting.md` says to write, word by word.
fn guide(begins: &str) -> String {
    let guide =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/adopting.md")).unwrap();
    let mut blocks = guide.split("```hcl\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let block = blocks.find(|block| block.starts_with(begins)).unwrap();
    // The resource beside an import is the test's own.
    block.split("\nresource").next().unwrap().to_owned()
}

/// A state in which the stand-in holds what serves, and callers.
async fn held() -> (Stage, Ordinary, Watched) {
    let mut stage = Stage::new().await;
    hashicorp::override_both(stage.folder());
    let ordinary = ordinary(&stage).await;
    let ready = &stage.sandbox.ready;
    let (endpoint, listener) = (&ready.endpoint, &ready.listeners.production.arn);
    let main = json!({
        "terraform": { "required_providers": {
            "aws": { "source": "hashicorp/aws" },
            "bluegreen": { "source": "ecs-bluegreen/bluegreen" },
        } },
        "provider": {
            "aws": { "region": ready.region, "endpoints": { "ecs": endpoint, "elbv2": endpoint } },
            "bluegreen": {
                "region": ready.region, "access_key": "sandbox", "secret_key": "sandbox",
                "endpoints": { "ecs": endpoint, "elasticloadbalancingv2": endpoint },
            },
        },
        "variable": {
            "vpc_id": { "default": ready.vpc_id }, "listener": { "default": listener },
            "subnets": { "default": ready.subnets }, "security_groups": { "default": ready.security_groups },
        },
    });
    stage.project.write("main.tf.json", &main.to_string()).unwrap();
    stage.project.write("theirs.tf", THEIRS).unwrap();
    let import = |to: &str, id: &str| format!("import {{\n  to = {to}.web\n  id = {id:?}\n}}\n");
    let imports = import("aws_ecs_service", "shop/web")
        + &import("aws_lb_target_group", &ordinary.group)
        + &import("aws_lb_listener_rule", &ordinary.rule);
    stage.project.write("imports.tf", &imports).unwrap();
    let ran = stage.project.apply().await.unwrap();
    assert!(ran.ok && ran.stdout.contains("3 imported"), "{}", ran.said());
    std::fs::remove_file(stage.folder().join("imports.tf")).unwrap();
    assert!(stage.project.plan_is_empty().await.unwrap(), "theirs is at rest");
    stage.service["name"] = json!("web");
    let traffic = stage.traffic();
    let answered = async || traffic.tally().iter().all(|tally| tally.requests > 0);
    while !answered().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (stage, ordinary, traffic)
}

/// Ours instead of theirs, and whatever else is written beside it.
async fn instead(stage: &Stage, more: &str) -> (bool, String) {
    std::fs::remove_file(stage.folder().join("theirs.tf")).unwrap();
    let ours = json!({ "resource": { "bluegreen_service": { "web": stage.service } } });
    stage.project.write("ours.tf.json", &ours.to_string()).unwrap();
    stage.project.write("handing_over.tf", more).unwrap();
    let ran = stage.project.apply().await.unwrap();
    (ran.ok, ran.said())
}

async fn at_rest(stage: &Stage, ordinary: &Ordinary) {
    let plan = stage.project.run(&["plan", "-no-color", "-detailed-exitcode"]).await.unwrap();
    assert_eq!(plan.code, Some(0), "the second plan is not empty:\n{}", plan.said());
    let state = stage.project.state_of("bluegreen_service.web").await.unwrap();
    assert_eq!(state["production_rule_arn"], json!(ordinary.rule));
    assert_eq!(state["blue_target_group_arn"], json!(ordinary.group));
    for theirs in ["aws_ecs_service.web", "aws_lb_target_group.web", "aws_lb_listener_rule.web"] {
        assert!(stage.project.state_of(theirs).await.unwrap().is_null(), "{theirs} is held still");
    }
}

/// The harm first: whoever only replaces the blocks has two owners in one plan, and one of them destroys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_removed_blocks_the_adopting_apply_destroys_production() {
    let (mut stage, _, traffic) = held().await;
    stage.service["timeouts"] = json!({ "update": "2m" });
    let (_, said) = instead(&stage, &guide("import {")).await;
    assert!(said.contains("3 to destroy") || said.contains("3 destroyed"), "{said}");
    assert!(said.contains("Let go of it elsewhere") && said.contains("destroy = false"), "{said}");
    let tallies = traffic.stop().await;
    let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    let (requests, failed) = (sum(|tally| tally.requests), sum(|tally| tally.failures));
    println!("without the removed blocks: {failed} of {requests} requests failed\n{said}");
    assert!(failed > 0, "callers saw nothing of it, so this proves nothing:\n{said}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_guide_s_removed_blocks_an_import_takes_over_without_a_failed_request() {
    let (mut stage, ordinary, traffic) = held().await;
    let (ok, said) = instead(&stage, &(guide("removed {") + &guide("import {"))).await;
    assert!(ok && said.contains("1 imported") && said.contains("0 destroyed"), "{said}");
    at_rest(&stage, &ordinary).await;
    // And it is released as any other.
    for phase in ["canary", "promoted"] {
        stage
            .service
            .as_object_mut()
            .unwrap()
            .extend(crate::support::toggles(phase).as_object().unwrap().clone());
        let ours = json!({ "resource": { "bluegreen_service": { "web": stage.service } } });
        stage.project.write("ours.tf.json", &ours.to_string()).unwrap();
        stage.apply().await;
    }
    assert_eq!(traffic.now("public").await, ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_block_takes_the_service_out_of_the_other_provider_s_state() {
    let (stage, ordinary, traffic) = held().await;
    // The service moves; what else they hold is let go of.
    let removed = guide("removed {");
    let (_, rest) = removed.split_once("\n\n").unwrap();
    let (ok, said) = instead(&stage, &(guide("moved {") + "\n" + rest)).await;
    assert!(ok && said.contains("0 destroyed"), "{said}");
    at_rest(&stage, &ordinary).await;
    traffic.none_failed().await;
    stage.end().await;
}
