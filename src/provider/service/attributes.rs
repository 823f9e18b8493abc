//! What users may write: the provider's configuration and `bluegreen_service`, every attribute described.

use std::sync::OnceLock;

use terraform_plugin::{Attribute, Schema, Type, Value};

/// Stored state of another version goes through `upgrade` first.
pub const VERSION: i64 = 0;

pub fn provider() -> Schema {
    let endpoints = Schema::new(0, "Other places to find AWS at, for emulators, proxies and the sandbox.")
        .attribute("ecs", Attribute::string("URL of the Amazon ECS API."))
        .attribute("elasticloadbalancingv2", Attribute::string("URL of the Elastic Load Balancing v2 API."));
    Schema::new(
        0,
        "Blue/green and canary releases of Amazon ECS Fargate services behind one Application Load Balancer.",
    )
    .attribute(
        "region",
        Attribute::string("AWS region. Otherwise `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's."),
    )
    .attribute(
        "profile",
        Attribute::string("Profile of the shared AWS configuration files. Otherwise `AWS_PROFILE`."),
    )
    .attribute(
        "access_key",
        Attribute::string("Access key id. Otherwise the default credential chain of AWS is used.")
            .sensitive(),
    )
    .attribute("secret_key", Attribute::string("Secret access key; goes with `access_key`.").sensitive())
    .attribute("token", Attribute::string("Session token of temporary credentials.").sensitive())
    .attribute(
        "max_retries",
        Attribute::number(
            "How often a call that failed for a passing reason is tried again by the AWS client. Default 5.",
        ),
    )
    .list_block("endpoints", 1, endpoints)
}

/// The resource's schema, made once.
pub fn service_ref() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(service)
}

pub fn service() -> Schema {
    let mut schema = Schema::new(
        VERSION,
        "An ECS Fargate service that stands on two sides, BLUE and GREEN, behind one Application Load Balancer, and is released from one to the other without a failed request: to chosen source addresses first, on the production URL, then to everyone.",
    );
    for (name, attribute) in
        identity().into_iter().chain(release()).chain(runtime()).chain(routing()).chain(computed())
    {
        schema = schema.attribute(name, attribute);
    }
    schema
}

type Named = (&'static str, Attribute);

fn identity() -> Vec<Named> {
    vec![
        ("name", Attribute::string("Name of the service, 1 to 249 letters, digits, hyphens and underscores. The ECS services and target groups are `NAME-blue` and `NAME-green`; a target group name over 32 characters is cut and given a short stable hash.").required().replaces()),
        ("cluster", Attribute::string("Name or ARN of the ECS cluster.").required().replaces()),
        ("vpc_id", Attribute::string("Id of the VPC of the target groups.").required().replaces()),
        ("listener_arn", Attribute::string("ARN of the Application Load Balancer listener that gets the production and canary rules.").required().replaces()),
    ]
}

fn side(name: &str) -> Attribute {
    Attribute::object(
        format!("The {name} side."),
        [(
            "task_definition",
            Attribute::string("Task definition to run, as `family:revision` or ARN. A bare family is refused, because it would change under your feet.").required(),
        )],
    )
    .required()
}

fn release() -> Vec<Named> {
    vec![
        ("blue", side("BLUE")),
        ("green", side("GREEN")),
        ("primary", Attribute::string("Which side is home, `blue`, the default, or `green`. The other one is the candidate. Swapping it after a promotion moves nobody.").default("blue")),
        ("desired_count", Attribute::number("Tasks on the side that serves the public, at least 1. Default 1.").default(1)),
        ("canary_count", Attribute::number("Tasks on the candidate while it is staged or a canary is open, at least 1. Default `desired_count`. Raised to `desired_count` before promotion.").optional_computed()),
        ("standby_count", Attribute::number("Tasks kept on the side that serves nobody. Above 0, going back needs no task to start first. Default 0.").default(0)),
        ("enable_canary", Attribute::bool("Start the candidate. Nobody is sent to it yet. Default `false`.").default(false)),
        ("activate_canary", Attribute::bool("Send `canary_source_ips` to the candidate, on the production address. Needs `enable_canary`. Default `false`.").default(false)),
        ("promote_to_all", Attribute::bool("Send everybody to the candidate. Needs `enable_canary`; excludes `activate_canary`. Default `false`.").default(false)),
        ("canary_source_ips", Attribute::set(Type::String, "IPv4 and IPv6 CIDR blocks, or bare addresses, that see the candidate while the canary is open. This is the address that connects to the load balancer; clients behind CloudFront or another proxy appear with the proxy's. Adjacent blocks are merged; what does not fit one rule is spread over further rules at `canary_priority` − 1, − 2 and so on.").default(Value::List(Vec::new()))),
        ("settle_time", Attribute::string("How long a changed routing must have been seen unchanged before the side left behind is lowered, in Go's duration syntax. Load balancer nodes learn of rule changes at different times. Default `30s`.").default("30s")),
        ("timeouts", Attribute::object("How long each operation may take, in Go's duration syntax.", [
            ("create", Attribute::string("Default `20m`.")),
            ("update", Attribute::string("Default `20m`.")),
            ("delete", Attribute::string("Default `20m`.")),
        ]).optional()),
    ]
}

fn runtime() -> Vec<Named> {
    let strings = |description: &str| Attribute::set(Type::String, description);
    vec![
        ("container_name", Attribute::string("Name of the container that gets the traffic.").required()),
        ("container_port", Attribute::number("Port of that container.").required()),
        (
            "network_configuration",
            Attribute::object(
                "Network of the tasks.",
                [
                    ("subnets", strings("Subnet ids, 1 to 16.").required()),
                    (
                        "security_groups",
                        strings("Security group ids, at most 5. Default: the VPC's default group.")
                            .default(Value::List(Vec::new())),
                    ),
                    (
                        "assign_public_ip",
                        Attribute::bool("Give each task a public address. Default `false`.").default(false),
                    ),
                ],
            )
            .required(),
        ),
        (
            "launch_type",
            Attribute::string("`FARGATE`, the default. Excludes `capacity_provider_strategy`.").optional(),
        ),
        (
            "capacity_provider_strategy",
            Attribute::object_list(
                "Capacity providers instead of a launch type, as for `FARGATE_SPOT`.",
                [
                    ("capacity_provider", Attribute::string("Name of the capacity provider.").required()),
                    ("weight", Attribute::number("Share of the tasks, 0 to 1000. Default 0.").default(0)),
                    (
                        "base",
                        Attribute::number("Tasks to place here first, 0 to 100000. Default 0.").default(0),
                    ),
                ],
            )
            .optional(),
        ),
        (
            "platform_version",
            Attribute::string("Fargate platform version. Default `LATEST`.").default("LATEST"),
        ),
        (
            "health_check_grace_period_seconds",
            Attribute::number(
                "Seconds a new task is spared for failing load balancer health checks. Default 0.",
            )
            .default(0),
        ),
        (
            "enable_execute_command",
            Attribute::bool("Allow ECS Exec into new tasks. Default `false`.").default(false),
        ),
        (
            "propagate_tags",
            Attribute::string(
                "Copy tags to tasks from `SERVICE` or `TASK_DEFINITION`, or `NONE`, the default.",
            )
            .default("NONE"),
        ),
        (
            "enable_ecs_managed_tags",
            Attribute::bool("Let ECS add its own tags to new tasks. Default `false`.").default(false),
        ),
        (
            "availability_zone_rebalancing",
            Attribute::string(
                "`ENABLED`, the default, or `DISABLED`: whether ECS evens out tasks over Availability Zones.",
            )
            .default("ENABLED"),
        ),
        ("tags", Attribute::map(Type::String, "Tags of the services, target groups and rules.").optional()),
    ]
}

fn routing() -> Vec<Named> {
    let strings =
        |description: &str| Attribute::set(Type::String, description).default(Value::List(Vec::new()));
    vec![
        ("host_headers", strings("Host names that belong to this service; `*` and `?` are wildcards. At least one of `host_headers` and `path_patterns` must have a value.")),
        ("path_patterns", strings("Paths that belong to this service; `*` and `?` are wildcards.")),
        ("production_priority", Attribute::number("Priority of the production rule. Default 100.").default(100)),
        ("canary_priority", Attribute::number("Priority of the canary rule, lower than `production_priority`. Default 99.").default(99)),
        ("health_check", Attribute::object("Health check of both target groups.", [
            ("path", Attribute::string("Path to request. Default `/`.").default("/")),
            ("port", Attribute::string("Port, or `traffic-port`, the default.").default("traffic-port")),
            ("protocol", Attribute::string("`HTTP`, the default, or `HTTPS`.").default("HTTP")),
            ("matcher", Attribute::string("Status codes of a healthy answer, as `200`, `200,202` or `200-299`. Default `200`.").default("200")),
            ("interval", Attribute::number("Seconds between checks, 5 to 300. Default 10.").default(10)),
            ("timeout", Attribute::number("Seconds without an answer that fail a check, 2 to 120, below `interval`. Default 5.").default(5)),
            ("healthy_threshold", Attribute::number("Passed checks in a row that make a target healthy, 2 to 10. Default 2. A side counts as proved after `healthy_threshold` × `interval`.").default(2)),
            ("unhealthy_threshold", Attribute::number("Failed checks in a row that make a target unhealthy, 2 to 10. Default 2.").default(2)),
        ]).default(Value::object::<&str>([]))),
        ("target_group", Attribute::object("Further settings of both target groups.", [
            ("port", Attribute::number("Port of the target group; tasks register with `container_port` whatever it is. Default `container_port`. Kept for life.").optional_computed()),
            ("protocol", Attribute::string("`HTTP`, the default, or `HTTPS`. Kept for life.").default("HTTP")),
            ("protocol_version", Attribute::string("`HTTP1`, the default, `HTTP2` or `GRPC`. Kept for life.").default("HTTP1")),
            ("deregistration_delay", Attribute::number("Seconds a leaving task may finish its requests, 0 to 3600. Default 60.").default(60)),
            ("slow_start", Attribute::number("Seconds a new task's share grows over, 30 to 900, or 0, the default, for none.").default(0)),
            ("load_balancing_algorithm_type", Attribute::string("`round_robin`, the default, `least_outstanding_requests` or `weighted_random`.").default("round_robin")),
        ]).default(Value::object::<&str>([]))),
        ("test_listener", Attribute::object("A private rule on another listener of the same load balancer that always reaches the candidate while it has tasks.", [
            ("arn", Attribute::string("ARN of the listener.").required()),
            ("priority", Attribute::number("Priority of the rule on it.").required()),
            ("allowed_cidrs", Attribute::set(Type::String, "Source addresses that may use it. Default: all.").default(Value::List(Vec::new()))),
        ]).optional()),
    ]
}

fn computed() -> Vec<Named> {
    let string = |description: &str| Attribute::string(description).computed();
    vec![
        ("id", string("`CLUSTER/NAME`.")),
        (
            "phase",
            string(
                "`stable`, `staged`, `canary`, `promoted`, or `in_transition` when what is there is none of them.",
            ),
        ),
        ("production_color", string("The side that serves the public, `blue` or `green`.")),
        (
            "rollout_steps",
            Attribute::list(Type::String, "The steps the apply takes, in order, known when planning.")
                .computed(),
        ),
        ("blue_service_arn", string("ARN of the BLUE service.")),
        ("green_service_arn", string("ARN of the GREEN service.")),
        ("blue_target_group_arn", string("ARN of the BLUE target group.")),
        ("green_target_group_arn", string("ARN of the GREEN target group.")),
        ("production_rule_arn", string("ARN of the production rule.")),
        (
            "canary_rule_arns",
            Attribute::list(Type::String, "ARNs of the canary rules; empty when no canary is open.")
                .computed(),
        ),
        ("test_rule_arn", string("ARN of the test listener's rule; null while there is none.")),
        ("tags_all", Attribute::map(Type::String, "All tags users asked for.").computed()),
    ]
}
