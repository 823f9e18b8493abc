//! Tests against canned answers over real HTTP: what is sent, and what is made of what comes back.

mod accounts;
mod acts;
mod finding;
mod refresh;

use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::*;
use crate::bluegreen::side::Side;

type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// Operation and body to status and answer; 0 closes the connection without one.
type Script = fn(&str, &str) -> (u16, String);

async fn start(script: Script) -> (Aws, Calls) {
    start_as(script, |settings| settings).await
}

async fn start_as(script: Script, as_who: fn(Settings) -> Settings) -> (Aws, Calls) {
    let calls = Calls::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let seen = calls.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            let answer = service_fn(move |request| answer(request, script, seen.clone()));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(connection);
        }
    });
    let settings = as_who(settings(&endpoint));
    (Aws::connect(settings).await.unwrap(), calls)
}

fn settings(endpoint: &str) -> Settings {
    let endpoint = endpoint.to_owned();
    Settings {
        region: Some("eu-west-1".to_owned()),
        access_key: Some("AKID".to_owned()),
        secret_key: Some("hush".into()),
        ecs_endpoint: Some(endpoint.clone()),
        elb_endpoint: Some(endpoint.clone()),
        sts_endpoint: Some(endpoint),
        max_retries: Some(1),
        clock_speed: 20.0,
        ..Settings::default()
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Script,
    calls: Calls,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let ecs = target.and_then(|target| target.rsplit('.').next()).map(str::to_owned);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let pairs = form_urlencoded::parse(body.as_bytes());
    let elb = pairs.into_owned().find(|(key, _)| key == "Action").map(|(_, action)| action);
    let operation = ecs.or(elb).unwrap_or_default();
    let (status, text) = script(&operation, &body);
    calls.lock().unwrap().push((operation, body));
    if status == 0 {
        return Err(std::io::Error::other("closed"));
    }
    Ok(Response::builder().status(status).body(Full::from(text)).unwrap())
}

fn refused(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

fn result(operation: &str, inside: &str) -> String {
    format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>")
}

const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/web/1/2";

fn whose() -> Ownership {
    called("web")
}

/// With groups named like the services.
fn called(name: &str) -> Ownership {
    let whose = Ownership::new("shop", name, "1", LISTENER, None);
    Ownership { group_names: whose.service_names.clone(), ..whose }
}

fn count(calls: &Calls, operation: &str) -> usize {
    calls.lock().unwrap().iter().filter(|(name, _)| name == operation).count()
}

/// Blue is there, green is not; the production rule is ours.
fn half_there(operation: &str, body: &str) -> (u16, String) {
    let group = "<member><TargetGroupArn>B</TargetGroupArn><TargetGroupName>web-blue</TargetGroupName><Protocol>HTTP</Protocol><Port>80</Port><VpcId>v</VpcId></member>";
    let rule = "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/web/1/2/3";
    let text = match operation {
        "DescribeTargetGroups" if body.contains("web-green") => {
            return (400, refused("TargetGroupNotFound", "One or more target groups not found"));
        }
        "DescribeTargetGroups" => result(operation, &format!("<TargetGroups>{group}</TargetGroups>")),
        "DescribeRules" => result(
            operation,
            &format!(
                "<Rules><member><RuleArn>{rule}</RuleArn><Priority>100</Priority><Conditions><member><Field>host-header</Field><Values><member>a.example.com</member></Values></member></Conditions><Actions><member><Type>forward</Type><TargetGroupArn>B</TargetGroupArn></member></Actions></member><member><RuleArn>{rule}d</RuleArn><Priority>default</Priority><IsDefault>true</IsDefault></member></Rules>"
            ),
        ),
        "DescribeTags" => {
            let tag = "<Tags><member><Key>bluegreen:resource</Key><Value>shop/web/1</Value></member></Tags>";
            let described = ["B", rule].map(|arn| format!("<member><ResourceArn>{arn}</ResourceArn>{tag}</member>"));
            result(operation, &format!("<TagDescriptions>{}</TagDescriptions>", described.concat()))
        }
        "DescribeTargetGroupAttributes" => result(operation, "<Attributes></Attributes>"),
        "DescribeTargetHealth" => result(operation, "<TargetHealthDescriptions><member><Target><Id>10.0.0.7</Id><Port>80</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>"),
        "DescribeServices" => r#"{"services":[{"serviceArn":"S","serviceName":"web-blue","status":"ACTIVE","desiredCount":1,"runningCount":1,"taskDefinition":"arn:x:task-definition/web:1","loadBalancers":[{"targetGroupArn":"B","containerName":"web","containerPort":80}],"deployments":[{"status":"PRIMARY","rolloutState":"COMPLETED","taskDefinition":"arn:x:task-definition/web:1"}],"tags":[{"key":"bluegreen:resource","value":"shop/web/1"}]},{"serviceName":"web-green","status":"INACTIVE"}],"failures":[]}"#.to_owned(),
        "ListTasks" => r#"{"taskArns":["T"]}"#.to_owned(),
        "DescribeTasks" => r#"{"tasks":[{"lastStatus":"RUNNING","desiredStatus":"RUNNING","attachments":[{"type":"ElasticNetworkInterface","details":[{"name":"privateIPv4Address","value":"10.0.0.7"}]}]}]}"#.to_owned(),
        other => panic!("{other}"),
    };
    (200, text)
}

#[tokio::test]
async fn a_look_sees_what_is_there_and_what_is_not() {
    let (aws, calls) = start(half_there).await;
    let seen = aws.observe(&whose(), Depth::Proof).await.unwrap();
    let blue = &seen.sides[Side::Blue];
    let (service, group) = (blue.service.as_ref().unwrap(), blue.group.as_ref().unwrap());
    let marks = [service.mark, group.mark, seen.production().unwrap().mark];
    assert_eq!(marks, [crate::bluegreen::owned::Mark::Tagged; 3]);
    assert_eq!(service.tasks.iter().collect::<Vec<_>>(), ["10.0.0.7:80"]);
    assert_eq!(group.targets[0].address, "10.0.0.7:80");
    assert_eq!(seen.public(), Some(Side::Blue));
    assert_eq!(seen.sides[Side::Green], Default::default());
    assert_eq!(seen.listener, whose().listener);
    assert_eq!(calls.lock().unwrap().len(), 10, "{:?}", calls.lock().unwrap());
}

#[tokio::test]
async fn looks_of_one_moment_share_their_calls() {
    let (aws, calls) = start(half_there).await;
    let whose = whose();
    let looks: Vec<_> = (0..5)
        .map(|_| {
            let (aws, whose) = (aws.clone(), whose.clone());
            tokio::spawn(async move { aws.observe(&whose, Depth::Facts).await })
        })
        .collect();
    for look in looks {
        look.await.unwrap().unwrap();
    }
    for operation in ["DescribeServices", "DescribeRules", "DescribeTags"] {
        assert_eq!(count(&calls, operation), 1, "{operation}");
    }
    assert_eq!(count(&calls, "DescribeTargetHealth"), 0);
}

#[tokio::test]
async fn denied_and_throttled_are_errors_and_never_absence() {
    let (aws, calls) = start(|operation, body| match operation {
        "DescribeServices" => {
            (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_owned())
        }
        operation => half_there(operation, body),
    })
    .await;
    let error = aws.observe(&whose(), Depth::Facts).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (Kind::Throttled, "ecs:DescribeServices"));
    assert_eq!(count(&calls, "DescribeServices"), 2);
    let (aws, _) = start(|operation, body| match operation {
        "DescribeRules" => (403, refused("AccessDenied", "User: x is not authorized")),
        operation => half_there(operation, body),
    })
    .await;
    let error = aws.observe(&whose(), Depth::Facts).await.unwrap_err();
    assert_eq!(error.kind, Kind::Denied);
    assert_eq!(
        error.to_string(),
        "elasticloadbalancing:DescribeRules: AccessDenied: User: x is not authorized"
    );
}

#[tokio::test]
async fn a_cluster_or_listener_that_is_gone_has_nothing() {
    let (aws, _) = start(|operation, body| match operation {
        "DescribeServices" => {
            (400, r#"{"__type":"ClusterNotFoundException","message":"Cluster not found."}"#.to_owned())
        }
        "DescribeRules" => (400, refused("ListenerNotFound", "One or more listeners not found")),
        "DescribeTargetGroups" => {
            (400, refused("TargetGroupNotFound", "One or more target groups not found"))
        }
        operation => half_there(operation, body),
    })
    .await;
    let observed = aws.observe(&whose(), Depth::Proof).await.unwrap();
    assert!(observed.nothing());
    assert_eq!(observed.gone_listeners, [LISTENER.to_owned()].into());
}

#[tokio::test]
async fn a_lost_answer_is_unreachable_after_the_retries() {
    let (aws, calls) = start(|_, _| (0, String::new())).await;
    let error = aws.observe(&whose(), Depth::Facts).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable, "{error}");
    assert!(error.kind.worth_retrying());
    assert!(!format!("{error} {error:?}").contains("hush"));
    assert!(calls.lock().unwrap().len() >= 2);
}
