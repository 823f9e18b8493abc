//! Services that somebody else deploys, and strategies by which ECS moves traffic itself: stored, told back, and left to
//! their owners (ECS developer guide: "Updatable service parameters", "Deployment controllers"; API reference:
//! DeploymentConfiguration, AdvancedConfiguration; hashicorp/terraform-provider-aws#27291, pulumi/pulumi#3607).

use serde_json::{Value, json};

use crate::bench::Bench;

fn bench() -> (Bench, String) {
    let mut bench = Bench::new(7);
    let group = bench.target_group("web");
    bench.rule(100, "web", &[(&group, 1)]);
    bench.task_definition("web", json!([]));
    bench.task_definition("web", json!([]));
    (bench, group)
}

#[test]
fn a_code_deploy_service_has_task_sets_and_no_primary_deployment() {
    let (mut bench, group) = bench();
    bench.service("web", "web:1", 2, &group, json!({"deploymentController": {"type": "CODE_DEPLOY"}}));
    bench.until(90.0, |bench| bench.described("web")["taskSets"][0]["stabilityStatus"] == "STEADY_STATE");
    let it = bench.described("web");
    assert_eq!(
        (&it["deploymentController"]["type"], &it["deployments"]),
        (&json!("CODE_DEPLOY"), &json!([]))
    );
    assert_eq!((&it["taskSets"][0]["status"], &it["runningCount"]), (&json!("PRIMARY"), &json!(2)));
    let network = json!({"awsvpcConfiguration": {"subnets": ["b"]}});
    let binding = json!([{"targetGroupArn": group, "containerName": "web", "containerPort": 80}]);
    for (change, part) in [
        (json!({"taskDefinition": "web:2"}), "task definition"),
        (json!({"networkConfiguration": network}), "network parameters"),
        (json!({"loadBalancers": binding}), "load balancers"),
        (json!({"platformVersion": "1.4.0"}), "platform version"),
        (json!({"forceNewDeployment": true}), "deployment"),
    ] {
        let refused = bench.update("web", change).unwrap_err();
        let text = format!(
            "Unable to update {part} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
        );
        assert_eq!((refused.code.as_str(), refused.message), ("InvalidParameterException", text));
    }
    let allowed = json!({"desiredCount": 1, "healthCheckGracePeriodSeconds": 5, "deploymentConfiguration": {"maximumPercent": 150}});
    assert_eq!(bench.update("web", allowed).unwrap()["service"]["desiredCount"], 1);
}

#[test]
fn an_external_service_names_nothing_that_its_task_sets_bring() {
    let (mut bench, group) = bench();
    let create = |more: Value| {
        let mut params = json!({
            "cluster": "shop", "serviceName": "web", "desiredCount": 2,
            "deploymentController": {"type": "EXTERNAL"},
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let binding = json!([{"targetGroupArn": group, "containerName": "web", "containerPort": 80}]);
    let refused = bench.ecs_error("CreateService", create(json!({"loadBalancers": binding})));
    assert_eq!(refused.message, "LoadBalancers must be empty or null.");
    assert_eq!(
        bench.ecs_error("CreateService", create(json!({"taskDefinition": "web:1"}))).code,
        "InvalidParameterException"
    );
    bench.ecs("CreateService", create(json!({}))).unwrap();
    bench.pass(120.0);
    let it = bench.described("web");
    assert_eq!(
        (&it["deployments"], &it["taskSets"], &it["runningCount"]),
        (&json!([]), &json!([]), &json!(0))
    );
    assert_eq!(
        (it.get("taskDefinition"), &it["deploymentController"]["type"]),
        (Some(&Value::Null), &json!("EXTERNAL"))
    );
    bench.update("web", json!({"desiredCount": 1})).unwrap();
    assert_eq!(
        bench.update("web", json!({"taskDefinition": "web:1"})).unwrap_err().code,
        "InvalidParameterException"
    );
    bench.ecs("DeleteService", json!({"cluster": "shop", "service": "web", "force": true})).unwrap();
}

#[test]
fn strategies_and_what_belongs_to_them_are_told_back() {
    let (mut bench, group) = bench();
    let advanced = json!({
        "alternateTargetGroupArn": bench.target_group("other"), "productionListenerRule": "arn:rule",
        "roleArn": "arn:aws:iam::123456789012:role/ecs",
    });
    let binding = json!([{
        "targetGroupArn": group, "containerName": "web", "containerPort": 80, "advancedConfiguration": advanced,
    }]);
    let rows = [
        json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}),
        json!({"strategy": "LINEAR", "bakeTimeInMinutes": 0, "linearConfiguration": {"stepPercent": 20.0, "stepBakeTimeInMinutes": 3}}),
        json!({"strategy": "CANARY", "bakeTimeInMinutes": 1, "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}}),
    ];
    for (index, strategy) in rows.iter().enumerate() {
        let name = format!("web{index}");
        bench.service(
            &name,
            "web:1",
            0,
            &group,
            json!({"deploymentConfiguration": strategy, "loadBalancers": binding}),
        );
        let it = bench.described(&name);
        for (member, value) in strategy.as_object().unwrap() {
            assert_eq!(&it["deploymentConfiguration"][member], value, "{member}");
        }
        assert_eq!(it["loadBalancers"][0]["advancedConfiguration"], advanced);
        assert_eq!(it["deployments"][0]["status"], "PRIMARY");
    }
    let mixed = json!({"deploymentConfiguration": {"strategy": "LINEAR", "canaryConfiguration": {"canaryPercent": 5.0}}});
    assert_eq!(bench.update("web0", mixed).unwrap_err().code, "InvalidParameterException");
    bench.update("web0", json!({"deploymentConfiguration": {"strategy": "ROLLING"}})).unwrap();
    assert_eq!(bench.described("web0")["deploymentConfiguration"]["strategy"], "ROLLING");
}

#[test]
fn gateway_connectors_are_told_of_by_the_service_revision() {
    let (mut bench, group) = bench();
    let connectors = json!([{"portName": "http"}]);
    bench.service("web", "web:1", 1, &group, json!({"gatewayConnectors": connectors}));
    let arn = bench.described("web")["currentServiceRevisions"][0]["arn"].clone();
    let told =
        bench.ecs("DescribeServiceRevisions", json!({"serviceRevisionArns": [arn, "arn:nothing"]})).unwrap();
    assert_eq!(told["serviceRevisions"][0]["gatewayConnectors"], connectors);
    assert_eq!(told["serviceRevisions"][0]["loadBalancers"][0]["targetGroupArn"], json!(group));
    assert_eq!(told["failures"][0]["reason"], "MISSING");
}
