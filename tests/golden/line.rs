//! AWS's own SDK on a sandbox in this process, every call taken down, and deeds done after the n-th of a kind.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use serde_json::{Map, Value as Json, json};
use tokio_util::sync::CancellationToken;

use crate::product::{Aws, InProcess};
use crate::socketless;

/// How long a request takes there, and an answer back.
const TRAVEL: Duration = Duration::from_millis(20);

/// What happens in the middle of an apply.
#[derive(Clone)]
pub enum Deed {
    Interrupt,
    /// A call by somebody else: operation and parameters.
    Call(&'static str, Json),
    /// As for `POST /_sandbox/faults`.
    Fault(Json),
}

struct Waiting {
    operation: &'static str,
    /// Calls of that kind still to come.
    left: u32,
    delay: Duration,
    deed: Deed,
}

#[derive(Clone)]
pub struct Call {
    pub operation: String,
    pub body: Json,
    /// What AWS said, when that was no success.
    pub error: Option<String>,
}

impl Call {
    pub fn writes(&self) -> bool {
        !["Describe", "List", "Get"].iter().any(|verb| self.operation.starts_with(verb))
    }
}

#[derive(Default)]
struct Heard {
    calls: Vec<Call>,
    waiting: Vec<Waiting>,
    stop: CancellationToken,
}

#[derive(Clone)]
pub struct Line {
    sandbox: InProcess,
    heard: Arc<Mutex<Heard>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Line")
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move { line.send(request).await })
    }
}

impl Line {
    pub fn new(sandbox: &InProcess) -> Line {
        Line { sandbox: sandbox.clone(), heard: Arc::default() }
    }

    pub async fn connect(&self) -> Aws {
        socketless::connect(self.clone(), "ours").await
    }

    /// The next operation that may be interrupted, and by what.
    pub fn interruptible(&self) -> CancellationToken {
        let stop = CancellationToken::new();
        self.heard.lock().unwrap().stop = stop.clone();
        stop
    }

    /// `seconds` after the answer to the `nth` call of `operation` from now.
    pub fn after(&self, operation: &'static str, nth: u32, seconds: u64, deed: Deed) {
        let delay = Duration::from_secs(seconds);
        self.heard.lock().unwrap().waiting.push(Waiting { operation, left: nth, delay, deed });
    }

    /// The calls since last asked.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.heard.lock().unwrap().calls)
    }

    /// The answer to a call by somebody else, which must succeed.
    pub async fn by_hand(&self, operation: &str, parameters: &Json) -> String {
        let (status, body) = self.answer(by_hand(operation, parameters)).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(status, 200, "{operation} {parameters}: {body}");
        body
    }

    /// What the sandbox itself says.
    pub async fn sandbox(&self, method: &str, path: &str, body: &Json) -> Json {
        let request = hyper::Request::builder().method(method).uri(path);
        let said = self.answer(request.body(Bytes::from(body.to_string())).unwrap()).await.unwrap();
        assert_eq!(said.0, 200, "{path} {body}: {}", String::from_utf8_lossy(&said.1));
        serde_json::from_slice(&said.1).unwrap()
    }

    async fn answer(&self, request: hyper::Request<Bytes>) -> Option<(u16, Bytes)> {
        let (head, body) = self.sandbox.answer(request).await?.into_parts();
        Some((head.status.as_u16(), body.collect().await.unwrap().to_bytes()))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let body = request.body().bytes().unwrap_or_default();
        let call = call(request.headers().get("x-amz-target"), body);
        let operation = call.operation.clone();
        let number = {
            let mut heard = self.heard.lock().unwrap();
            heard.calls.push(call);
            heard.calls.len() - 1
        };
        let answer = socketless::answer(&self.sandbox, request, || tokio::time::sleep(TRAVEL)).await;
        let error = match &answer {
            Err(_) => Some("connection closed".to_owned()),
            Ok(answer) if answer.status().as_u16() == 200 => None,
            Ok(answer) => {
                let body = Bytes::copy_from_slice(answer.body().bytes().unwrap_or_default());
                Some(format!("{} {}", answer.status().as_u16(), code(&body)))
            }
        };
        self.ended(number, &operation, error);
        answer
    }

    fn ended(&self, number: usize, operation: &str, error: Option<String>) {
        let mut heard = self.heard.lock().unwrap();
        if let Some(call) = heard.calls.get_mut(number).filter(|call| call.operation == operation) {
            call.error = error;
        }
        for waiting in heard.waiting.iter_mut().filter(|waiting| waiting.operation == operation) {
            waiting.left = waiting.left.saturating_sub(1);
        }
        let due = |waiting: &mut Waiting| waiting.left == 0;
        let due: Vec<Waiting> = heard.waiting.extract_if(.., due).collect();
        for waiting in due {
            tokio::spawn(self.clone().happen(heard.stop.clone(), waiting.delay, waiting.deed));
        }
    }

    async fn happen(self, stop: CancellationToken, delay: Duration, deed: Deed) {
        tokio::time::sleep(delay).await;
        match deed {
            Deed::Interrupt => {
                // While the next call is under way: at the moment of an answer it would be chance which comes first.
                tokio::time::sleep(TRAVEL / 2).await;
                stop.cancel();
            }
            Deed::Call(operation, parameters) => {
                self.by_hand(operation, &parameters).await;
            }
            Deed::Fault(fault) => {
                self.sandbox("POST", "/_sandbox/faults", &fault).await;
            }
        }
    }
}

/// What is asked for, and with what, whichever of the two protocols says it.
fn call(target: Option<&str>, body: &[u8]) -> Call {
    if let Some(target) = target {
        let operation = target.rsplit('.').next().unwrap().to_owned();
        let mut body = serde_json::from_slice::<Json>(body).unwrap_or(Json::Null);
        if let Some(token) = body.get_mut("clientToken") {
            *token = json!("drawn");
        }
        return Call { operation, body, error: None };
    }
    let mut root = json!({});
    let mut operation = String::new();
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "Action" => operation = value.into_owned(),
            "Version" => {}
            name => {
                let mut place = &mut root;
                for part in name.split('.') {
                    if place.is_null() {
                        *place = Json::Object(Map::new());
                    }
                    place = &mut place[part];
                }
                *place = Json::String(value.into_owned());
            }
        }
    }
    let mut body = listed(root);
    forget_times(&mut body);
    Call { operation, body, error: None }
}

/// When a creation says that it is under way is by the wall's clock.
fn forget_times(body: &mut Json) {
    for tag in body.get_mut("Tags").and_then(Json::as_array_mut).into_iter().flatten() {
        if tag["Key"] == "bluegreen:creating" {
            tag["Value"] = json!("now");
        }
    }
}

/// `{"member": {"1": …, "2": …}}` is a list.
fn listed(value: Json) -> Json {
    let Json::Object(members) = value else { return value };
    match members.get("member") {
        Some(Json::Object(numbered)) => {
            let numbered: BTreeMap<usize, Json> =
                numbered.iter().map(|(n, it)| (n.parse().unwrap(), listed(it.clone()))).collect();
            numbered.into_values().collect()
        }
        _ => members.into_iter().map(|(name, member)| (name, listed(member))).collect(),
    }
}

/// An error's code, from either protocol.
fn code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let json = serde_json::from_str::<Json>(&text).ok();
    match json.as_ref().and_then(|it| it["__type"].as_str()) {
        Some(code) => code.to_owned(),
        None => text.split("<Code>").nth(1).and_then(|it| it.split('<').next()).unwrap_or("?").to_owned(),
    }
}

fn by_hand(operation: &str, parameters: &Json) -> hyper::Request<Bytes> {
    // ECS begins its members with a small letter, Elastic Load Balancing with a capital.
    let ecs = parameters.as_object().unwrap().keys().any(|name| name.starts_with(char::is_lowercase));
    let service = if ecs { "ecs" } else { "elasticloadbalancing" };
    let scope = format!("AWS4-HMAC-SHA256 Credential=outsider/20270101/eu-west-1/{service}/aws4_request");
    let request = hyper::Request::builder().method("POST").uri("/").header("authorization", scope);
    if ecs {
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        return request.header("x-amz-target", target).body(Bytes::from(parameters.to_string())).unwrap();
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", "2015-12-01");
    flatten("", parameters, &mut form);
    request.body(Bytes::from(form.finish())).unwrap()
}

fn flatten(at: &str, value: &Json, form: &mut form_urlencoded::Serializer<'_, String>) {
    let dot = if at.is_empty() { "" } else { "." };
    match value {
        Json::Object(members) => {
            members.iter().for_each(|(name, member)| flatten(&format!("{at}{dot}{name}"), member, form));
        }
        Json::Array(elements) => {
            (1..).zip(elements).for_each(|(n, it)| flatten(&format!("{at}.member.{n}"), it, form));
        }
        Json::String(text) => {
            form.append_pair(at, text);
        }
        other => {
            form.append_pair(at, &other.to_string());
        }
    }
}
