//! AWS's own clients on the sandbox, for what a test does by hand.

use aws_credential_types::Credentials;
use aws_sdk_ecs::config::{BehaviorVersion, Region};
use aws_sdk_ecs::types::{ContainerDefinition, KeyValuePair, NetworkMode, PortMapping};
use aws_sdk_elasticloadbalancingv2 as elb;

pub struct Api {
    pub ecs: aws_sdk_ecs::Client,
    pub elb: elb::Client,
    pub cluster: String,
}

impl Api {
    pub fn new(endpoint: &str, region: &str, cluster: &str) -> Api {
        let credentials = || Credentials::new("sandbox", "sandbox", None, None, "test");
        let ecs = aws_sdk_ecs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials())
            .endpoint_url(endpoint)
            .build();
        let elb = elb::Config::builder()
            .behavior_version(elb::config::BehaviorVersion::latest())
            .region(elb::config::Region::new(region.to_owned()))
            .credentials_provider(credentials())
            .endpoint_url(endpoint)
            .build();
        Api {
            ecs: aws_sdk_ecs::Client::from_conf(ecs),
            elb: elb::Client::from_conf(elb),
            cluster: cluster.to_owned(),
        }
    }

    /// `FAMILY:REVISION` of a new revision with this environment.
    pub async fn register(&self, family: &str, environment: &[(&str, &str)]) -> String {
        let pairs =
            environment.iter().map(|(name, value)| KeyValuePair::builder().name(*name).value(*value).build());
        let container = ContainerDefinition::builder()
            .name("nginx")
            .image("nginx:test")
            .port_mappings(PortMapping::builder().container_port(80).build())
            .set_environment(Some(pairs.collect()))
            .essential(true)
            .build();
        let registered = self
            .ecs
            .register_task_definition()
            .family(family)
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(aws_sdk_ecs::types::Compatibility::Fargate)
            .cpu("256")
            .memory("512")
            .container_definitions(container)
            .send()
            .await
            .unwrap();
        format!("{family}:{}", registered.task_definition().unwrap().revision())
    }

    pub async fn scale(&self, service: &str, count: i32) {
        self.ecs
            .update_service()
            .cluster(&self.cluster)
            .service(service)
            .desired_count(count)
            .send()
            .await
            .unwrap();
    }

    pub async fn delete_service(&self, service: &str) {
        self.ecs.delete_service().cluster(&self.cluster).service(service).force(true).send().await.unwrap();
    }

    /// Everything a rule matches goes to one group, and the other is still part of it.
    pub async fn point(&self, rule: &str, to: &str, other: &str) {
        self.weigh(rule, (to, 100), (other, 0)).await;
    }

    pub async fn weigh(&self, rule: &str, one: (&str, i32), two: (&str, i32)) {
        let group = |(arn, weight): (&str, i32)| {
            elb::types::TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build()
        };
        let forward = elb::types::ForwardActionConfig::builder()
            .target_groups(group(one))
            .target_groups(group(two))
            .build();
        let action = elb::types::Action::builder()
            .r#type(elb::types::ActionTypeEnum::Forward)
            .forward_config(forward)
            .build();
        self.elb.modify_rule().rule_arn(rule).actions(action).send().await.unwrap();
    }

    pub async fn maintenance(&self, rule: &str) {
        let fixed = elb::types::FixedResponseActionConfig::builder()
            .status_code("503")
            .message_body("closed")
            .build();
        let action = elb::types::Action::builder()
            .r#type(elb::types::ActionTypeEnum::FixedResponse)
            .fixed_response_config(fixed)
            .build();
        self.elb.modify_rule().rule_arn(rule).actions(action).send().await.unwrap();
    }

    pub async fn delete_rule(&self, rule: &str) {
        self.elb.delete_rule().rule_arn(rule).send().await.unwrap();
    }

    /// Somebody else's rule: this host gets a fixed answer. Its ARN.
    pub async fn others_rule(&self, listener: &str, priority: i32, host: &str) -> String {
        let hosts = elb::types::HostHeaderConditionConfig::builder().values(host).build();
        let condition =
            elb::types::RuleCondition::builder().field("host-header").host_header_config(hosts).build();
        let fixed = elb::types::FixedResponseActionConfig::builder().status_code("200").build();
        let action = elb::types::Action::builder()
            .r#type(elb::types::ActionTypeEnum::FixedResponse)
            .fixed_response_config(fixed)
            .build();
        let request = self.elb.create_rule().listener_arn(listener).priority(priority);
        let made = request.conditions(condition).actions(action).send().await.unwrap();
        made.rules()[0].rule_arn().unwrap().to_owned()
    }

    /// Somebody else's target group. Its ARN.
    pub async fn others_group(&self, name: &str, vpc: &str) -> String {
        let request = self.elb.create_target_group().name(name).vpc_id(vpc).port(8080);
        let request =
            request.protocol(elb::types::ProtocolEnum::Http).target_type(elb::types::TargetTypeEnum::Ip);
        request.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned()
    }
}
