//! What bars the way to a target, and what is rewritten on it (ALB guide: "Authenticate users", "Verify JWTs",
//! "Transforms for listener rules").

use std::time::Duration;

use aws_sandbox::pattern::Pattern;
use aws_sandbox::seam::NodeHealth::Healthy;
use aws_sandbox::seam::{Condition, Gate, Login, ProtocolVersion, Rewritten, Transform, Unauthenticated};

use crate::kit::{HOST_NAME, Stage, Table};

fn login(otherwise: Unauthenticated) -> Gate {
    Gate::Login(Login {
        issuer: "https://idp.example.com/".to_owned(),
        client: "shop".to_owned(),
        endpoint: "https://idp.example.com/authorize".to_owned(),
        scope: "openid".to_owned(),
        extra: [("prompt".to_owned(), "login".to_owned())].into(),
        cookie: "AWSELBAuthSessionCookie".to_owned(),
        session: Duration::from_secs(3600),
        otherwise,
    })
}

async fn stage(change: impl Fn(&mut aws_sandbox::seam::RuleView)) -> Stage {
    let stage = Stage::new(1.0);
    let task = stage.start("web", 1, &[]).await;
    let mut table = Table::new().group("web", &[(&task, Healthy)]).forward(vec![], &[("web", 1)]);
    change(&mut table.0.listeners[0].rules[0]);
    stage.route(&table).await;
    stage
}

fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn whoever_has_not_logged_in_is_sent_to_do_so_and_the_session_he_gets_passes() {
    let stage = stage(|rule| rule.gates = vec![login(Unauthenticated::Authenticate)]).await;
    let mut caller = stage.caller().await;
    let sent = caller.get("/basket?item=1").await;
    let to = sent.header("location").to_owned();
    assert_eq!(sent.status, 302);
    assert!(to.starts_with("https://idp.example.com/authorize?client_id=shop&redirect_uri="), "{to}");
    assert_eq!((parameter(&to, "response_type"), parameter(&to, "scope")), ("code".into(), "openid".into()));
    assert_eq!(parameter(&to, "prompt"), "login");
    let state = parameter(&to, "state");
    for forged in
        ["/oauth2/idpresponse?code=1&state=x".to_owned(), format!("/oauth2/idpresponse?state={state}")]
    {
        assert_eq!(caller.get(&forged).await.status, 401, "{forged}");
    }
    assert_eq!(caller.get("/oauth2/idpresponse?error=denied").await.status, 561);
    let back = caller.get(&format!("/oauth2/idpresponse?code=1&state={state}")).await;
    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (302, "http://shop.example.com:8080/basket?item=1")
    );
    let cookie = back.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("AWSELBAuthSessionCookie-0="), "{cookie}");
    caller.cookie = Some(cookie.clone());
    assert_eq!(caller.service().await, "web");
    caller.cookie = Some("AWSELBAuthSessionCookie-0=bm9uc2Vuc2U".to_owned());
    assert_eq!(caller.get("/").await.status, 302);
    assert!(stage.unserved().is_empty(), "to be sent to log in is no failure of the load balancer");
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_is_good_for_its_own_client_only() {
    let stage = stage(|rule| rule.gates = vec![login(Unauthenticated::Authenticate)]).await;
    let state = parameter(stage.get("/").await.header("location"), "state");
    let back = stage.get(&format!("/oauth2/idpresponse?code=1&state={state}")).await;
    let mut caller = stage.caller().await;
    caller.cookie = Some(back.header("set-cookie").split(';').next().unwrap().to_owned());
    assert_eq!(caller.get("/").await.status, 200);
    stage.clock.set_speed(1e6);
    stage.clock.sleep(Duration::from_secs(3600)).await;
    assert_eq!(caller.get("/").await.status, 302);
}

#[tokio::test]
async fn deny_answers_401_allow_lets_pass_and_a_token_is_looked_at() {
    for (otherwise, status) in [(Unauthenticated::Deny, 401), (Unauthenticated::Allow, 200)] {
        let stage = stage(|rule| rule.gates = vec![login(otherwise)]).await;
        assert_eq!(stage.get("/").await.status.as_u16(), status);
    }
    let token = Gate::Token { issuer: "https://idp.example.com/".to_owned(), claims: Vec::new() };
    let stage = stage(|rule| rule.gates = vec![token.clone()]).await;
    assert_eq!(stage.get("/").await.status, 401);
    // {"alg":"RS256"}.{"iss":"https://idp.example.com/","exp":9000000000}
    let good =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbS8iLCJleHAiOjkwMDAwMDAwMDB9.c2ln";
    let request =
        format!("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\nConnection: close\r\n\r\n");
    assert!(stage.raw(&request).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn transforms_change_what_the_target_sees_and_nothing_else() {
    let transform = |what, regex: &str, replace: &str| Transform {
        what,
        pattern: Pattern::new(regex, true).unwrap(),
        replace: replace.to_owned(),
    };
    let stage = stage(|rule| {
        // Conditions are met by the request as it came.
        rule.conditions = vec![Condition::PathRegex(vec![Pattern::new("^/(api|old)/", false).unwrap()])];
        rule.transforms = vec![
            transform(Rewritten::Host, r"^shop\.(.+)$", "internal.$1"),
            transform(Rewritten::Url, r"^/api/([^?]+)\??(.*)$", "/$1?from=api&$2"),
        ];
    })
    .await;
    let answer = stage.get("/api/items?x=1").await;
    assert_eq!(answer.header("x-host"), "internal.example.com");
    assert_eq!(answer.header("x-url"), "/items?from=api&x=1");
    let unmatched = stage.get("/old/items").await;
    assert_eq!(
        (unmatched.header("x-url"), unmatched.header("x-host")),
        ("/old/items", "internal.example.com")
    );
    assert_eq!(stage.get("/API/items").await.status, 503, "only paths are compared with case");
}

#[tokio::test]
async fn a_transform_that_fails_is_answered_500() {
    let stage = stage(|rule| {
        let pattern = Pattern::new("^/", false).unwrap();
        rule.transforms = vec![Transform { what: Rewritten::Url, pattern, replace: "no path ".to_owned() }];
    })
    .await;
    assert_eq!(stage.get("/").await.status, 500);
}

#[tokio::test]
async fn expressions_of_hosts_and_headers_ignore_case() {
    let stage = stage(|rule| {
        let pattern = |text: &str| vec![Pattern::new(text, true).unwrap()];
        rule.conditions = vec![
            Condition::HostRegex(pattern(r"^SHOP\.")),
            Condition::HeaderRegex { name: "Cookie".to_owned(), patterns: pattern("(^|; )canary=1(;|$)") },
        ];
    })
    .await;
    let mut caller = stage.caller().await;
    for (cookie, status) in
        [("a=b; CANARY=1", 200), ("canary=1; a=b", 200), ("canary=10", 503), ("xcanary=1", 503)]
    {
        caller.cookie = Some(cookie.to_owned());
        assert_eq!(caller.get("/").await.status.as_u16(), status, "{cookie} at {HOST_NAME}");
    }
}

/// ALB guide, "Troubleshoot": HTTP 464.
#[tokio::test]
async fn groups_of_http_2_and_grpc_answer_http_1_with_464() {
    let stage = Stage::new(1.0);
    let task = stage.start("web", 1, &[]).await;
    let table = Table::new()
        .group("web", &[(&task, Healthy)])
        .change("web", |group| group.version = ProtocolVersion::Grpc);
    stage.route(&table.forward(vec![], &[("web", 1)])).await;
    assert_eq!(stage.get("/").await.status.as_u16(), 464);
}
