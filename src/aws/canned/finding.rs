//! Finding a release by its name, and what of its inputs is missing.

use super::*;
use crate::aws::{Asked, Sought};
use crate::bluegreen::side::Pair;
use crate::bluegreen::spec::{Capacity, CapacityProvider};

const TEST: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/web/1/9";

pub(super) fn sought() -> Sought {
    Sought {
        cluster: "shop".to_owned(),
        name: "web".to_owned(),
        services: Pair::from_fn(|side| format!("web-{}", side.name())),
        asked: Asked::Name,
    }
}

fn a_release(operation: &str, body: &str) -> (u16, String) {
    let asked: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let text = match operation {
        "DescribeServices" => {
            let service = |side: &str| {
                serde_json::json!({
                    "serviceName": format!("web-{side}"), "serviceArn": format!("S-{side}"), "status": "ACTIVE",
                    "clusterArn": "arn:x:cluster/shop", "loadBalancers": [{"targetGroupArn": format!("G-{side}")}]
                })
            };
            serde_json::json!({"services": [service("blue"), service("green")]}).to_string()
        }
        "DescribeTargetGroups" => {
            let arn = &asked["TargetGroupArns.member.1"];
            result(
                operation,
                &format!(
                    "<TargetGroups><member><TargetGroupArn>{arn}</TargetGroupArn><TargetGroupName>legacy-{arn}</TargetGroupName><VpcId>vpc-1</VpcId><LoadBalancerArns><member>LB</member></LoadBalancerArns></member></TargetGroups>"
                ),
            )
        }
        "DescribeListeners" => {
            let listener = |arn| format!("<member><ListenerArn>{arn}</ListenerArn></member>");
            let all = [TEST, LISTENER, "other"].map(listener).concat();
            result(operation, &format!("<Listeners>{all}</Listeners>"))
        }
        "DescribeRules" => {
            let (id, group, field) = match asked["ListenerArn"].as_str() {
                LISTENER => ("production", "G-blue", "host-header"),
                TEST => ("test", "G-green", "source-ip"),
                _ => ("foreign", "X", "host-header"),
            };
            result(
                operation,
                &format!(
                    "<Rules><member><RuleArn>{id}</RuleArn><Priority>1</Priority><Conditions><member><Field>{field}</Field><Values><member>a</member></Values></member></Conditions><Actions><member><Type>forward</Type><TargetGroupArn>{group}</TargetGroupArn></member></Actions></member></Rules>"
                ),
            )
        }
        "ListServices" => r#"{"serviceArns":[]}"#.to_owned(),
        "DescribeTags" => result(operation, "<TagDescriptions></TagDescriptions>"),
        other => panic!("{other}"),
    };
    (200, text)
}

#[tokio::test]
async fn an_untagged_release_is_found_by_its_name_alone() {
    let (aws, _) = start(a_release).await;
    let found = aws.discover(&sought()).await.unwrap().unwrap();
    assert_eq!((found.vpc_id.as_str(), found.cluster_arn.as_str()), ("vpc-1", "arn:x:cluster/shop"));
    assert_eq!(found.whose.listener, LISTENER);
    assert_eq!(found.whose.test_listener.as_deref(), Some(TEST));
    assert_eq!(found.whose.group_names.green, "legacy-G-green");
    let known: Vec<_> = found.whose.known.iter().map(String::as_str).collect();
    assert_eq!(known, ["G-blue", "G-green", "S-blue", "S-green", "production", "test"]);
}

#[tokio::test]
async fn where_there_are_no_services_nothing_is_found() {
    let nothing: Script = |_, _| (200, r#"{"services":[],"failures":[]}"#.to_owned());
    let said = start(nothing).await.0.discover(&sought()).await.unwrap().unwrap_err().to_string();
    assert_eq!(said, "There is no service web-blue or web-green or web in the cluster shop.");
}

#[tokio::test]
async fn what_the_cluster_lacks_and_the_listener_cannot_carry_is_named() {
    let (aws, _) = start(|operation, _| match operation {
        "DescribeClusters" => {
            (200, r#"{"clusters":[{"status":"ACTIVE","capacityProviders":["FARGATE"]}]}"#.to_owned())
        }
        "DescribeListeners" => {
            let listener = format!("<member><ListenerArn>{LISTENER}</ListenerArn><Protocol>HTTP</Protocol></member>");
            (200, result(operation, &format!("<Listeners>{listener}</Listeners>")))
        }
        _ => (200, r#"{"taskDefinition":{"status":"ACTIVE","networkMode":"awsvpc","containerDefinitions":[{"name":"web","portMappings":[{"containerPort":80}]}]}}"#.to_owned()),
    })
    .await;
    let mut layout = acts::layout();
    assert_eq!(aws.check_inputs(&whose(), &layout).await.unwrap(), []);
    let spot = CapacityProvider { name: "FARGATE_SPOT".to_owned(), weight: 1, base: 0 };
    layout.service.blue.capacity = Capacity::Strategy(vec![spot]);
    for version in ["GRPC", "HTTP2"] {
        layout.group.fixed.protocol_version = version.to_owned();
        let missing = aws.check_inputs(&whose(), &layout).await.unwrap();
        let inputs: Vec<_> = missing.iter().map(|missing| missing.input).collect();
        assert_eq!(inputs, [Input::CapacityProvider, Input::ProtocolVersion], "{missing:?}");
        assert!(
            missing[0].message.ends_with("no capacity provider FARGATE_SPOT (it has FARGATE)"),
            "{}",
            missing[0]
        );
        assert!(missing[1].message.contains(&format!("{version} needs an HTTPS one")), "{}", missing[1]);
    }
}

#[tokio::test]
async fn every_missing_input_is_named_at_once() {
    let (aws, _) = start(|operation, body| match operation {
        "DescribeClusters" => (200, r#"{"clusters":[{"status":"INACTIVE"}]}"#.to_owned()),
        "DescribeListeners" => (400, refused("ListenerNotFound", "One or more listeners not found")),
        "DescribeTaskDefinition" if body.contains("web:1") => (200, r#"{"taskDefinition":{"status":"ACTIVE","networkMode":"bridge","containerDefinitions":[{"name":"web","portMappings":[{"containerPort":81}]}]}}"#.to_owned()),
        _ => (400, r#"{"__type":"ClientException","message":"Unable to describe task definition."}"#.to_owned()),
    })
    .await;
    let mut layout = acts::layout();
    layout.sides.green.task_definition = "web:2".to_owned();
    let missing = aws.check_inputs(&whose(), &layout).await.unwrap();
    let inputs: Vec<_> = missing.iter().map(|missing| missing.input).collect();
    let (blue, green) = (Side::Blue, Side::Green);
    assert_eq!(
        inputs,
        [
            Input::Cluster,
            Input::Listener,
            Input::NetworkMode(blue),
            Input::ContainerPort(blue),
            Input::TaskDefinition(green)
        ]
    );
    assert!(missing[3].message.contains("port 80 (it has 81)"), "{}", missing[3]);
}
