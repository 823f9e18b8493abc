//! The AWS SDKs for Rust, unchanged, against the sandbox: a service from nothing to nothing.

use aws_credential_types::Credentials;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, LaunchType, LoadBalancer, NetworkConfiguration, ServiceField, Tag,
};
use aws_sdk_elasticloadbalancingv2 as elb;
use elb::types::{
    Action, ActionTypeEnum, ForwardActionConfig, ProtocolEnum, RuleCondition, TargetGroupTuple,
    TargetHealthStateEnum, TargetTypeEnum,
};

use crate::wire::Sandbox;

fn clients(sandbox: &Sandbox) -> (aws_sdk_ecs::Client, elb::Client) {
    let credentials = || Credentials::new("test", "test", None, None, "test");
    let endpoint = &sandbox.running.ready.endpoint;
    let region = &sandbox.running.ready.region;
    let ecs = aws_sdk_ecs::Config::builder()
        .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_sdk_ecs::config::Region::new(region.clone()))
        .credentials_provider(credentials())
        .build();
    let elb = elb::Config::builder()
        .behavior_version(elb::config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(elb::config::Region::new(region.clone()))
        .credentials_provider(credentials())
        .build();
    (aws_sdk_ecs::Client::from_conf(ecs), elb::Client::from_conf(elb))
}

#[tokio::test]
async fn a_service_goes_from_nothing_to_nothing() {
    let sandbox = Sandbox::fast().await;
    let (ecs, elb) = clients(&sandbox);
    let ready = &sandbox.running.ready;
    let group = elb
        .create_target_group()
        .name("web-blue")
        .protocol(ProtocolEnum::Http)
        .port(80)
        .vpc_id(&ready.vpc_id)
        .target_type(TargetTypeEnum::Ip)
        .health_check_interval_seconds(5)
        .health_check_timeout_seconds(2)
        .send()
        .await
        .unwrap();
    let group = group.target_groups()[0].target_group_arn().unwrap().to_owned();
    let tuple = TargetGroupTuple::builder().target_group_arn(&group).weight(100).build();
    let forward = ForwardActionConfig::builder().target_groups(tuple).build();
    let action = Action::builder().r#type(ActionTypeEnum::Forward).forward_config(forward).build();
    let host = RuleCondition::builder().field("host-header").values("web.example.com").build();
    let create = |priority| {
        elb.create_rule()
            .listener_arn(&ready.listeners.production.arn)
            .priority(priority)
            .conditions(host.clone())
            .actions(action.clone())
    };
    let rule = create(100).send().await.unwrap().rules()[0].rule_arn().unwrap().to_owned();
    let clash = create(100).send().await.unwrap_err().into_service_error();
    assert!(clash.is_priority_in_use_exception(), "{clash:?}");
    let read = elb.describe_rules().rule_arns(&rule).send().await.unwrap();
    let read = &read.rules()[0];
    assert_eq!(read.priority(), Some("100"));
    assert_eq!(read.actions()[0].target_group_arn(), Some(group.as_str()));
    assert_eq!(read.conditions()[0].host_header_config().unwrap().values(), ["web.example.com"]);

    let vpc = AwsVpcConfiguration::builder().set_subnets(Some(ready.subnets.clone())).build().unwrap();
    let made = ecs
        .create_service()
        .cluster(&ready.cluster)
        .service_name("web-blue")
        .task_definition("nginx:1")
        .desired_count(2)
        .launch_type(LaunchType::Fargate)
        .network_configuration(NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
        .load_balancers(
            LoadBalancer::builder()
                .target_group_arn(&group)
                .container_name("nginx")
                .container_port(80)
                .build(),
        )
        .tags(Tag::builder().key("a").value("b").build())
        .send()
        .await
        .unwrap();
    assert_eq!(made.service().unwrap().status(), Some("ACTIVE"));
    loop {
        let health = elb.describe_target_health().target_group_arn(&group).send().await.unwrap();
        let healthy = health.target_health_descriptions().iter().filter(|it| {
            it.target_health().and_then(|it| it.state()) == Some(&TargetHealthStateEnum::Healthy)
        });
        if healthy.count() == 2 {
            break;
        }
        sandbox.running.clock.sleep(std::time::Duration::from_secs(1)).await;
    }
    let arns = ecs.list_tasks().cluster(&ready.cluster).service_name("web-blue").send().await.unwrap();
    let tasks =
        ecs.describe_tasks().cluster(&ready.cluster).set_tasks(Some(arns.task_arns().to_vec())).send().await;
    let tasks = tasks.unwrap();
    assert_eq!(tasks.tasks().len(), 2);
    let details = tasks.tasks()[0].attachments()[0].details();
    assert!(details.iter().any(|it| it.name() == Some("privateIPv4Address") && it.value().is_some()));
    let described =
        ecs.describe_services().cluster(&ready.cluster).services("web-blue").include(ServiceField::Tags);
    let described = described.send().await.unwrap();
    assert_eq!(described.services()[0].tags()[0].key(), Some("a"));
    assert!(described.services()[0].created_at().is_some());

    let refused = ecs.delete_service().cluster(&ready.cluster).service("web-blue").send().await.unwrap_err();
    assert!(refused.into_service_error().is_invalid_parameter_exception());
    ecs.update_service().cluster(&ready.cluster).service("web-blue").desired_count(0).send().await.unwrap();
    ecs.delete_service().cluster(&ready.cluster).service("web-blue").force(true).send().await.unwrap();
    let again =
        ecs.update_service().cluster(&ready.cluster).service("web-blue").desired_count(1).send().await;
    assert!(again.unwrap_err().into_service_error().is_service_not_active_exception());
    let in_use = elb.delete_target_group().target_group_arn(&group).send().await.unwrap_err();
    assert!(in_use.into_service_error().is_resource_in_use_exception());
    elb.delete_rule().rule_arn(&rule).send().await.unwrap();
    elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    let gone = elb.describe_target_groups().target_group_arns(&group).send().await.unwrap_err();
    assert!(gone.into_service_error().is_target_group_not_found_exception());
}

#[tokio::test]
async fn the_sdk_retries_a_throttle_and_the_journal_shows_the_attempts() {
    let sandbox = Sandbox::fast().await;
    let (ecs, _) = clients(&sandbox);
    sandbox.fault(serde_json::json!({"kind": "throttle", "count": 1})).await;
    ecs.list_clusters().send().await.unwrap();
    let calls = sandbox.get("/_sandbox/calls").await;
    let attempts: Vec<_> =
        calls["calls"].as_array().unwrap().iter().map(|it| it["attempt"].as_u64()).collect();
    assert_eq!(attempts, [Some(1), Some(2)]);
    assert_eq!(calls["calls"][0]["caller"], "test");
}

#[tokio::test]
async fn what_rules_carry_goes_there_and_back() {
    let sandbox = Sandbox::fast().await;
    let (_, elb) = clients(&sandbox);
    let ready = &sandbox.running.ready;
    let group = sandbox.target_group("web").await;
    let certificate = elb::types::Certificate::builder().certificate_arn(&ready.certificate_arn).build();
    let forward =
        || Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group).order(2).build();
    let listener = elb
        .create_listener()
        .load_balancer_arn(&ready.load_balancer_arn)
        .port(18_443)
        .protocol(ProtocolEnum::Https)
        .certificates(certificate)
        .default_actions(forward())
        .send()
        .await
        .unwrap();
    let login = elb::types::AuthenticateOidcActionConfig::builder()
        .issuer("https://idp.example.com/")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/me")
        .client_id("shop")
        .client_secret("s3cret")
        .authentication_request_extra_params("prompt", "login")
        .authentication_request_extra_params("hd", "a & b")
        .build();
    let login =
        Action::builder().r#type(ActionTypeEnum::AuthenticateOidc).order(1).authenticate_oidc_config(login);
    let rewrite = elb::types::RewriteConfig::builder().regex("^/api/(.*)$").replace("/$1").build();
    let rewrite = elb::types::UrlRewriteConfig::builder().rewrites(rewrite).build();
    let transform = elb::types::RuleTransform::builder()
        .r#type(elb::types::TransformTypeEnum::UrlRewrite)
        .url_rewrite_config(rewrite)
        .build();
    let host =
        elb::types::HostHeaderConditionConfig::builder().regex_values("^(a|b)[.]example[.]com$").build();
    let condition = RuleCondition::builder().field("host-header").host_header_config(host).build();
    let made = elb
        .create_rule()
        .listener_arn(listener.listeners()[0].listener_arn().unwrap())
        .priority(7)
        .conditions(condition.clone())
        .actions(login.build())
        .actions(forward())
        .transforms(transform.clone())
        .send()
        .await
        .unwrap();
    let rule = elb.describe_rules().rule_arns(made.rules()[0].rule_arn().unwrap()).send().await.unwrap();
    let rule = &rule.rules()[0];
    assert_eq!(rule.transforms(), [transform]);
    assert_eq!(rule.conditions()[0].host_header_config(), condition.host_header_config());
    let config = rule.actions()[0].authenticate_oidc_config().unwrap();
    let extra = config.authentication_request_extra_params().unwrap();
    assert_eq!((extra["prompt"].as_str(), extra["hd"].as_str(), extra.len()), ("login", "a & b", 2));
    assert_eq!((config.client_secret(), config.session_timeout()), (None, Some(604_800)));
    assert_eq!((rule.actions()[1].order(), rule.actions().len()), (Some(2), 2));
}
