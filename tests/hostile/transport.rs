//! AWS's own SDK, talking to a sandbox in this process: everything but the sockets is real.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sandbox::dice::Dice;
use aws_sandbox::in_process::InProcess;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bluegreen_provider::aws::{Aws, Settings};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;

#[derive(Clone)]
struct Line {
    sandbox: InProcess,
    dice: Arc<Mutex<Dice>>,
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
    /// There and back, with some delay each way.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut builder = hyper::Request::builder().method(request.method()).uri(request.uri());
        for (name, value) in request.headers().iter() {
            builder = builder.header(name, value);
        }
        let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
        self.travel().await;
        let answer = self.sandbox.answer(builder.body(body).unwrap()).await;
        self.travel().await;
        let answer = answer.ok_or_else(|| {
            ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
        })?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let mut response = HttpResponse::new(head.status.as_u16().try_into().unwrap(), SdkBody::from(body));
        for (name, value) in &head.headers {
            response.headers_mut().insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        Ok(response)
    }

    async fn travel(&self) {
        let time = self.dice.lock().unwrap().seconds(0.005, 0.06);
        tokio::time::sleep(time).await;
    }
}

/// A connection of its own to `sandbox`, signed by `caller`.
pub async fn connect(sandbox: &InProcess, caller: &str, seed: u64) -> Aws {
    let line = Line { sandbox: sandbox.clone(), dice: Arc::new(Mutex::new(Dice::new(seed))) };
    let connector = SharedHttpConnector::new(line);
    let transport: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
    let endpoint = Some("http://127.0.0.1:1".to_owned());
    let settings = Settings {
        region: Some("eu-west-1".to_owned()),
        access_key: Some(caller.to_owned()),
        secret_key: Some("secret".into()),
        ecs_endpoint: endpoint.clone(),
        elb_endpoint: endpoint,
        transport: Some(transport),
        ..Settings::default()
    };
    Aws::connect(settings).await.unwrap()
}
