//! What each act sends, and what becomes of a lost or late answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::bluegreen::carried::{Before, Carried, Session};
use crate::bluegreen::evidence::Evidence;
use crate::bluegreen::guard::{self, Act, Intent};
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::phase::Phase;
use crate::bluegreen::routing::{Role, RuleWish};
use crate::bluegreen::side::Pair;
use crate::bluegreen::spec::{
    Capacity, FixedGroupSettings, GroupAttributes, GroupSettings, HealthCheck, ServiceSettings, Spec,
};
use crate::bluegreen::step::{Step, Why};
use crate::bluegreen::{effect, plan};

pub(super) fn layout() -> Layout {
    let layout = Layout::of(&spec());
    Layout { id: "1".to_owned(), ..layout }
}

fn spec() -> Spec {
    Spec {
        cluster: "shop".to_owned(),
        name: "web".to_owned(),
        listener: LISTENER.to_owned(),
        hosts: ["a.example.com".to_owned()].into(),
        paths: BTreeSet::new(),
        extras: Default::default(),
        oidc_secret: None,
        new_secret: false,
        production_priority: 100,
        canary_priority: 99,
        task_definitions: Pair::from_fn(|_| "web:1".to_owned()),
        primary: Side::Blue,
        desired_count: 2,
        canary_count: 2,
        standby_count: 0,
        phase: Phase::Stable,
        canary_sources: BTreeSet::new(),
        service: ServiceSettings {
            container_name: "web".to_owned(),
            container_port: 80,
            subnets: ["s-1".to_owned()].into(),
            security_groups: ["sg-1".to_owned()].into(),
            assign_public_ip: false,
            capacity: Capacity::Fargate,
            platform_version: "LATEST".to_owned(),
            health_check_grace_period: 0,
            enable_execute_command: false,
            propagate_tags: "NONE".to_owned(),
            enable_ecs_managed_tags: false,
            availability_zone_rebalancing: true,
        },
        group: GroupSettings {
            fixed: FixedGroupSettings {
                vpc_id: "v".to_owned(),
                protocol: "HTTP".to_owned(),
                protocol_version: "HTTP1".to_owned(),
                port: 80,
            },
            health_check: HealthCheck {
                protocol: "HTTP".to_owned(),
                path: "/".to_owned(),
                port: "traffic-port".to_owned(),
                matcher: "200".to_owned(),
                interval: 10,
                timeout: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
            },
            attributes: GroupAttributes { deregistration_delay: 60, ..GroupAttributes::default() },
        },
        test: None,
        settle_time: Duration::from_secs(1),
        tags: BTreeMap::from([("team".to_owned(), "x".to_owned())]),
        ..Spec::default()
    }
}

/// Everything as wished.
fn settled() -> Observed {
    let (layout, mut observed, mut evidence) = (layout(), Observed::default(), Evidence::default());
    for step in plan::story(&observed, &layout) {
        effect::apply(&step, &layout, &mut observed, &mut evidence);
    }
    observed
}

fn act(step: &Step, observed: &Observed) -> Act {
    guard::admit(step, Intent::Destroy, observed, &layout(), &Evidence::default()).unwrap()
}

/// What a story calls the production rule before AWS has named it.
const PRODUCTION: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/web/1/2/the production rule 100";

fn change(to: RuleWish, why: Why) -> Step {
    Step::ChangeRule { id: PRODUCTION.to_owned(), to, why }
}

/// As the planner says it of a rule with a login.
fn route() -> Step {
    let login = Before::Oidc {
        issuer: String::new(),
        authorization_endpoint: String::new(),
        token_endpoint: String::new(),
        user_info_endpoint: String::new(),
        client_id: "c".to_owned(),
        session: Session::default(),
    };
    let carried = Carried { before: vec![login], ..Carried::default() };
    change(RuleWish { carried, ..layout().production_rule(Side::Blue) }, Why::Send)
}

fn attach() -> Step {
    change(layout().production_rule(Side::Blue), Why::Attach)
}

fn create() -> Step {
    Step::CreateRule(layout().parked_rule(Role::Production, 100))
}

async fn perform(script: Script, step: Step, observed: &Observed) -> (Result<(), Error>, Calls) {
    let (aws, calls) = start(script).await;
    let done = aws.perform(&act(&step, observed), &whose(), &layout(), observed).await;
    (done, calls)
}

fn body(calls: &Calls, operation: &str) -> String {
    let calls = calls.lock().unwrap();
    let call = calls.iter().find(|(name, _)| name == operation);
    call.unwrap_or_else(|| panic!("no {operation} in {calls:?}")).1.clone()
}

/// A query body as pairs.
fn pairs(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn fine(operation: &str, _: &str) -> (u16, String) {
    let group = "<TargetGroups><member><TargetGroupArn>B</TargetGroupArn></member></TargetGroups>";
    (
        200,
        match operation {
            "UpdateService" | "CreateService" | "DeleteService" => "{}".to_owned(),
            "CreateTargetGroup" => result(operation, group),
            "DescribeRules" => result(
                operation,
                &format!(
                    "<Rules><member><RuleArn>{PRODUCTION}</RuleArn><Actions><member><Type>authenticate-oidc</Type><Order>1</Order><AuthenticateOidcConfig><ClientId>c</ClientId></AuthenticateOidcConfig></member><member><Type>forward</Type><Order>2</Order><TargetGroupArn>X</TargetGroupArn></member></Actions></member></Rules>"
                ),
            ),
            _ => result(operation, ""),
        },
    )
}

#[tokio::test]
async fn scaling_names_nothing_but_the_count() {
    let observed = settled();
    let (done, calls) = perform(fine, Step::Raise { side: Side::Blue, from: 2, to: 5 }, &observed).await;
    done.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&body(&calls, "UpdateService")).unwrap();
    assert_eq!(sent, serde_json::json!({"cluster": "shop", "service": "web-blue", "desiredCount": 5}));
}

#[tokio::test]
async fn starting_is_a_deployment_and_names_the_task_definition_only_where_it_changes() {
    let mut observed = settled();
    let (done, calls) = perform(fine, Step::Start { side: Side::Green, to: 3 }, &observed).await;
    done.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&body(&calls, "UpdateService")).unwrap();
    let expected = serde_json::json!({
        "cluster": "shop", "service": "web-green", "desiredCount": 3, "forceNewDeployment": true
    });
    assert_eq!(sent, expected);
    observed.sides.green.service.as_mut().unwrap().task_definition = "web:7".to_owned();
    let (done, calls) = perform(fine, Step::Deploy { side: Side::Green, count: 0 }, &observed).await;
    done.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&body(&calls, "UpdateService")).unwrap();
    let expected = serde_json::json!({"cluster": "shop", "service": "web-green", "taskDefinition": "web:1"});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_service_is_created_with_everything_said_and_repeated_with_the_same_token() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    let mut observed = settled();
    observed.sides.green.service = None;
    let script: Script = |operation, body| {
        if ATTEMPTS.fetch_add(1, Ordering::SeqCst) == 0 { (0, String::new()) } else { fine(operation, body) }
    };
    let (done, calls) = perform(script, Step::CreateService { side: Side::Green, count: 2 }, &observed).await;
    done.unwrap();
    let bodies: Vec<String> = calls.lock().unwrap().iter().map(|(_, body)| body.clone()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
    let sent: serde_json::Value = serde_json::from_str(&bodies[0]).unwrap();
    assert!(sent["clientToken"].as_str().unwrap().len() <= 36);
    let tags = sent["tags"].as_array().unwrap();
    assert!(tags.contains(&serde_json::json!({"key": "bluegreen:resource", "value": "shop/web/1"})));
    for (key, value) in [
        ("serviceName", serde_json::json!("web-green")),
        ("desiredCount", serde_json::json!(2)),
        ("launchType", serde_json::json!("FARGATE")),
        ("propagateTags", serde_json::json!("NONE")),
        ("availabilityZoneRebalancing", serde_json::json!("ENABLED")),
        ("healthCheckGracePeriodSeconds", serde_json::json!(0)),
        (
            "loadBalancers",
            serde_json::json!([{
                "targetGroupArn": "the GREEN target group", "containerName": "web", "containerPort": 80
            }]),
        ),
    ] {
        assert_eq!(sent[key], value, "{key}");
    }
    let deployment = &sent["deploymentConfiguration"];
    assert_eq!(deployment["minimumHealthyPercent"], 100);
    assert_eq!(deployment["deploymentCircuitBreaker"], serde_json::json!({"enable": true, "rollback": true}));
}

/// The production rule as the canned answers have it.
fn as_answered() -> Observed {
    let mut observed = settled();
    let Step::ChangeRule { to, .. } = route() else { panic!("a change") };
    let rule = observed.rules.iter_mut().find(|rule| rule.role == Role::Production).unwrap();
    (rule.matches, rule.carried) = (Default::default(), to.carried);
    observed
}

#[tokio::test]
async fn routing_is_one_change_that_keeps_a_login_and_switches_stickiness_off() {
    let (done, calls) = perform(fine, route(), &as_answered()).await;
    done.unwrap();
    let sent = pairs(&body(&calls, "ModifyRule"));
    let of = |key: &str| sent.get(key).map(String::as_str);
    assert_eq!(of("Conditions.member.1.HostHeaderConfig.Values.member.1"), Some("a.example.com"));
    assert_eq!(of("Actions.member.1.Type"), Some("authenticate-oidc"));
    assert_eq!(of("Actions.member.1.AuthenticateOidcConfig.UseExistingClientSecret"), Some("true"));
    let forward = "Actions.member.2.ForwardConfig";
    assert_eq!(of(&format!("{forward}.TargetGroups.member.1.Weight")), Some("100"));
    assert_eq!(of(&format!("{forward}.TargetGroups.member.2.Weight")), Some("0"));
    assert_eq!(of(&format!("{forward}.TargetGroupStickinessConfig.Enabled")), Some("false"));
    assert_eq!(of("Actions.member.2.Order"), Some("2"));
}

#[tokio::test]
async fn conditions_that_stay_as_they_are_are_not_written() {
    let same: Script = |operation, body| match operation {
        "DescribeRules" => {
            let conditions = "<Conditions><member><Field>host-header</Field><HostHeaderConfig><Values><member>a.example.com</member></Values></HostHeaderConfig></member></Conditions>";
            let forward =
                "<Actions><member><Type>forward</Type><TargetGroupArn>X</TargetGroupArn></member></Actions>";
            let rule = format!("<member><RuleArn>{PRODUCTION}</RuleArn>{conditions}{forward}</member>");
            (200, result(operation, &format!("<Rules>{rule}</Rules>")))
        }
        operation => fine(operation, body),
    };
    let (done, calls) = perform(same, route(), &settled()).await;
    done.unwrap();
    let sent = pairs(&body(&calls, "ModifyRule"));
    assert!(!sent.keys().any(|key| key.starts_with("Conditions")), "{sent:?}");
}

/// Found by the sweep of interrupts: the switch was still sent when its reading of the rule was interrupted.
#[tokio::test]
async fn told_to_stop_between_its_read_and_its_write_an_act_does_not_write() {
    static STOP: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);
    let interrupting: Script = |operation, body| {
        STOP.cancel();
        fine(operation, body)
    };
    let (aws, calls) = start(interrupting).await;
    let (aws, seen) = (aws.until(STOP.clone()), as_answered());
    let act = act(&route(), &seen);
    let error = aws.perform(&act, &whose(), &layout(), &seen).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stopped, "{error}");
    assert_eq!((count(&calls, "DescribeRules"), count(&calls, "ModifyRule")), (1, 0));
}

#[tokio::test]
async fn attaching_leaves_conditions_and_others_groups_alone() {
    let (done, calls) = perform(fine, attach(), &settled()).await;
    done.unwrap();
    let sent = pairs(&body(&calls, "ModifyRule"));
    assert!(!sent.keys().any(|key| key.starts_with("Conditions")));
    let groups: Vec<_> = (1..=3)
        .map(|n| format!("Actions.member.2.ForwardConfig.TargetGroups.member.{n}"))
        .map(|key| (sent[&format!("{key}.TargetGroupArn")].clone(), sent[&format!("{key}.Weight")].clone()))
        .collect();
    let pair = |arn: &str, weight: &str| (arn.to_owned(), weight.to_owned());
    let (blue, green) = (pair("the BLUE target group", "0"), pair("the GREEN target group", "0"));
    assert_eq!(groups, [blue, green, pair("X", "1")]);
}

#[tokio::test]
async fn the_production_rule_is_born_parked_and_tagged() {
    let mut observed = settled();
    observed.rules.clear();
    let (done, calls) = perform(fine, create(), &observed).await;
    done.unwrap();
    let sent = pairs(&body(&calls, "CreateRule"));
    let host = &sent["Conditions.member.1.HostHeaderConfig.Values.member.1"];
    assert!(host.ends_with(".bluegreen.invalid"), "{host}");
    assert_eq!(sent["Priority"], "100");
    assert!(sent.values().any(|value| value == "bluegreen:role"));
}

#[tokio::test]
async fn a_group_is_created_and_what_another_made_meanwhile_is_not_changed() {
    let mut observed = settled();
    observed.sides.blue.group = None;
    let (done, calls) = perform(fine, Step::CreateGroup { side: Side::Blue }, &observed).await;
    done.unwrap();
    assert_eq!(pairs(&body(&calls, "CreateTargetGroup"))["TargetType"], "ip");
    // AWS answers with the group that is there; whose that is, the next look tells.
    assert_eq!(count(&calls, "ModifyTargetGroupAttributes"), 0);
}

#[tokio::test]
async fn a_rule_made_by_a_call_whose_answer_was_lost_is_a_conflict_to_look_at() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    let mut observed = settled();
    observed.rules.clear();
    let script: Script = |_, _| {
        let first = ATTEMPTS.fetch_add(1, Ordering::SeqCst) == 0;
        let taken = refused("PriorityInUse", "Priority '100' is currently in use");
        if first { (0, String::new()) } else { (400, taken) }
    };
    let (done, _) = perform(script, create(), &observed).await;
    let error = done.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.kind.worth_retrying());
}

/// AWS has no conditional write; nothing but a look right before it tells.
#[tokio::test]
async fn a_rule_that_somebody_has_changed_since_the_look_is_not_overwritten() {
    let mut observed = settled();
    let rule = observed.rules.iter_mut().find(|rule| rule.role == Role::Production).unwrap();
    // When it was looked at it asked one thing less than now.
    rule.matches.paths = ["/then".to_owned()].into();
    let (done, calls) = perform(fine, route(), &observed).await;
    assert_eq!(done.unwrap_err().kind, Kind::Conflict);
    assert_eq!(count(&calls, "ModifyRule"), 0);
}

#[tokio::test]
async fn what_is_gone_need_not_be_deleted_and_cannot_be_changed() {
    let gone: Script = |operation, _| match operation {
        "DeleteService" => {
            (400, r#"{"__type":"ServiceNotFoundException","message":"Service not found."}"#.to_owned())
        }
        "DeleteTargetGroup" => (400, refused("TargetGroupNotFound", "One or more target groups not found")),
        _ => (400, refused("RuleNotFound", "One or more rules not found")),
    };
    let mut observed = settled();
    let id = observed.production().unwrap().id.clone();
    perform(gone, Step::DeleteRule { id, role: Role::Production, priority: 100 }, &observed).await.0.unwrap();
    let route = perform(gone, route(), &observed).await.0;
    assert_eq!(route.unwrap_err().kind, Kind::Conflict);
    observed.rules.clear();
    perform(gone, Step::DeleteService { side: Side::Blue }, &observed).await.0.unwrap();
    observed.sides.blue.service = None;
    perform(gone, Step::DeleteGroup { side: Side::Blue }, &observed).await.0.unwrap();
}
