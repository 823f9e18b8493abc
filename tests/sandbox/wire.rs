//! A sandbox in this process, and raw calls to it.

use aws_sandbox::{Running, SandboxOptions, start};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub struct Sandbox {
    pub running: Running,
    _dir: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub request_id: String,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Sandbox {
    pub async fn start(options: SandboxOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let running = start(SandboxOptions { dir: dir.path().to_owned(), ..options }).await.unwrap();
        Self { running, _dir: dir }
    }

    /// Fast, and with nodes that learn of rules at once.
    pub async fn fast() -> Self {
        Self::start(SandboxOptions { speed: 50.0, propagation: 0.0, ..SandboxOptions::default() }).await
    }

    pub async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let address = self.running.ready.endpoint.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub async fn send(&self, request: Request<Full<Bytes>>) -> hyper::Result<Reply> {
        let answer = self.connect().await.send_request(request).await?;
        let status = answer.status().as_u16();
        let id = answer.headers().get("x-amzn-requestid").map(|id| id.to_str().unwrap().to_owned());
        let body = answer.into_body().collect().await?.to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Ok(Reply { status, request_id: id.unwrap_or_default(), text })
    }

    pub async fn try_ecs(&self, operation: &str, params: &str) -> hyper::Result<Reply> {
        self.json(&format!("AmazonEC2ContainerServiceV20141113.{operation}"), params).await
    }

    /// A call by the JSON protocol.
    async fn json(&self, target: &str, params: &str) -> hyper::Result<Reply> {
        let request = Request::post("/").header("x-amz-target", target).header("host", "sandbox");
        self.send(request.body(Full::from(params.to_owned())).unwrap()).await
    }

    pub async fn acm(&self, operation: &str, params: Value) -> Reply {
        self.json(&format!("CertificateManager.{operation}"), &params.to_string()).await.unwrap()
    }

    pub async fn ecs(&self, operation: &str, params: Value) -> Reply {
        self.try_ecs(operation, &params.to_string()).await.unwrap()
    }

    /// `params` as on the wire, without Action.
    pub async fn try_elb(&self, action: &str, params: &str) -> hyper::Result<Reply> {
        self.signed("elasticloadbalancing", &format!("Action={action}&Version=2015-12-01&{params}")).await
    }

    /// A call by the query protocol, signed for a service.
    pub async fn signed(&self, service: &str, body: &str) -> hyper::Result<Reply> {
        let scope = format!("AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/{service}/aws4_request");
        let request = Request::post("/").header("host", "sandbox").header("authorization", scope);
        self.send(request.body(Full::from(body.to_owned())).unwrap()).await
    }

    pub async fn elb(&self, action: &str, params: &str) -> Reply {
        self.try_elb(action, params).await.unwrap()
    }

    pub async fn admin(&self, method: Method, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(path).header("host", "sandbox");
        self.send(request.body(Full::from(body)).unwrap()).await.unwrap()
    }

    pub async fn fault(&self, fault: Value) -> u64 {
        let reply = self.admin(Method::POST, "/_sandbox/faults", fault).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["id"].as_u64().unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.admin(Method::GET, path, Value::Null).await.json()
    }

    pub fn listener(&self) -> &str {
        &self.running.ready.listeners.production.arn
    }

    /// An ip target group on HTTP:80; its ARN.
    pub async fn target_group(&self, name: &str) -> String {
        let vpc = &self.running.ready.vpc_id;
        let params = format!("Name={name}&Protocol=HTTP&Port=80&VpcId={vpc}&TargetType=ip");
        let reply = self.elb("CreateTargetGroup", &params).await;
        element(&reply.text, "TargetGroupArn").to_owned()
    }

    /// A rule for one host and group; its ARN.
    pub async fn rule(&self, priority: u32, host: &str, group: &str) -> String {
        let reply = self.elb("CreateRule", &rule(self.listener(), priority, host, group)).await;
        element(&reply.text, "RuleArn").to_owned()
    }
}

pub fn rule(listener: &str, priority: u32, host: &str, group: &str) -> String {
    format!(
        "ListenerArn={listener}&Priority={priority}&Conditions.member.1.Field=host-header\
         &Conditions.member.1.Values.member.1={host}&Actions.member.1.Type=forward\
         &Actions.member.1.TargetGroupArn={group}"
    )
}

/// The text of the first element of that name.
pub fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start =
        xml.find(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}")) + name.len() + 2;
    let length = xml[start..].find('<').unwrap();
    &xml[start..start + length]
}

#[tokio::test]
async fn the_ready_values_are_also_terraform_variables() {
    let sandbox = Sandbox::fast().await;
    let ready = &sandbox.running.ready;
    let text = std::fs::read_to_string(&ready.tfvars).unwrap();
    let variables: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(variables["endpoint"], ready.endpoint);
    assert_eq!(variables["listeners"]["production"]["scheme"], "http");
    assert_eq!(variables["listeners"]["https"]["scheme"], "https");
    assert_eq!(variables.get("ready"), None);
    assert_eq!(ready.nodes.len(), 2);
    assert!(ready.nodes.iter().all(|node| node.is_loopback()));
    assert!(ready.task_definitions.contains(&"nginx:2".to_owned()));
    sandbox.running.stop().await;
}

#[tokio::test]
async fn several_sandboxes_live_side_by_side() {
    let (one, two) = (Sandbox::fast().await, Sandbox::fast().await);
    assert_ne!(one.running.ready.nodes, two.running.ready.nodes);
    assert_ne!(one.running.ready.endpoint, two.running.ready.endpoint);
    assert_eq!(
        two.ecs("DescribeClusters", json!({"clusters": ["shop"]})).await.json()["clusters"][0]["status"],
        "ACTIVE"
    );
}

#[tokio::test]
async fn hundreds_of_calls_a_second_are_answered() {
    let sandbox = Sandbox::fast().await;
    let mut connection = sandbox.connect().await;
    let start = std::time::Instant::now();
    for _ in 0..300 {
        let request =
            Request::post("/").header("x-amz-target", "AmazonEC2ContainerServiceV20141113.DescribeClusters");
        let answer = connection
            .send_request(request.header("host", "x").body(Full::from("{\"clusters\":[\"shop\"]}")).unwrap());
        answer.await.unwrap().into_body().collect().await.unwrap();
    }
    println!("300 calls took {:?}", start.elapsed());
    assert!(start.elapsed().as_secs() < 10);
}
