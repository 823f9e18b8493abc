//! A world on a bench: virtual time, and a data plane of a few lines that does as told.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use aws_sandbox::aws::place::Place;
use aws_sandbox::aws::{Settings, World};
use aws_sandbox::call::error::{Answer, ApiError};
use aws_sandbox::call::request::{Request, Service};
use aws_sandbox::faults::verdict::Verdict;
use aws_sandbox::seam::{CheckOutcome, Order, Report, TaskSpec};
use aws_sandbox::state_json;
use bluegreen_provider::referee::Referee;
use serde_json::{Value, json};

pub struct Bench {
    pub world: World,
    pub now: Duration,
    pub running: BTreeMap<String, TaskSpec>,
    /// Addresses whose health checks fail.
    pub sick: BTreeSet<Ipv4Addr>,
    /// Orders seen, with their times.
    pub orders: Vec<(f64, Order)>,
    next_check: Duration,
    pub listener: String,
}

/// The query protocol has strings only.
fn texts(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Array(values) => values.into_iter().map(texts).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, texts(value))).collect(),
        other => other,
    }
}

pub fn settings(seed: u64) -> Settings {
    Settings {
        place: Place { region: "eu-west-1".into(), account: "123456789012".into(), epoch: 1.7e9 },
        seed,
        nodes: 2,
        vpc_id: "vpc-1".into(),
        zones: [("far".to_owned(), "eu-west-1c".to_owned())].into(),
        propagation: Duration::from_secs(5),
        task_start: Duration::from_secs(40),
        enforce_rate_limits: false,
        rules_per_load_balancer: 100,
        groups_per_load_balancer: 100,
        network: 77,
    }
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        Self::with(settings(seed))
    }

    /// With a cluster `shop`, a load balancer and a listener.
    pub fn with(settings: Settings) -> Self {
        let mut bench = Self {
            world: World::new(settings),
            now: Duration::ZERO,
            running: BTreeMap::new(),
            sick: BTreeSet::new(),
            orders: Vec::new(),
            next_check: Duration::ZERO,
            listener: String::new(),
        };
        bench.world.witness = Referee::boxed();
        bench.ecs("CreateCluster", json!({"clusterName": "shop"})).unwrap();
        let made = bench.elb("CreateLoadBalancer", json!({"Name": "shop", "Subnets": ["a", "b"]})).unwrap();
        let arn = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
        let action = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
        let params =
            json!({"LoadBalancerArn": arn, "Port": 80, "Protocol": "HTTP", "DefaultActions": action});
        let made = bench.elb("CreateListener", params).unwrap();
        bench.listener = made["Listeners"][0]["ListenerArn"].as_str().unwrap().to_owned();
        bench
    }

    fn act(&mut self, service: Service, operation: &str, params: Value) -> Answer {
        self.settle();
        let request = Request { service, operation: operation.to_owned(), params };
        let (number, verdict) = self.world.arrive(self.now, &request, Default::default());
        let answer = self.world.act(self.now, number, &request, &verdict);
        assert_eq!(verdict.hold_before, Verdict::default().hold_before);
        self.settle();
        answer
    }

    pub fn ecs(&mut self, operation: &str, params: Value) -> Answer {
        self.act(Service::Ecs, operation, params)
    }

    pub fn elb(&mut self, operation: &str, params: Value) -> Answer {
        self.act(Service::Elb, operation, texts(params))
    }

    pub fn acm(&mut self, operation: &str, params: Value) -> Answer {
        self.act(Service::Acm, operation, params)
    }

    /// Requests a certificate and waits until it is issued; its ARN.
    pub fn certificate(&mut self, domain: &str) -> String {
        let params = json!({"DomainName": domain, "ValidationMethod": "DNS"});
        let made = self.acm("RequestCertificate", params).unwrap();
        self.now += Duration::from_secs(60);
        made["CertificateArn"].as_str().unwrap().to_owned()
    }

    pub fn ecs_error(&mut self, operation: &str, params: Value) -> ApiError {
        self.ecs(operation, params).expect_err(operation)
    }

    /// Registers revision 1, 2 … of a family; variables that the toy tasks know may be given.
    pub fn task_definition(&mut self, family: &str, environment: Value) -> String {
        let params = json!({
            "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": "256", "memory": "512", "executionRoleArn": "arn:aws:iam::123456789012:role/x",
            "containerDefinitions": [{
                "name": "web", "image": "web", "portMappings": [{"containerPort": 80}],
                "environment": environment,
            }],
        });
        let made = self.ecs("RegisterTaskDefinition", params).unwrap();
        made["taskDefinition"]["taskDefinitionArn"].as_str().unwrap().to_owned()
    }

    pub fn target_group(&mut self, name: &str) -> String {
        let params = json!({
            "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip",
            "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
        });
        let made = self.elb("CreateTargetGroup", params).unwrap();
        let arn = made["TargetGroups"][0]["TargetGroupArn"].as_str().unwrap().to_owned();
        let delay = json!([{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]);
        self.elb("ModifyTargetGroupAttributes", json!({"TargetGroupArn": arn, "Attributes": delay})).unwrap();
        arn
    }

    /// A rule for `HOST.example.com` with weights by group.
    pub fn rule(&mut self, priority: u32, host: &str, weights: &[(&str, u32)]) -> String {
        let params = json!({
            "ListenerArn": self.listener, "Priority": priority,
            "Conditions": [{"Field": "host-header", "Values": [format!("{host}.example.com")]}],
            "Actions": forward(weights),
        });
        let made = self.elb("CreateRule", params).unwrap();
        made["Rules"][0]["RuleArn"].as_str().unwrap().to_owned()
    }

    /// A service behind one group, with `more` members of the request.
    pub fn service(&mut self, name: &str, definition: &str, count: u32, group: &str, more: Value) {
        let mut params = json!({
            "cluster": "shop", "serviceName": name, "taskDefinition": definition, "desiredCount": count,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}},
            "loadBalancers": [{"targetGroupArn": group, "containerName": "web", "containerPort": 80}],
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ecs("CreateService", params).unwrap();
    }

    pub fn update(&mut self, name: &str, more: Value) -> Answer {
        let mut params = json!({"cluster": "shop", "service": name});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ecs("UpdateService", params)
    }

    pub fn described(&mut self, name: &str) -> Value {
        let answer = self.ecs("DescribeServices", json!({"cluster": "shop", "services": [name]})).unwrap();
        answer["services"][0].clone()
    }

    /// Event messages, newest first.
    pub fn events(&mut self, name: &str) -> Vec<String> {
        let events = self.described(name)["events"].as_array().unwrap().clone();
        events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Target states by address, for example `["healthy", "draining"]`.
    pub fn states(&mut self, group: &str) -> Vec<String> {
        let answer = self.elb("DescribeTargetHealth", json!({"TargetGroupArn": group})).unwrap();
        let list = answer["TargetHealthDescriptions"].as_array().unwrap().clone();
        list.iter().map(|it| it["TargetHealth"]["State"].as_str().unwrap().to_owned()).collect()
    }

    /// Lets what is due now happen, and does what the world orders.
    fn settle(&mut self) {
        loop {
            let orders = self.world.tick(self.now);
            if orders.is_empty() {
                return;
            }
            for order in orders {
                self.orders.push((self.now.as_secs_f64(), order.clone()));
                let report = match order {
                    Order::Start(spec) if spec.environment.contains_key("EXIT_ON_START") => {
                        Report::Exited { task: spec.id, code: 1 }
                    }
                    Order::Start(spec) => {
                        let task = spec.id.clone();
                        self.running.insert(task.clone(), spec);
                        Report::Started { task }
                    }
                    Order::Terminate { task } => {
                        self.running.remove(&task);
                        Report::Exited { task, code: 0 }
                    }
                    Order::Kill { task } => {
                        self.running.remove(&task);
                        Report::Exited { task, code: 137 }
                    }
                };
                self.world.report(self.now, report);
            }
        }
    }

    fn check(&mut self) {
        for node in 0..self.world.nodes() {
            for group in self.world.view(node).groups.into_values() {
                for target in group.targets {
                    let spec = self.running.values().find(|spec| spec.ip == target.ip);
                    let outcome = match spec {
                        None => CheckOutcome::Failed,
                        Some(spec)
                            if spec.environment.contains_key("UNHEALTHY") || self.sick.contains(&spec.ip) =>
                        {
                            CheckOutcome::Mismatch(503)
                        }
                        Some(_) => CheckOutcome::Passed,
                    };
                    let report = Report::Checked {
                        node,
                        group: group.arn.clone(),
                        ip: target.ip,
                        port: target.port,
                        outcome,
                    };
                    self.world.report(self.now, report);
                }
            }
        }
    }

    /// Lets `seconds` pass; targets are checked every five.
    pub fn pass(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        loop {
            self.settle();
            let next = self.world.next_wakeup().unwrap_or(Duration::MAX).min(self.next_check);
            if next > end {
                self.now = end;
                return self.settle();
            }
            self.now = self.now.max(next);
            if self.now >= self.next_check {
                self.settle();
                self.check();
                self.next_check = self.now + Duration::from_secs(5);
            }
        }
    }

    /// Lets time pass until `done`, at most so many seconds; when it was.
    pub fn until(&mut self, most: f64, done: impl Fn(&mut Self) -> bool) -> f64 {
        let start = self.now;
        while !done(self) {
            let passed = (self.now - start).as_secs_f64();
            assert!(passed < most, "not within {most} s: {:#}", state_json(&self.world, self.now, 1.0));
            self.pass(0.5);
        }
        (self.now - start).as_secs_f64()
    }

    pub fn steady(&mut self, name: &str) -> bool {
        let it = self.described(name);
        it["deployments"].as_array().unwrap().len() == 1
            && it["deployments"][0]["rolloutState"] == "COMPLETED"
            && it["runningCount"] == it["desiredCount"]
    }

    /// Times of SIGTERMs.
    pub fn terminations(&self) -> Vec<f64> {
        let sigterm = self.orders.iter().filter(|(_, order)| matches!(order, Order::Terminate { .. }));
        sigterm.map(|(at, _)| *at).collect()
    }
}

pub fn forward(weights: &[(&str, u32)]) -> Value {
    let tuples: Vec<Value> =
        weights.iter().map(|(arn, weight)| json!({"TargetGroupArn": arn, "Weight": weight})).collect();
    json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": tuples}}])
}
