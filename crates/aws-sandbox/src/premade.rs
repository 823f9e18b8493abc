//! What is there when a sandbox starts, made through the same operations that callers use.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::aws::World;
use super::call::request::{Request, Service};
use super::dice::Dice;
use super::loopback::free_port;
use super::ready::{Listener, Listeners};

pub const CLUSTER: &str = "shop";
pub const VPC: &str = "vpc-0a1b2c3d4e5f60718";
pub const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];
/// A subnet in a zone that the load balancer does not serve.
pub const UNSERVED_SUBNET: &str = "subnet-0a1b2c3d4e5f60003";
pub const SECURITY_GROUP: &str = "sg-0a1b2c3d4e5f60001";

/// The certificate's.
pub const DOMAIN: &str = "example.com";
/// For Terraform's state.
pub const STATE_BUCKET: &str = "shop-terraform-state";
/// Makes dice of its own out of the seed.
const SECURE: u64 = 443;

/// The revision of each family whose tasks never get healthy, and the one whose tasks exit at once.
const SICK: u32 = 7;
const CRASHING: u32 = 8;

/// Which zone each subnet lies in.
pub fn zones(region: &str) -> BTreeMap<String, String> {
    let subnets = SUBNETS.iter().chain([&UNSERVED_SUBNET]);
    subnets
        .zip(["a", "b", "c"])
        .map(|(subnet, zone)| ((*subnet).to_owned(), format!("{region}{zone}")))
        .collect()
}

pub struct Premade {
    pub cluster_arn: String,
    pub load_balancer_arn: String,
    pub listeners: Listeners,
    pub certificate_arn: String,
    pub state_bucket: String,
    pub task_definitions: Vec<String>,
}

fn call(world: &mut World, service: Service, operation: &str, params: Value) -> anyhow::Result<Value> {
    let request = Request { service, operation: operation.to_owned(), params };
    world
        .act(Duration::ZERO, 0, &request, &Default::default())
        .map_err(|error| anyhow!("{operation}: {error}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn make(world: &mut World, nodes: &[Ipv4Addr]) -> anyhow::Result<Premade> {
    let cluster = call(world, Service::Ecs, "CreateCluster", json!({"clusterName": CLUSTER}))?;
    let made = call(
        world,
        Service::Elb,
        "CreateLoadBalancer",
        json!({"Name": CLUSTER, "Subnets": SUBNETS, "SecurityGroups": [SECURITY_GROUP], "Scheme": "internal"}),
    )?;
    let load_balancer_arn = text(&made["LoadBalancers"][0]["LoadBalancerArn"]);
    if let Some(it) = world.state.elb.load_balancers.get_mut(&load_balancer_arn) {
        it.active_at = Duration::ZERO;
    }
    let fixed = json!([{
        "Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "no such site\n"},
    }]);
    let http = free_port(nodes, 8080)?;
    let production = free_port(nodes, 8443)?;
    let test = free_port(nodes, 9443)?;
    let secure = free_port(nodes, 10_443)?;
    let redirect = json!([{
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": secure.to_string(), "StatusCode": "HTTP_301"},
    }]);
    let listener = |world: &mut World,
                    port: u16,
                    actions: &Value,
                    certificate: Option<&str>|
     -> anyhow::Result<Listener> {
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let mut params = json!({
            "LoadBalancerArn": load_balancer_arn, "Port": port.to_string(), "Protocol": scheme.to_uppercase(),
            "DefaultActions": actions,
        });
        if let Some(arn) = certificate {
            params["Certificates"] = json!([{"CertificateArn": arn}]);
            params["SslPolicy"] = json!("ELBSecurityPolicy-TLS13-1-2-2021-06");
        }
        let made = call(world, Service::Elb, "CreateListener", params)?;
        Ok(Listener { arn: text(&made["Listeners"][0]["ListenerArn"]), port, scheme: scheme.to_owned() })
    };
    let http = listener(world, http, &redirect, None)?;
    let production = listener(world, production, &fixed, None)?;
    let test = listener(world, test, &fixed, None)?;
    let mut task_definitions = Vec::new();
    for family in ["nginx", "apache"] {
        for revision in 1..=CRASHING {
            let body = format!("{family} v{revision}");
            // Two bad releases of each, to see what becomes of them.
            let misbehaviour = match revision {
                SICK => Some("UNHEALTHY"),
                CRASHING => Some("EXIT_ON_START"),
                _ => None,
            };
            let params = definition(world, family, &format!("v{revision}"), &body, misbehaviour);
            call(world, Service::Ecs, "RegisterTaskDefinition", params)?;
            task_definitions.push(format!("{family}:{revision}"));
        }
    }
    // From dice of its own: what came before there was TLS is drawn as it was.
    let dice = std::mem::replace(&mut world.dice, Dice::new(world.settings.seed ^ SECURE));
    let certificate_arn = certificate(world)?;
    let https = listener(world, secure, &fixed, Some(&certificate_arn))?;
    world.dice = dice;
    call(world, Service::S3, "CreateBucket", json!({"Bucket": STATE_BUCKET}))?;
    let listeners = Listeners { http, production, test, https };
    Ok(Premade {
        cluster_arn: text(&cluster["cluster"]["clusterArn"]),
        load_balancer_arn,
        listeners,
        certificate_arn,
        state_bucket: STATE_BUCKET.to_owned(),
        task_definitions,
    })
}

/// One for the example's hosts, issued already.
fn certificate(world: &mut World) -> anyhow::Result<String> {
    let params = json!({
        "DomainName": DOMAIN, "SubjectAlternativeNames": [format!("*.{DOMAIN}")], "ValidationMethod": "DNS",
    });
    let arn = text(&call(world, Service::Acm, "RequestCertificate", params)?["CertificateArn"]);
    if let Some(it) = world.state.acm.certificates.get_mut(&arn) {
        it.issue(Duration::ZERO);
    }
    Ok(arn)
}

fn definition(world: &World, family: &str, tag: &str, body: &str, misbehaviour: Option<&str>) -> Value {
    let mut environment = vec![json!({"name": "BODY", "value": body})];
    environment.extend(misbehaviour.map(|name| json!({"name": name, "value": "1"})));
    let role = format!("arn:aws:iam::{}:role/ecsTaskExecutionRole", world.settings.place.account);
    json!({
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": role,
        "containerDefinitions": [{
            "name": family,
            "image": format!("{family}:{tag}"),
            "essential": true,
            "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
            "environment": environment,
        }],
    })
}
