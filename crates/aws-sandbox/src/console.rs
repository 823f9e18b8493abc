//! The whole world as one JSON document, for `/_sandbox/state`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::aws::World;
use super::aws::elb::model::condition::Condition;
use super::aws::witness::Scene as _;
use super::seam::{self, RuleView};

pub fn state_json(world: &World, now: Duration, speed: f64) -> Value {
    let (ecs, elb) = (&world.state.ecs, &world.state.elb);
    let services: Vec<Value> = ecs.services.values().map(|it| ecs.service_json(it, true)).collect();
    let tasks: Vec<Value> = ecs
        .tasks
        .values()
        .map(|it| {
            json!({
                "id": it.id,
                "arn": it.arn,
                "service": it.service_name,
                "deployment": it.deployment,
                "task_definition": it.revision.task_definition,
                "last_status": it.last_status.word(),
                "desired_status": if it.stopping { "STOPPED" } else { "RUNNING" },
                "ip": it.ip,
                "created": it.created.as_secs_f64(),
                "started": it.started.map(|at| at.as_secs_f64()),
                "stopped": it.stopped.map(|at| at.as_secs_f64()),
                "stop_code": it.stop_code,
                "stopped_reason": it.stopped_reason,
                "exit_code": it.exit_code,
            })
        })
        .collect();
    let groups: Vec<Value> = elb
        .target_groups
        .values()
        .map(|it| {
            let targets: Vec<Value> = it
                .targets
                .values()
                .map(|target| {
                    let health = target.health(it.load_balancer.is_some());
                    let nodes: Vec<String> =
                        target.nodes.iter().map(|seen| format!("{:?}", seen.health).to_lowercase()).collect();
                    json!({
                        "ip": target.ip, "port": target.port, "state": health.state,
                        "reason": health.reason, "description": health.description, "nodes": nodes,
                        "draining_until": target.draining_until.map(|at| at.as_secs_f64()),
                    })
                })
                .collect();
            json!({
                "arn": it.arn, "name": it.name, "load_balancer": it.load_balancer, "tags": it.tags,
                "targets": targets,
            })
        })
        .collect();
    let listeners: Vec<Value> = elb
        .listeners
        .values()
        .map(|it| {
            json!({
                "arn": it.arn, "load_balancer": it.load_balancer, "port": it.port,
                "default_action": action_json(&it.default_action.view()),
            })
        })
        .collect();
    let rules: Vec<Value> = elb
        .rules
        .values()
        .map(|it| {
            json!({
                "arn": it.arn,
                "listener": it.listener,
                "priority": it.priority,
                "conditions": it.conditions.iter().map(Condition::json).collect::<Vec<_>>(),
                "action": action_json(&it.action.view()),
                "gates": it.gates.iter().map(|gate| gate.kind).collect::<Vec<_>>(),
                "transforms": it.transforms.len(),
                "tags": it.tags,
            })
        })
        .collect();
    let nodes: Vec<Value> = (0..world.nodes()).map(|node| node_json(world, now, node)).collect();
    let clusters: Vec<&String> = ecs.clusters.values().filter(|it| it.active).map(|it| &it.name).collect();
    json!({
        "time": now.as_secs_f64(),
        "speed": speed,
        "clusters": clusters,
        "services": services,
        "tasks": tasks,
        "target_groups": groups,
        "listeners": listeners,
        "rules": rules,
        "nodes": nodes,
    })
}

/// What a node routes by, and for how long it still lags behind the API.
fn node_json(world: &World, now: Duration, node: usize) -> Value {
    let mut listeners = Map::new();
    for view in world.known_to(node) {
        let rules: Vec<Value> = view.rules.iter().map(rule_json).collect();
        listeners.insert(view.arn.clone(), json!({"port": view.port, "rules": rules}));
    }
    json!({"node": node, "behind_seconds": world.behind(now, node).as_secs_f64(), "listeners": listeners})
}

fn rule_json(rule: &RuleView) -> Value {
    json!({"arn": rule.arn, "priority": rule.priority, "conditions": rule.conditions.len(), "action": action_json(&rule.action)})
}

/// Short: weights by target group ARN, or what else it does.
fn action_json(action: &seam::Action) -> Value {
    match action {
        seam::Action::Forward { groups, stickiness } => {
            let weights: Map<String, Value> =
                groups.iter().map(|(arn, weight)| (arn.clone(), json!(weight))).collect();
            json!({"forward": weights, "stickiness": stickiness.map(|it| it.as_secs())})
        }
        seam::Action::Redirect { status, .. } => json!({"redirect": status}),
        seam::Action::Fixed { status, .. } => json!({"fixed": status}),
    }
}
