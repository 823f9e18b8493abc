//! Where AWS is not what one expects, and a release comes to grief (each with its source).

use serde_json::{Value, json};

use crate::bench::{Bench, forward};

fn bench() -> (Bench, String) {
    let mut bench = Bench::new(7);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    bench.task_definition("web", json!([]));
    (bench, group)
}

const BREAKER: &str =
    r#"{"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}}"#;

fn breaker() -> Value {
    serde_json::from_str(BREAKER).unwrap()
}

fn network(subnet: &str) -> Value {
    json!({"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [], "assignPublicIp": "DISABLED"}})
}

fn fault(bench: &mut Bench, fault: Value) -> u64 {
    let fault = serde_json::from_value(fault).unwrap();
    bench.world.fault(bench.now, fault).unwrap()
}

/// ECS developer guide, "Service revisions"; aws-actions/amazon-ecs-deploy-task-definition#860.
#[test]
fn a_rollback_also_goes_back_to_the_same_task_definition_with_the_old_settings() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, breaker());
    bench.until(90.0, |bench| bench.steady("web"));
    let old = bench.described("web")["networkConfiguration"].clone();
    fault(&mut bench, json!({"kind": "never_healthy", "service": "web", "lasts": 500}));
    bench.update("web", json!({"networkConfiguration": network("b")})).unwrap();
    let asked = bench.described("web")["deployments"][0]["id"].clone();
    bench.until(1500.0, |bench| bench.steady("web"));
    let it = bench.described("web");
    assert_eq!(it["deployments"][0]["networkConfiguration"], old);
    assert!(it["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_ne!(it["deployments"][0]["id"], asked, "COMPLETED, and not what was asked for");
}

/// ECS developer guide, "Service event messages"; UpdateService: a count is no deployment.
#[test]
fn a_count_without_a_place_is_told_in_events_for_ever_and_a_deployment_fails() {
    for reason in ["capacity", "addresses", "quota"] {
        let (mut bench, group) = bench();
        bench.service("web", "web:1", 0, &group, breaker());
        bench.until(90.0, |bench| bench.steady("web"));
        let id = fault(&mut bench, json!({"kind": "no_place", "service": "web", "reason": reason}));
        bench.update("web", json!({"desiredCount": 2})).unwrap();
        bench.pass(900.0);
        let it = bench.described("web");
        assert_eq!(it["deployments"][0]["rolloutState"], "COMPLETED");
        assert_eq!((&it["runningCount"], &it["pendingCount"]), (&json!(0), &json!(0)));
        let events = bench.events("web");
        let told =
            events.iter().filter(|it| it.starts_with("(service web) was unable to place a task. Reason: "));
        assert!(told.count() > 10, "{events:?}");
        assert!(bench.world.faults.remove(id));
        bench.until(120.0, |bench| bench.steady("web"));
        fault(&mut bench, json!({"kind": "no_place"}));
        bench.update("web", json!({"forceNewDeployment": true})).unwrap();
        bench.until(300.0, |bench| bench.events("web").iter().any(|it| it.contains("rolling back")));
    }
}

/// ELB guide, "Register targets": zones.
#[test]
fn a_target_in_a_zone_that_is_not_served_is_unused_for_ever_and_the_service_calls_itself_steady() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, json!({"networkConfiguration": network("far")}));
    bench.until(120.0, |bench| bench.steady("web"));
    bench.pass(600.0);
    let health = bench.elb("DescribeTargetHealth", json!({"TargetGroupArn": group})).unwrap();
    let health = &health["TargetHealthDescriptions"][0]["TargetHealth"];
    assert_eq!((&health["State"], &health["Reason"]), (&json!("unused"), &json!("Target.NotInUse")));
    assert!(bench.world.view(0).groups[&group].targets.is_empty(), "nothing is sent there");
}

/// ECS developer guide, "Deregistering a task definition revision".
#[test]
fn a_deregistered_task_definition_can_be_scaled_and_not_deployed() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 1, &group, json!({}));
    bench.until(90.0, |bench| bench.steady("web"));
    bench.ecs("DeregisterTaskDefinition", json!({"taskDefinition": "web:1"})).unwrap();
    let refused = bench.update("web", json!({"forceNewDeployment": true})).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("ClientException", "TaskDefinition is inactive")
    );
    bench.update("web", json!({"desiredCount": 2})).unwrap();
    bench.until(120.0, |bench| bench.described("web")["runningCount"] == 2);
}

/// ELB quotas and API reference: CreateTargetGroup, TargetGroupAssociationLimit; one account, several clusters.
#[test]
fn a_group_name_is_unique_in_the_account_and_a_group_belongs_to_one_load_balancer() {
    let (mut bench, group) = bench();
    bench.ecs("CreateCluster", json!({"clusterName": "other"})).unwrap();
    let again = json!({
        "Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-2", "TargetType": "ip",
        "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
    });
    assert_eq!(bench.elb("CreateTargetGroup", again).unwrap_err().code, "DuplicateTargetGroupName");
    let second = json!({"Name": "second", "Subnets": ["a", "b"]});
    let lb = bench.elb("CreateLoadBalancer", second).unwrap()["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let elsewhere = json!({"LoadBalancerArn": lb, "Port": 8081, "Protocol": "HTTP", "DefaultActions": forward(&[(&group, 1)])});
    assert_eq!(bench.elb("CreateListener", elsewhere).unwrap_err().code, "TargetGroupAssociationLimit");
    let own = bench.target_group("own");
    let listener = json!({"LoadBalancerArn": lb, "Port": 8081, "Protocol": "HTTP", "DefaultActions": forward(&[(&own, 1)])});
    bench.elb("CreateListener", listener).unwrap();
    let both = bench.elb("DescribeLoadBalancers", json!({})).unwrap();
    assert_eq!(both["LoadBalancers"].as_array().unwrap().len(), 2);
    // The same service name lives in both clusters.
    bench.service("web", "web:1", 0, &group, json!({}));
    bench.service("web", "web:1", 0, &own, json!({"cluster": "other"}));
    let other = bench.ecs("DescribeServices", json!({"cluster": "other", "services": ["web"]})).unwrap();
    assert_eq!(other["services"][0]["loadBalancers"][0]["targetGroupArn"], json!(own));
}

/// ALB guide, "Target group health checks"; aws/copilot-cli#4551.
#[test]
fn grpc_groups_have_codes_and_a_path_of_their_own_and_need_https() {
    let (mut bench, _) = bench();
    let group = |name: &str, more: Value| {
        let mut params = json!({
            "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip", "ProtocolVersion": "GRPC",
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let made = bench.elb("CreateTargetGroup", group("g1", json!({}))).unwrap()["TargetGroups"][0].clone();
    assert_eq!(
        (&made["Matcher"], &made["HealthCheckPath"]),
        (&json!({"GrpcCode": "12"}), &json!("/AWS.ALB/healthcheck"))
    );
    bench.elb("CreateTargetGroup", group("g2", json!({"Matcher": {"GrpcCode": "0-99"}}))).unwrap();
    for matcher in [json!({"HttpCode": "200"}), json!({"GrpcCode": "100"}), json!({"GrpcCode": "0-200"})] {
        let refused = bench.elb("CreateTargetGroup", group("g3", json!({"Matcher": matcher}))).unwrap_err();
        assert_eq!(refused.code, "ValidationError", "{matcher}");
    }
    let plain = json!({"ProtocolVersion": "HTTP1", "Matcher": {"GrpcCode": "12"}});
    assert_eq!(bench.elb("CreateTargetGroup", group("g4", plain)).unwrap_err().code, "ValidationError");
    let http2 = bench.elb("CreateTargetGroup", group("g5", json!({"ProtocolVersion": "HTTP2"}))).unwrap();
    for (arn, version) in
        [(&made["TargetGroupArn"], "GRPC"), (&http2["TargetGroups"][0]["TargetGroupArn"], "HTTP2")]
    {
        let rule = json!({
            "ListenerArn": bench.listener, "Priority": 7, "Actions": forward(&[(arn.as_str().unwrap(), 1)]),
            "Conditions": [{"Field": "path-pattern", "Values": ["/x"]}],
        });
        let text = format!(
            "Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{version}'"
        );
        assert_eq!(bench.elb("CreateRule", rule).unwrap_err().message, text);
    }
}

/// NLB guide: listeners, target groups.
#[test]
fn a_network_load_balancer_is_told_apart_and_has_no_rules() {
    let (mut bench, group) = bench();
    let nlb = json!({"Name": "net", "Type": "network", "Subnets": ["a"]});
    let made = bench.elb("CreateLoadBalancer", nlb).unwrap()["LoadBalancers"][0].clone();
    assert_eq!(made["Type"], "network");
    assert!(made["LoadBalancerArn"].as_str().unwrap().contains(":loadbalancer/net/net/"));
    let tcp = json!({"Name": "tcp", "Protocol": "TCP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip"});
    let tcp = bench.elb("CreateTargetGroup", tcp).unwrap()["TargetGroups"][0].clone();
    assert_eq!((&tcp["HealthCheckProtocol"], tcp["ProtocolVersion"].is_null()), (&json!("TCP"), true));
    let tcp = tcp["TargetGroupArn"].as_str().unwrap().to_owned();
    let mut listener = |protocol: &str, to: &str| {
        let params = json!({
            "LoadBalancerArn": made["LoadBalancerArn"], "Port": 80, "Protocol": protocol,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": to}],
        });
        bench.elb("CreateListener", params)
    };
    assert_eq!(listener("HTTP", &tcp).unwrap_err().code, "ValidationError");
    assert_eq!(listener("TCP", &group).unwrap_err().code, "IncompatibleProtocols");
    let listening = listener("TCP", &tcp).unwrap()["Listeners"][0]["ListenerArn"].clone();
    let rule = json!({
        "ListenerArn": listening, "Priority": 1, "Actions": forward(&[(&tcp, 1)]),
        "Conditions": [{"Field": "path-pattern", "Values": ["/x"]}],
    });
    assert_eq!(bench.elb("CreateRule", rule).unwrap_err().code, "InvalidConfigurationRequest");
    let binding = json!([{"targetGroupArn": tcp, "containerName": "web", "containerPort": 80}]);
    bench.service("web", "web:1", 1, &group, json!({"loadBalancers": binding}));
    bench.until(120.0, |bench| bench.steady("web"));
    assert_eq!(bench.states(&tcp), ["healthy"]);
}

/// ECS API reference, LoadBalancer: the Classic one.
#[test]
fn a_classic_load_balancer_is_told_back_and_refused_with_awsvpc() {
    let (mut bench, group) = bench();
    let binding = json!([{"loadBalancerName": "old", "containerName": "web", "containerPort": 80}]);
    let bridge = json!({"family": "old", "containerDefinitions": [{
        "name": "web", "image": "web", "memory": 128, "portMappings": [{"containerPort": 80}],
    }]});
    bench.ecs("RegisterTaskDefinition", bridge).unwrap();
    let ec2 = json!({"taskDefinition": "old:1", "launchType": "EC2", "networkConfiguration": null, "loadBalancers": binding});
    bench.service("old", "old:1", 0, &group, ec2);
    assert_eq!(bench.described("old")["loadBalancers"][0]["loadBalancerName"], "old");
    let fargate = json!({
        "cluster": "shop", "serviceName": "new", "taskDefinition": "web:1", "desiredCount": 0, "launchType": "FARGATE",
        "networkConfiguration": network("a"), "loadBalancers": binding,
    });
    assert_eq!(bench.ecs_error("CreateService", fargate).code, "InvalidParameterException");
}
