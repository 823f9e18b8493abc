//! Faults on demand, and the journal that tells of them.

use hyper::Method;
use serde_json::{Value, json};

use crate::wire::{Sandbox, element, rule};

#[tokio::test]
async fn throttles_and_errors_come_as_each_api_words_them() {
    let sandbox = Sandbox::fast().await;
    sandbox.fault(json!({"kind": "throttle", "count": 2})).await;
    let ecs = sandbox.ecs("ListClusters", json!({})).await;
    assert_eq!((ecs.status, ecs.json()["__type"].as_str()), (400, Some("ThrottlingException")));
    let elb = sandbox.elb("DescribeLoadBalancers", "").await;
    assert_eq!((elb.status, element(&elb.text, "Code")), (400, "Throttling"));
    assert_eq!(sandbox.ecs("ListClusters", json!({})).await.status, 200);
    sandbox.fault(json!({"kind": "error", "status": 503, "operations": ["ListClusters"], "call": 2})).await;
    assert_eq!(sandbox.ecs("ListClusters", json!({})).await.status, 200);
    assert_eq!(sandbox.ecs("ListClusters", json!({})).await.status, 503);
    assert_eq!(sandbox.ecs("ListClusters", json!({})).await.status, 200);
    let calls = sandbox.get("/_sandbox/calls?since=1").await;
    assert_eq!(
        (&calls["calls"][0]["number"], &calls["calls"][0]["error"]),
        (&json!(2), &json!("Throttling"))
    );
    let denied = sandbox.fault(json!({"kind": "access_denied", "api": "elb", "writes": true})).await;
    let refused = sandbox.elb("DeleteRule", "RuleArn=x").await;
    assert_eq!((refused.status, element(&refused.text, "Code")), (403, "AccessDenied"));
    let gone = sandbox.admin(Method::DELETE, &format!("/_sandbox/faults/{denied}"), Value::Null).await;
    assert_eq!(gone.status, 200);
    assert_eq!(sandbox.elb("DeleteRule", "RuleArn=x").await.status, 400);
}

#[tokio::test]
async fn a_dropped_call_has_no_effect_and_a_lost_answer_has() {
    let sandbox = Sandbox::fast().await;
    let group = sandbox.target_group("web").await;
    let create = |priority, host| rule(sandbox.listener(), priority, host, &group);
    sandbox.fault(json!({"kind": "drop", "operations": ["CreateRule"], "call": 1})).await;
    sandbox.fault(json!({"kind": "lost_answer", "operations": ["CreateRule"], "call": 2})).await;
    sandbox.try_elb("CreateRule", &create(1, "a.b.com")).await.unwrap_err();
    sandbox.try_elb("CreateRule", &create(2, "a.b.com")).await.unwrap_err();
    let rules = sandbox.elb("DescribeRules", &format!("ListenerArn={}", sandbox.listener())).await;
    assert!(!rules.text.contains("<Priority>1</Priority>") && rules.text.contains("<Priority>2</Priority>"));
    let calls = sandbox.get("/_sandbox/calls").await;
    let closed: Vec<&Value> =
        calls["calls"].as_array().unwrap().iter().filter(|it| it["closed"] == true).collect();
    assert_eq!(closed.len(), 2);
}

/// Polls until a call waits at the fault; its number.
async fn held(sandbox: &Sandbox, id: u64) -> u64 {
    loop {
        let faults = sandbox.get("/_sandbox/faults").await;
        let fault = faults["faults"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
        if let Some(call) = fault["held"][0]["call"].as_u64() {
            return call;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_call_can_be_held_before_or_after_its_effect_until_released_or_closed() {
    let sandbox = Sandbox::fast().await;
    for (when, effect) in [("before", false), ("after", true)] {
        let id = sandbox.fault(json!({"kind": "hold", "writes": true, "call": 1, "when": when})).await;
        let params = format!("Name={when}&Protocol=HTTP&Port=80&VpcId=v&TargetType=ip");
        let ask = format!("Names.member.1={when}");
        {
            let call = sandbox.try_elb("CreateTargetGroup", &params);
            tokio::pin!(call);
            tokio::select! {
                reply = &mut call => panic!("answered: {reply:?}"),
                _ = held(&sandbox, id) => {}
            }
            let there = sandbox.elb("DescribeTargetGroups", &ask).await.status == 200;
            assert_eq!(there, effect, "{when}");
            // Going out of scope closes the connection: the caller was killed.
        }
        loop {
            let calls = sandbox.get("/_sandbox/calls").await;
            let all = calls["calls"].as_array().unwrap();
            if all.iter().any(|it| it["parameters"]["Name"] == when && it["closed"] == true) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let there = sandbox.elb("DescribeTargetGroups", &ask).await.status == 200;
        assert_eq!(there, effect, "{when}, and closed");
    }
    let id = sandbox.fault(json!({"kind": "hold", "operations": ["ListClusters"]})).await;
    let (reply, ()) = tokio::join!(sandbox.ecs("ListClusters", json!({})), async {
        held(&sandbox, id).await;
        sandbox.admin(Method::POST, &format!("/_sandbox/faults/{id}/release"), Value::Null).await;
    });
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn reads_can_be_stale_or_miss_what_is_new() {
    let sandbox = Sandbox::fast().await;
    let missing = sandbox.fault(json!({"kind": "missing", "seconds": 100000})).await;
    let group = sandbox.target_group("web").await;
    let ask = format!("TargetGroupArns.member.1={group}");
    assert_eq!(element(&sandbox.elb("DescribeTargetGroups", &ask).await.text, "Code"), "TargetGroupNotFound");
    sandbox.admin(Method::DELETE, &format!("/_sandbox/faults/{missing}"), Value::Null).await;
    assert_eq!(sandbox.elb("DescribeTargetGroups", &ask).await.status, 200);
    sandbox
        .fault(json!({"kind": "stale", "seconds": 100000, "operations": ["DescribeRules"], "count": 1}))
        .await;
    let rule = sandbox.rule(7, "a.b.com", &group).await;
    let ask = format!("RuleArns.member.1={rule}");
    assert_eq!(element(&sandbox.elb("DescribeRules", &ask).await.text, "Code"), "RuleNotFound");
    assert_eq!(sandbox.elb("DescribeRules", &ask).await.status, 200);
}

#[tokio::test]
async fn ecs_may_learn_late_that_a_group_hangs_on_a_load_balancer() {
    let sandbox = Sandbox::fast().await;
    let id = sandbox.fault(json!({"kind": "not_associated", "seconds": 100000})).await;
    let group = sandbox.target_group("web").await;
    sandbox.rule(7, "a.b.com", &group).await;
    let service = json!({
        "cluster": "shop", "serviceName": "web", "taskDefinition": "nginx:1", "desiredCount": 0, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}},
        "loadBalancers": [{"targetGroupArn": group, "containerName": "nginx", "containerPort": 80}],
    });
    let refused = sandbox.ecs("CreateService", service.clone()).await.json();
    assert!(refused["message"].as_str().unwrap().ends_with("does not have an associated load balancer."));
    sandbox.admin(Method::DELETE, &format!("/_sandbox/faults/{id}"), Value::Null).await;
    sandbox.fault(json!({"kind": "pass_role"})).await;
    let refused = sandbox.ecs("CreateService", service.clone()).await.json();
    assert_eq!(refused["__type"], "AccessDeniedException");
    assert!(refused["message"].as_str().unwrap().contains("iam:PassRole"));
    sandbox.admin(Method::DELETE, "/_sandbox/faults", Value::Null).await;
    assert_eq!(sandbox.ecs("CreateService", service).await.status, 200);
    sandbox.fault(json!({"kind": "pass_role"})).await;
    let scale = json!({"cluster": "shop", "service": "web", "desiredCount": 0});
    assert_eq!(sandbox.ecs("UpdateService", scale.clone()).await.status, 200);
    let mut named = scale;
    named["taskDefinition"] = json!("nginx:1");
    assert_eq!(sandbox.ecs("UpdateService", named).await.json()["__type"], "AccessDeniedException");
}

#[tokio::test]
async fn nonsense_is_refused_and_nothing_falls_over() {
    let sandbox = Sandbox::fast().await;
    for fault in [
        json!({"kind": "nope"}),
        json!({}),
        json!({"kind": "stale"}),
        json!({"kind": "throttle", "x": 1}),
        json!({"kind": "throttle", "seconds": 5}),
        json!({"kind": "throttle", "api": "sqs"}),
        json!({"kind": "delay"}),
        json!({"kind": "delay", "seconds": -1}),
        json!({"kind": "delay", "seconds": 1, "when": "after"}),
        json!({"kind": "error", "status": 200}),
        json!({"kind": "drop", "probability": 2}),
        json!({"kind": "hold", "when": "never"}),
        json!({"kind": "pass_role", "caller": "x"}),
        json!({"kind": "unhealthy", "family": "nginx"}),
        json!({"kind": "never_healthy", "ip": "127.0.0.1"}),
        json!({"kind": "propagation", "seconds": 1, "count": 1}),
        json!({"kind": "throttle", "lasts": "long"}),
        json!({"kind": "crash", "task": "x"}),
    ] {
        let reply = sandbox.admin(Method::POST, "/_sandbox/faults", fault.clone()).await;
        assert_eq!(reply.status, 400, "{fault}");
    }
    for speed in [json!({}), json!({"speed": 0}), json!({"speed": "x"}), json!([])] {
        assert_eq!(sandbox.admin(Method::POST, "/_sandbox/speed", speed).await.status, 400);
    }
    assert_eq!(sandbox.admin(Method::POST, "/_sandbox/speed", json!({"speed": 20})).await.status, 200);
    assert_eq!(sandbox.running.clock.speed(), 20.0);
    for body in ["&&&", "a=1&a=2", "a.b=1&a=2", "Tags.member.x=1", "%ff=%ff", "a..b=1"] {
        assert_eq!(sandbox.elb("AddTags", body).await.status, 400, "{body}");
    }
    assert_eq!(sandbox.get("/_sandbox/state").await["speed"], 20.0);
    assert_eq!(sandbox.admin(Method::GET, "/_sandbox/nope", Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_fault_is_told_of_as_it_was_asked_for() {
    let sandbox = Sandbox::fast().await;
    let asked = [
        json!({"kind": "throttle", "operations": ["DescribeServices"], "probability": 0.2}),
        json!({"kind": "error", "status": 503, "code": "Busy", "message": "later", "api": "ecs", "caller": "me"}),
        json!({"kind": "lost_answer", "writes": true, "call": 3}),
        json!({"kind": "hold", "writes": true, "call": 2, "when": "after"}),
        json!({"kind": "stale", "seconds": 2.5, "count": 3, "lasts": 100000.0}),
        json!({"kind": "unhealthy", "service": "web", "lasts": 60000.0}),
    ];
    for fault in &asked {
        sandbox.fault(fault.clone()).await;
    }
    let told = sandbox.get("/_sandbox/faults").await;
    let told: Vec<&Value> = told["faults"].as_array().unwrap().iter().map(|it| &it["fault"]).collect();
    assert_eq!(told, asked.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn rate_limits_are_enforced_when_asked_for() {
    use aws_sandbox::SandboxOptions;
    let options = SandboxOptions { enforce_rate_limits: true, speed: 0.01, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await;
    for _ in 0..40 {
        assert_eq!(sandbox.elb("DescribeLoadBalancers", "").await.status, 200);
    }
    assert_eq!(element(&sandbox.elb("DescribeLoadBalancers", "").await.text, "Code"), "Throttling");
}
