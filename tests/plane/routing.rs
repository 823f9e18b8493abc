//! Who gets a request.

use std::time::{Duration, Instant};

use aws_sandbox::seam::{
    Action, Condition,
    NodeHealth::{Draining, Healthy, Initial, Unhealthy},
};

use crate::kit::{HOST_NAME, Stage, Table, Upload, address};

fn shop() -> Condition {
    Condition::Host(vec![HOST_NAME.to_owned()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weight_zero_is_never_chosen_in_5000_requests() {
    let stage = Stage::new(1.0);
    let (blue, green) = (stage.start("web-blue", 41, &[]).await, stage.start("web-green", 42, &[]).await);
    let groups = Table::new().group("blue", &[(&blue, Healthy)]).group("green", &[(&green, Healthy)]);
    stage.route(&groups.forward(vec![shop()], &[("blue", 100), ("green", 0)])).await;
    let began = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut caller = stage.caller().await;
        callers.spawn(async move {
            for _ in 0..625 {
                assert_eq!(caller.service().await, "web-blue");
            }
        });
    }
    callers.join_all().await;
    println!("{:.0} requests a second, client and task included", 5000.0 / began.elapsed().as_secs_f64());
}

#[tokio::test]
async fn weights_share_requests_and_targets_take_turns() {
    let stage = Stage::new(1.0);
    let [a, b, c] = ["web-a", "web-b", "web-c"].map(|name| stage.start(name, 1, &[]));
    let (a, b, c) = tokio::join!(a, b, c);
    let groups = Table::new().group("one", &[(&a, Healthy), (&b, Healthy)]).group("two", &[(&c, Healthy)]);
    stage.route(&groups.forward(vec![], &[("one", 3), ("two", 1)])).await;
    let mut caller = stage.caller().await;
    let mut counts = std::collections::BTreeMap::<String, i32>::new();
    for _ in 0..800 {
        *counts.entry(caller.service().await).or_default() += 1;
    }
    let [a, b, c] = ["web-a", "web-b", "web-c"].map(|name| counts[name]);
    assert!((a - b).abs() <= 1, "turns: {counts:?}");
    // 800 draws with p = 1/4: five standard deviations.
    assert!((140..=260).contains(&c), "shares: {counts:?}");
}

#[tokio::test]
async fn the_canary_rule_is_met_by_the_true_source_address_only() {
    let stage = Stage::new(1.0);
    let (blue, green) = (stage.start("web-blue", 41, &[]).await, stage.start("web-green", 42, &[]).await);
    let office = address();
    let canary = Condition::SourceIp(vec![format!("{office}/32").parse().unwrap()]);
    let groups = Table::new().group("blue", &[(&blue, Healthy)]).group("green", &[(&green, Healthy)]);
    let table = groups.forward(vec![shop(), canary], &[("blue", 0), ("green", 100)]);
    stage.route(&table.forward(vec![shop()], &[("blue", 100), ("green", 0)])).await;
    let answer = stage.caller_from(Some(office.into())).await.get("/").await;
    assert_eq!(answer.header("x-task-definition"), "web:42");
    assert_eq!(answer.header("x-peer"), office.to_string());
    assert_eq!(answer.text(), "web-green web:42\n");
    assert_eq!(stage.caller().await.service().await, "web-blue");
    let forged = format!(
        "GET / HTTP/1.1\r\nHost: {HOST_NAME}:8080\r\nX-Forwarded-For: {office}\r\nConnection: close\r\n\r\n"
    );
    let answer = stage.raw(&forged).await;
    assert!(answer.contains("web-blue"), "{answer}");
}

#[tokio::test]
async fn a_kept_connection_follows_a_rule_change_and_what_is_in_flight_does_not() {
    let stage = Stage::new(1.0);
    let (blue, green) = (stage.start("web-blue", 41, &[]).await, stage.start("web-green", 42, &[]).await);
    let groups = Table::new().group("blue", &[(&blue, Healthy)]).group("green", &[(&green, Healthy)]);
    stage.route(&groups.clone().forward(vec![], &[("blue", 100), ("green", 0)])).await;
    let mut kept = stage.caller().await;
    assert_eq!(kept.service().await, "web-blue");
    let (in_flight, head) = Upload::begin(&stage).await;
    stage.route(&groups.forward(vec![], &[("blue", 0), ("green", 100)])).await;
    assert_eq!(kept.service().await, "web-green");
    assert!(head.contains("web-blue") && in_flight.finish().await);
    assert_eq!(stage.unserved(), []);
}

#[tokio::test]
async fn a_group_without_a_healthy_target_fails_open() {
    let stage = Stage::new(1.0);
    let [a, b, c] = ["web-a", "web-b", "web-c"].map(|name| stage.start(name, 1, &[]));
    let (a, b, c) = tokio::join!(a, b, c);
    let table = Table::new().group("blue", &[(&a, Unhealthy), (&b, Initial), (&c, Draining)]);
    stage.route(&table.forward(vec![], &[("blue", 1)])).await;
    let mut caller = stage.caller().await;
    let mut four =
        [caller.service().await, caller.service().await, caller.service().await, caller.service().await];
    four.sort();
    assert_eq!(four, ["web-a", "web-a", "web-b", "web-b"]);
}

#[tokio::test]
async fn an_empty_group_is_503_and_no_other_group_helps_out() {
    let stage = Stage::new(1.0);
    let (blue, green) = (stage.start("web-blue", 41, &[]).await, stage.start("web-green", 42, &[]).await);
    let table = Table::new().group("blue", &[]).group("green", &[(&green, Healthy)]);
    stage.route(&table.clone().forward(vec![], &[("blue", 1), ("green", 0)])).await;
    assert_eq!(stage.get("/").await.status, 503);
    let drained = table.clone().group("blue", &[(&blue, Draining)]);
    stage.route(&drained.forward(vec![], &[("blue", 1), ("green", 0)])).await;
    assert_eq!(stage.get("/").await.status, 503);
    stage.route(&table.forward(vec![], &[("blue", 0), ("green", 0)])).await;
    assert_eq!(stage.get("/").await.status, 503);
    let expected = [
        "the target group has no registered targets",
        "all 1 targets of the group are draining",
        "every group of the rule has weight 0",
    ];
    assert_eq!(stage.unserved(), expected.map(|reason| (503, reason.to_owned())));
}

fn cookie_pair(answer: &bluegreen_provider::traffic::connection::Answer, name: &str) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let line = set.into_iter().find(|line| line.starts_with(&format!("{name}="))).expect("a cookie");
    line.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_group_cookie_overrides_the_weights_until_its_group_leaves_the_action() {
    let stage = Stage::new(1.0);
    let (blue, green) = (stage.start("web-blue", 41, &[]).await, stage.start("web-green", 42, &[]).await);
    let groups = Table::new().group("blue", &[(&blue, Healthy)]).group("green", &[(&green, Healthy)]);
    let sticky = |weights: &[(&str, u32)]| {
        let groups_of = weights.iter().map(|(arn, weight)| (arn.to_string(), *weight)).collect();
        let stickiness = Some(Duration::from_secs(3600));
        groups.clone().rule(vec![], Action::Forward { groups: groups_of, stickiness })
    };
    stage.route(&sticky(&[("blue", 1), ("green", 0)])).await;
    let mut caller = stage.caller().await;
    let first = caller.get("/").await;
    assert_eq!(first.header("x-service"), "web-blue");
    caller.cookie = Some(cookie_pair(&first, "AWSALBTG"));
    stage.route(&sticky(&[("blue", 0), ("green", 1)])).await;
    assert_eq!(caller.service().await, "web-blue", "pinned to the side left behind");
    assert_eq!(stage.caller().await.service().await, "web-green");
    stage.route(&sticky(&[("green", 1)])).await;
    assert_eq!(caller.service().await, "web-green");
    stage.route(&groups.clone().forward(vec![], &[("blue", 1), ("green", 0)])).await;
    assert_eq!(caller.service().await, "web-blue", "without stickiness the cookie means nothing");
}

#[tokio::test]
async fn a_target_cookie_keeps_its_target_while_it_is_healthy() {
    let stage = Stage::new(1.0);
    let (a, b) = (stage.start("web-a", 1, &[]).await, stage.start("web-b", 1, &[]).await);
    let sticky = |a_health| {
        let table = Table::new().group("blue", &[(&a, a_health), (&b, Healthy)]);
        let table = table.change("blue", |group| group.stickiness = Some(Duration::from_secs(60)));
        table.forward(vec![], &[("blue", 1)])
    };
    stage.route(&sticky(Healthy)).await;
    let mut caller = stage.caller().await;
    let answer = loop {
        let answer = caller.get("/").await;
        if answer.header("x-service") == "web-a" {
            break answer;
        }
    };
    caller.cookie = Some(cookie_pair(&answer, "AWSALB"));
    for _ in 0..5 {
        assert_eq!(caller.service().await, "web-a");
    }
    stage.route(&sticky(Draining)).await;
    let moved = caller.get("/").await;
    assert_eq!(moved.header("x-service"), "web-b");
    assert_ne!(Some(cookie_pair(&moved, "AWSALB")), caller.cookie);
}

#[tokio::test]
async fn redirects_and_fixed_responses_are_no_failures() {
    let stage = Stage::new(1.0);
    let redirect = Action::Redirect {
        protocol: "HTTPS".into(),
        host: "#{host}".into(),
        port: "443".into(),
        path: "/#{path}".into(),
        query: "#{query}".into(),
        status: 301,
    };
    let fixed = Action::Fixed { status: 404, content_type: "text/plain".into(), body: "nobody home".into() };
    stage.route(&Table::new().rule(vec![shop()], redirect).rule(vec![], fixed)).await;
    let answer = stage.get("/cart/1?x=2").await;
    assert_eq!(answer.status, 301);
    assert_eq!(answer.header("location"), "https://shop.example.com:443/cart/1?x=2");
    let answer = stage.raw("GET / HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.ends_with("nobody home"), "{answer}");
    assert_eq!(stage.unserved(), []);
}

#[tokio::test]
async fn listeners_come_and_go_with_the_table() {
    let stage = Stage::new(1.0);
    let blue = stage.start("web-blue", 41, &[]).await;
    let table = Table::new().group("blue", &[(&blue, Healthy)]).forward(vec![], &[("blue", 1)]);
    stage.route(&table).await;
    let mut kept = stage.caller().await;
    assert_eq!(kept.service().await, "web-blue");
    let mut moved = table.clone();
    moved.0.listeners[0].port += 1;
    stage.route(&moved).await;
    let refused = async {
        while tokio::net::TcpStream::connect(stage.front()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("the old port closes");
    stage.route(&table).await;
    assert_eq!(stage.caller().await.service().await, "web-blue");
}
