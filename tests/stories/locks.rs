//! Two people, two copies of one project, one state in S3, and both apply at the same time: with the lock, and without.

use std::time::Duration;

use aws_sandbox::Running;
use serde_json::{Value, json};

use super::example::{Copy, sandbox};
use crate::support::admin;

const NGINX: &str = "-target=bluegreen_service.web[\"nginx\"]";
const APACHE: &str = "-target=bluegreen_service.web[\"apache\"]";
const BOTH: [&str; 2] = [r#"bluegreen_service.web["apache"]"#, r#"bluegreen_service.web["nginx"]"#];
const PATIENCE: Duration = Duration::from_secs(120);

/// The first apply, held in the middle of what it does until it is released.
async fn hold(sandbox: &Running, operation: &str) -> u64 {
    let fault = json!({"kind": "hold", "operations": [operation], "call": 1, "when": "before"});
    admin(&sandbox.ready.endpoint, "POST", "/_sandbox/faults", fault).await["id"].as_u64().unwrap()
}

async fn is_held(sandbox: &Running) {
    let held = async {
        let held = |faults: Value| faults["faults"][0]["held"][0].is_object();
        while !held(admin(&sandbox.ready.endpoint, "GET", "/_sandbox/faults", Value::Null).await) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, held).await.expect("the first apply comes to where it is held");
}

async fn release(sandbox: &Running, fault: u64) {
    let path = format!("/_sandbox/faults/{fault}/release");
    admin(&sandbox.ready.endpoint, "POST", &path, Value::Null).await;
}

/// Whether anything of a service is in the cloud.
async fn is_there(sandbox: &Running, service: &str) -> bool {
    let state = admin(&sandbox.ready.endpoint, "GET", "/_sandbox/state", Value::Null).await.to_string();
    state.contains(&format!("{service}.example.com"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_applies_at_once_the_second_is_refused_or_waits_and_both_are_in_the_state() {
    let (sandbox, _files) = sandbox().await;
    let (one, two) = (Copy::of_the_example(&sandbox).await, Copy::of_the_example(&sandbox).await);
    let fault = hold(&sandbox, "CreateService").await;
    let (first, ()) = tokio::join!(one.apply(&[NGINX]), async {
        is_held(&sandbox).await;
        let refused = two.apply(&[APACHE]).await;
        assert!(!refused.ok, "{}", refused.said());
        for told in ["Error acquiring the state lock", "OperationTypeApply"] {
            assert!(refused.said().contains(told), "{}", refused.said());
        }
        assert!(!is_there(&sandbox, "apache").await, "a refused apply changes nothing");
        let (waited, ()) = tokio::join!(two.apply(&[APACHE, "-lock-timeout=2m"]), release(&sandbox, fault));
        assert!(waited.ok, "{}", waited.said());
    });
    assert!(first.ok, "{}", first.said());
    assert_eq!(one.state().await, BOTH);
    sandbox.stop().await;
}

/// Why `-lock=false` is never right: of two such applies, the one that ends last has never heard of the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_lock_whoever_writes_last_forgets_what_the_other_has_made() {
    let (sandbox, _files) = sandbox().await;
    let (mut one, two) = (Copy::of_the_example(&sandbox).await, Copy::of_the_example(&sandbox).await);
    let ran = one.apply(&[NGINX]).await;
    assert!(ran.ok, "{}", ran.said());
    one.set("enable_canary", json!(true));
    let fault = hold(&sandbox, "UpdateService").await;
    let (first, ()) = tokio::join!(one.apply(&[NGINX]), async {
        is_held(&sandbox).await;
        let second = two.apply(&[APACHE, "-lock=false"]).await;
        assert!(second.ok, "{}", second.said());
        assert_eq!(two.state().await, BOTH);
        release(&sandbox, fault).await;
    });
    assert!(first.ok, "{}", first.said());
    // Apache runs, and no state knows of it.
    assert_eq!(two.state().await, BOTH[1..]);
    assert!(is_there(&sandbox, "apache").await);
    // Nothing is taken over in silence: the next apply says what is there, and how to have it again.
    let next = two.apply(&[]).await;
    assert!(!next.ok && next.said().contains("import {"), "{}", next.said());
    sandbox.stop().await;
}
