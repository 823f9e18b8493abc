//! AWS's own SDK without sockets: its requests and answers as those of a sandbox in this process.

use aws_sandbox::in_process::InProcess;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bluegreen_provider::aws::{Aws, Settings};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;

/// The sandbox's answer, after `travel` each way; an error when it closes the connection instead.
pub async fn answer<F>(
    sandbox: &InProcess,
    request: HttpRequest,
    travel: impl Fn() -> F,
) -> Result<HttpResponse, ConnectorError>
where
    F: Future<Output = ()>,
{
    let mut builder = hyper::Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers().iter() {
        builder = builder.header(name, value);
    }
    let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
    travel().await;
    let answer = sandbox.answer(builder.body(body).unwrap()).await;
    travel().await;
    let closed = || ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
    let (head, body) = answer.ok_or_else(closed)?.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut response = HttpResponse::new(head.status.as_u16().try_into().unwrap(), SdkBody::from(body));
    for (name, value) in &head.headers {
        response.headers_mut().insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
    }
    Ok(response)
}

/// A connection of its own by way of `connector`, signed by `caller`.
pub async fn connect(connector: impl HttpConnector + 'static, caller: &str) -> Aws {
    let connector = SharedHttpConnector::new(connector);
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
