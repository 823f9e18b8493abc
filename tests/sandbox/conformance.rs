//! AWS facts, each as a request and what must come of it (facts/aws.md 1.1–1.4, 2.1–2.5, 4).

use serde_json::{Value, json};

use crate::wire::{Sandbox, element, rule};

/// `$G` the group on rule 10, `$U` a group on no rule, `$I` an instance group, `$L` the listener, `$R` rule 10.
struct World {
    sandbox: Sandbox,
    names: Vec<(&'static str, String)>,
}

async fn world() -> World {
    let sandbox = Sandbox::fast().await;
    let group = sandbox.target_group("used").await;
    let unused = sandbox.target_group("unused").await;
    let vpc = sandbox.running.ready.vpc_id.clone();
    let instance =
        sandbox.elb("CreateTargetGroup", &format!("Name=instance&Protocol=HTTP&Port=80&VpcId={vpc}")).await;
    let instance = element(&instance.text, "TargetGroupArn").to_owned();
    let rule = sandbox.rule(10, "a.example.com", &group).await;
    let listener = sandbox.listener().to_owned();
    let names =
        vec![("$G", group), ("$U", unused), ("$I", instance), ("$L", listener), ("$R", rule), ("$V", vpc)];
    World { sandbox, names }
}

impl World {
    fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

const RULE: &str = "ListenerArn=$L&Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=$G";
const HOST: &str = "Conditions.member.1.Field=host-header&Conditions.member.1.Values.member.1";
const GROUP: &str = "Protocol=HTTP&Port=80&VpcId=$V&TargetType=ip";

#[tokio::test]
async fn elastic_load_balancing_refuses_what_aws_refuses_in_its_words() {
    let world = world().await;
    let long = "x".repeat(33);
    let rows: Vec<(&str, String, &str, &str)> = vec![
        ("CreateRule", format!("{RULE}&Priority=10&{HOST}=b.example.com"), "PriorityInUse", "Priority '10' is currently in use"),
        ("CreateRule", format!("{RULE}&Priority=0&{HOST}=b.example.com"), "ValidationError", "greater than or equal to 1"),
        ("CreateRule", format!("{RULE}&Priority=50001&{HOST}=b.example.com"), "ValidationError", "less than or equal to 50000"),
        ("CreateRule", format!("{RULE}&Priority=x&{HOST}=b.example.com"), "MalformedInput", ""),
        ("CreateRule", format!("{RULE}&Priority=11&Conditions="), "ValidationError", "A condition must be specified"),
        ("CreateRule", format!("{RULE}&Priority=11"), "ValidationError", "Value null at 'conditions'"),
        ("CreateRule", format!("{RULE}&Priority=11&{HOST}=127.0.0.1"), "ValidationError", ""),
        ("CreateRule", format!("{RULE}&Priority=11&{HOST}=nodot"), "ValidationError", ""),
        (
            "CreateRule",
            format!("{RULE}&Priority=11&Conditions.member.1.Field=source-ip&Conditions.member.1.SourceIpConfig.Values.member.1=10.0.0.300/8"),
            "ValidationError",
            "CIDR",
        ),
        (
            "CreateRule",
            format!("{RULE}&Priority=11&Conditions.member.1.Field=source-ip&Conditions.member.1.SourceIpConfig.Values.member.1=255.255.255.255/32"),
            "ValidationError",
            "",
        ),
        (
            "CreateRule",
            format!(
                "{RULE}&Priority=11&{HOST}=a.b.com&Conditions.member.2.Field=source-ip{}",
                (1..=5).map(|n| format!("&Conditions.member.2.SourceIpConfig.Values.member.{n}=10.0.{n}.0/24")).collect::<String>()
            ),
            "ValidationError",
            "A rule can only have '5' condition values",
        ),
        (
            "CreateRule",
            format!("{RULE}&Priority=11&{HOST}=a.b.com&Conditions.member.2.Field=host-header&Conditions.member.2.Values.member.1=c.b.com"),
            "ValidationError",
            "one 'host-header' condition",
        ),
        ("CreateRule", format!("ListenerArn=$L&Priority=11&{HOST}=a.b.com&Actions.member.1.Type=forward"), "ValidationError", "A target group ARN must be specified"),
        (
            "CreateRule",
            format!("ListenerArn=$L&Priority=11&{HOST}=a.b.com&Actions.member.1.Type=forward&Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn=$G&Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1000"),
            "ValidationError",
            "less than or equal to 999",
        ),
        ("CreateRule", format!("{RULE}0&Priority=11&{HOST}=a.b.com"), "TargetGroupNotFound", "One or more target groups not found"),
        ("CreateRule", rule("$L/x", 11, "a.b.com", "$G"), "ListenerNotFound", "One or more listeners not found"),
        ("ModifyRule", "RuleArn=$R".to_owned(), "ValidationError", ""),
        ("ModifyRule", format!("RuleArn=$R0&{HOST}=a.b.com"), "RuleNotFound", "One or more rules not found"),
        ("DeleteRule", "RuleArn=$R0".to_owned(), "RuleNotFound", "One or more rules not found"),
        ("DescribeRules", "RuleArns.member.1=$R0".to_owned(), "RuleNotFound", ""),
        ("DescribeRules", "RuleArns.member.1=$R&ListenerArn=$L".to_owned(), "ValidationError", ""),
        ("DescribeRules", "ListenerArn=$L&Marker=nonsense".to_owned(), "ValidationError", ""),
        ("DescribeRules", "ListenerArn=$L&PageSize=401".to_owned(), "ValidationError", "less than or equal to 400"),
        ("SetRulePriorities", "RulePriorities.member.1.RuleArn=$R&RulePriorities.member.1.Priority=0".to_owned(), "ValidationError", ""),
        ("CreateTargetGroup", format!("Name=used&{GROUP}&HealthCheckPath=/x"), "DuplicateTargetGroupName", "A target group with the same name 'used' exists, but with different settings"),
        ("CreateTargetGroup", format!("Name={long}&{GROUP}"), "ValidationError", "cannot be longer than '32' characters"),
        ("CreateTargetGroup", format!("Name=-x&{GROUP}"), "ValidationError", "cannot begin or end"),
        ("CreateTargetGroup", "Name=x&Port=80&VpcId=$V".to_owned(), "ValidationError", "protocol"),
        ("CreateTargetGroup", format!("Name=x&{GROUP}&HealthCheckIntervalSeconds=5&HealthCheckTimeoutSeconds=5"), "ValidationError", "Health check interval must be greater than the timeout."),
        ("CreateTargetGroup", format!("Name=x&{GROUP}&HealthCheckIntervalSeconds=4"), "ValidationError", "greater than or equal to 5"),
        ("CreateTargetGroup", format!("Name=x&{GROUP}&HealthyThresholdCount=11"), "ValidationError", "less than or equal to 10"),
        ("CreateTargetGroup", format!("Name=x&{GROUP}&Matcher.HttpCode=100"), "ValidationError", ""),
        ("DeleteTargetGroup", "TargetGroupArn=$G".to_owned(), "ResourceInUse", "is currently in use by a listener or a rule"),
        ("DescribeTargetGroups", "Names.member.1=nope".to_owned(), "TargetGroupNotFound", "One or more target groups not found"),
        ("ModifyTargetGroupAttributes", "TargetGroupArn=$G&Attributes.member.1.Key=x&Attributes.member.1.Value=1".to_owned(), "ValidationError", "Target group attribute key 'x' is not recognized"),
        ("ModifyTargetGroupAttributes", "TargetGroupArn=$G&Attributes.member.1.Key=deregistration_delay.timeout_seconds&Attributes.member.1.Value=3601".to_owned(), "ValidationError", ""),
        ("ModifyTargetGroupAttributes", "TargetGroupArn=$G&Attributes.member.1.Key=slow_start.duration_seconds&Attributes.member.1.Value=29".to_owned(), "ValidationError", ""),
        ("RegisterTargets", "TargetGroupArn=$G&Targets.member.1.Id=8.8.8.8".to_owned(), "ValidationError", ""),
        ("CreateListener", "LoadBalancerArn=nope&Port=1&Protocol=HTTP&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=$G".to_owned(), "LoadBalancerNotFound", ""),
        ("CreateLoadBalancer", "Name=x&Subnets.member.1=a".to_owned(), "ValidationError", "At least two subnets"),
        ("DescribeTags", "ResourceArns.member.1=$R0".to_owned(), "RuleNotFound", ""),
        ("AddTags", "ResourceArns.member.1=$R&Tags.member.1.Key=a&Tags.member.2.Key=a".to_owned(), "DuplicateTagKeys", ""),
        ("DescribeNothing", String::new(), "InvalidAction", ""),
    ];
    for (action, params, code, text) in rows {
        let params = world.fill(&params);
        let reply = world.sandbox.elb(action, &params).await;
        assert_eq!(
            (reply.status, element(&reply.text, "Code")),
            (400, code),
            "{action} {params}: {}",
            reply.text
        );
        assert!(reply.text.replace("&apos;", "'").contains(text), "{action}: {}", reply.text);
        assert!(reply.text.starts_with("<ErrorResponse xmlns="));
    }
}

#[tokio::test]
async fn ecs_refuses_what_aws_refuses_in_its_words() {
    let world = world().await;
    let network = json!({"awsvpcConfiguration": {"subnets": ["s"]}});
    let service = |more: Value| {
        let mut params = json!({
            "cluster": "shop", "serviceName": "web", "taskDefinition": "nginx:1", "desiredCount": 1,
            "launchType": "FARGATE", "networkConfiguration": network,
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let behind = |group: &str, container: &str, port: u16| {
        service(
            json!({"loadBalancers": [{"targetGroupArn": group, "containerName": container, "containerPort": port}]}),
        )
    };
    let mut no_network = service(json!({}));
    no_network.as_object_mut().unwrap().remove("networkConfiguration");
    let invalid = "InvalidParameterException";
    let rows: Vec<(&str, Value, &str, &str)> = vec![
        (
            "CreateService",
            service(json!({"cluster": "nope"})),
            "ClusterNotFoundException",
            "Cluster not found.",
        ),
        (
            "CreateService",
            no_network,
            invalid,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            "CreateService",
            service(json!({"taskDefinition": "nginx:99"})),
            "ClientException",
            "TaskDefinition not found.",
        ),
        ("CreateService", service(json!({"serviceName": "a b"})), invalid, ""),
        ("CreateService", service(json!({"desiredCount": -1})), invalid, ""),
        ("CreateService", service(json!({"desiredCount": "1"})), "SerializationException", ""),
        (
            "CreateService",
            behind("$U", "nginx", 80),
            invalid,
            "The target group with targetGroupArn $U does not have an associated load balancer.",
        ),
        ("CreateService", behind("$G0", "nginx", 80), invalid, "The target group $G0 does not exist."),
        (
            "CreateService",
            behind("$I", "nginx", 80),
            invalid,
            "The provided target group $I has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.",
        ),
        (
            "CreateService",
            behind("$G", "web", 80),
            invalid,
            "The container web does not exist in the task definition.",
        ),
        (
            "CreateService",
            behind("$G", "nginx", 81),
            invalid,
            "The container nginx did not have a container port 81 defined.",
        ),
        (
            "CreateService",
            service(json!({"healthCheckGracePeriodSeconds": 5})),
            invalid,
            "Health check grace period is only valid for services configured to use load balancers",
        ),
        (
            "CreateService",
            service(json!({"schedulingStrategy": "DAEMON"})),
            invalid,
            "The daemon scheduling strategy does not support a desired count for services",
        ),
        (
            "CreateService",
            service(json!({"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]})),
            invalid,
            "Specifying both a launch type and capacity provider strategy",
        ),
        (
            "CreateService",
            service(json!({"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true}}})),
            invalid,
            "",
        ),
        (
            "CreateService",
            service(
                json!({"availabilityZoneRebalancing": "ENABLED", "deploymentConfiguration": {"maximumPercent": 100}}),
            ),
            invalid,
            "",
        ),
        ("CreateService", service(json!({"tags": [{"key": "aws:x", "value": ""}]})), invalid, ""),
        (
            "UpdateService",
            json!({"cluster": "shop", "service": "nope"}),
            "ServiceNotFoundException",
            "Service not found.",
        ),
        ("DeleteService", json!({"cluster": "shop", "service": "nope"}), "ServiceNotFoundException", ""),
        ("DescribeServices", json!({"cluster": "nope", "services": ["x"]}), "ClusterNotFoundException", ""),
        (
            "DescribeServices",
            json!({"cluster": "shop", "services": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]}),
            invalid,
            "",
        ),
        (
            "DescribeTaskDefinition",
            json!({"taskDefinition": "nope"}),
            "ClientException",
            "Unable to describe task definition.",
        ),
        (
            "RegisterTaskDefinition",
            json!({"family": "x", "containerDefinitions": []}),
            "ClientException",
            "Container list cannot be empty.",
        ),
        (
            "RegisterTaskDefinition",
            json!({"family": "x", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "4096", "containerDefinitions": [{"name": "x", "image": "x"}]}),
            "ClientException",
            "No Fargate configuration exists for given values.",
        ),
        ("StopTask", json!({"cluster": "shop", "task": "x"}), invalid, "The referenced task was not found."),
        ("ListTasks", json!({"cluster": "shop", "serviceName": "x"}), "ServiceNotFoundException", ""),
        ("ListServices", json!({"cluster": "shop", "maxResults": 101}), invalid, ""),
        ("ListServices", json!({"cluster": "shop", "nextToken": "x"}), invalid, ""),
        (
            "TagResource",
            json!({"resourceArn": "arn:aws:ecs:eu-west-1:123456789012:service/web", "tags": []}),
            invalid,
            "Long arn format",
        ),
        ("DoNothing", json!({}), "UnknownOperationException", ""),
    ];
    for (operation, params, code, text) in rows {
        let params: Value = serde_json::from_str(&world.fill(&params.to_string())).unwrap();
        let reply = world.sandbox.ecs(operation, params.clone()).await;
        let body = reply.json();
        assert_eq!(
            (reply.status, body["__type"].as_str()),
            (400, Some(code)),
            "{operation} {params}: {body}"
        );
        assert!(body["message"].as_str().unwrap().contains(&world.fill(text)), "{operation}: {body}");
    }
    let reply = world.sandbox.try_ecs("ListClusters", "{nonsense").await.unwrap();
    assert_eq!((reply.status, reply.json()["__type"].as_str()), (400, Some("SerializationException")));
}

#[tokio::test]
async fn creations_are_idempotent_for_the_same_parameters_only() {
    let world = world().await;
    let group = world.fill("$G");
    assert_eq!(world.sandbox.target_group("used").await, group);
    let service = |count: u32| {
        json!({
            "cluster": "shop", "serviceName": "web", "taskDefinition": "nginx:1", "desiredCount": count,
            "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}},
        })
    };
    assert_eq!(world.sandbox.ecs("CreateService", service(0)).await.status, 200);
    assert_eq!(world.sandbox.ecs("CreateService", service(0)).await.status, 200);
    let refused = world.sandbox.ecs("CreateService", service(1)).await.json();
    assert_eq!(refused["message"], "Creation of service was not idempotent.");
}

#[tokio::test]
async fn answers_have_the_shapes_the_sdks_expect() {
    let world = world().await;
    let empty = world.sandbox.elb("DeleteRule", &world.fill("RuleArn=$R")).await;
    assert!(
        empty.text.contains("<DeleteRuleResult></DeleteRuleResult><ResponseMetadata><RequestId>"),
        "{}",
        empty.text
    );
    assert_eq!(element(&empty.text, "RequestId"), empty.request_id);
    world.sandbox.rule(20, "b.example.com", &world.fill("$G")).await;
    let first = world.sandbox.elb("DescribeRules", &world.fill("ListenerArn=$L&PageSize=1")).await;
    assert_eq!(element(&first.text, "Priority"), "20");
    let next = format!("ListenerArn=$L&PageSize=1&Marker={}", element(&first.text, "NextMarker"));
    let last = world.sandbox.elb("DescribeRules", &world.fill(&next)).await;
    assert_eq!((element(&last.text, "Priority"), element(&last.text, "IsDefault")), ("default", "true"));
    assert!(!last.text.contains("NextMarker"));
    let one = world.sandbox.ecs("ListTaskDefinitions", json!({"maxResults": 13})).await.json();
    assert_eq!(one["taskDefinitionArns"].as_array().unwrap().len(), 13);
    let two = world
        .sandbox
        .ecs("ListTaskDefinitions", json!({"maxResults": 13, "nextToken": one["nextToken"]}))
        .await
        .json();
    let all = world.sandbox.running.ready.task_definitions.len();
    assert_eq!(two["taskDefinitionArns"].as_array().unwrap().len(), all - 13);
    assert_eq!(two.get("nextToken"), None);
    let missing =
        world.sandbox.ecs("DescribeServices", json!({"cluster": "shop", "services": ["nope"]})).await.json();
    assert_eq!(missing["failures"][0]["reason"], "MISSING");
    assert_eq!(missing["failures"][0]["arn"], "arn:aws:ecs:eu-west-1:123456789012:service/shop/nope");
}

#[tokio::test]
async fn tags_survive_what_xml_would_not() {
    let world = world().await;
    let set =
        world.fill("ResourceArns.member.1=$R&Tags.member.1.Key=k&Tags.member.1.Value=%3Ca%3E%26%22%27%0D%01");
    assert_eq!(world.sandbox.elb("AddTags", &set).await.status, 200);
    let read = world.sandbox.elb("DescribeTags", &world.fill("ResourceArns.member.1=$R")).await;
    assert_eq!(element(&read.text, "Value"), "&lt;a&gt;&amp;&quot;'&#13;\u{FFFD}");
}

/// STS API reference, GetCallerIdentity and common errors.
#[tokio::test]
async fn a_caller_learns_whose_account_it_is_and_an_unknown_call_gets_its_protocols_refusal() {
    let sandbox = Sandbox::fast().await;
    let asked = sandbox.signed("sts", "Action=GetCallerIdentity&Version=2011-06-15").await.unwrap();
    assert_eq!((asked.status, element(&asked.text, "Account")), (200, "123456789012"));
    assert_eq!(element(&asked.text, "Arn"), "arn:aws:iam::123456789012:user/sandbox");
    assert!(
        asked
            .text
            .starts_with("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">")
    );
    for (service, version) in
        [("sts", "2011-06-15"), ("elasticloadbalancing", "2012-06-01"), ("rds", "2014-10-31")]
    {
        let refused =
            sandbox.signed(service, &format!("Action=AssumeNothing&Version={version}")).await.unwrap();
        assert_eq!((refused.status, element(&refused.text, "Code")), (400, "InvalidAction"), "{service}");
        let text = format!("Could not find operation AssumeNothing for version {version}");
        assert_eq!(element(&refused.text, "Message"), text);
    }
}
