//! Creations that end before their time: interrupted, out of time, killed. A plain apply is then enough, or the import
//! block of its error.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::stage::{Stage, apply, story};
use crate::terraform::{Applied, Project};
use crate::wish::Phase;

/// Seconds at which a creation is struck: from its first call to after its end.
const MOMENTS: [u64; 9] = [0, 1, 2, 4, 9, 16, 24, 30, 40];

async fn canary(stage: &Stage, caller: &str) -> Project {
    let mut project = stage.project(caller).await;
    stage.wish(&mut project, Phase::Canary);
    project
}

async fn stands(stage: &Stage, project: &mut Project, told: &str) {
    assert_eq!(project.has_changes().await, Ok(false), "{told}");
    stage.pass(30).await;
    assert_eq!(stage.counts(), (2, 2, 2), "{told}");
    for group in stage.all("target_groups") {
        assert!(!group["tags"].to_string().contains("bluegreen:creating"), "{told}: {group}");
    }
    stage.served();
    stage.end_of_service();
    project.destroy().await.unwrap();
    assert_eq!(stage.counts(), (0, 0, 0), "{told}");
}

/// It was an error, and where it served already the next apply replaced it.
#[test]
fn an_interrupted_creation_serves_on_or_is_made_anew() {
    for at in MOMENTS {
        story(async |stage| {
            let mut project = stage.project("ours").await;
            stage.wish(&mut project, Phase::Canary);
            let stop = CancellationToken::new();
            let strike = async {
                tokio::time::sleep(Duration::from_secs(at)).await;
                stop.cancel();
            };
            let (ended, ()) = tokio::join!(project.apply(stop.clone()), strike);
            let told = format!("interrupted after {at} s: {ended:?}");
            let rule = stage.all("rules").iter().any(|rule| rule.to_string().contains("nginx.example.com"));
            assert_eq!(ended.is_ok(), rule, "{told}");
            stage.pass(10).await;
            apply(&mut project).await.unwrap_or_else(|said| panic!("{told}, then {said}"));
            stands(stage, &mut project, &told).await;
        });
    }
}

/// The tasks ran on outside of the state, and after an import destroy failed.
#[test]
fn a_creation_out_of_time_serves_on_or_is_gone_again() {
    for seconds in MOMENTS.into_iter().filter(|seconds| *seconds > 0) {
        story(async |stage| {
            let mut project = stage.project("ours").await;
            stage.wish(&mut project, Phase::Canary);
            project.config.set("timeouts.create", format!("{seconds}s"));
            let ended = apply(&mut project).await;
            let told = format!("{seconds} s for the creation: {ended:?}");
            if ended.is_err() {
                assert_eq!((stage.counts(), project.state.is_null()), ((0, 0, 0), true), "{told}");
            }
            stage.wish(&mut project, Phase::Canary);
            apply(&mut project).await.unwrap_or_else(|said| panic!("{told}, then {said}"));
            stands(stage, &mut project, &told).await;
        });
    }
}

/// A killed pipeline that runs again converges.
#[test]
fn a_killed_creation_is_taken_up_or_imported_as_its_error_says() {
    for at in MOMENTS {
        story(async |stage| {
            let mut killed = stage.project("ours").await;
            stage.wish(&mut killed, Phase::Canary);
            let ended = tokio::time::timeout(Duration::from_secs(at), apply(&mut killed)).await;
            drop(killed);
            let mut project = stage.project("ours").await;
            stage.wish(&mut project, Phase::Canary);
            let mut told = format!("killed after {at} s: {ended:?}");
            if let Err(said) = apply(&mut project).await {
                assert!(said.contains("import {"), "{told}, then {said}");
                told = format!("{told}, imported");
                project.import("shop/nginx").await.unwrap();
                apply(&mut project).await.unwrap_or_else(|said| panic!("{told}, then {said}"));
            }
            stands(stage, &mut project, &told).await;
        });
    }
}

/// After three minutes it was taken up from the state that had it, and that state could neither apply nor destroy.
#[test]
fn what_an_interrupted_creation_left_in_its_state_is_not_taken_up_by_another() {
    for at in [4, 9, 16] {
        story(async |stage| {
            let (mut ours, mut copy) = (canary(stage, "ours").await, canary(stage, "copy").await);
            let stop = CancellationToken::new();
            let strike = async {
                tokio::time::sleep(Duration::from_secs(at)).await;
                stop.cancel();
            };
            let (ended, ()) = tokio::join!(ours.apply(stop.clone()), strike);
            assert!(ended.is_err() && !ours.state.is_null(), "{ended:?}");
            stage.pass(200).await;
            let since = stage.now();
            let said = apply(&mut copy).await.unwrap_err();
            assert!(said.contains("The name is taken") && said.contains("import {"), "{said}");
            assert_eq!(stage.writes("copy", since), [""; 0]);
            apply(&mut ours).await.unwrap();
            stands(stage, &mut ours, "ours").await;
        });
    }
}

/// It was imported, and then taken up by the next creation all the same.
#[test]
fn what_a_killed_creation_left_behind_is_taken_up_and_not_imported() {
    story(async |stage| {
        let mut killed = canary(stage, "ours").await;
        tokio::time::timeout(Duration::from_secs(16), apply(&mut killed)).await.unwrap_err();
        let mut project = canary(stage, "ours").await;
        let said = project.import("shop/nginx").await.unwrap_err();
        assert!(said.contains("This is half made") && said.contains("Wait"), "{said}");
        stage.pass(200).await;
        let said = project.import("shop/nginx").await.unwrap_err();
        assert!(
            said.contains("apply the resource with listener_arn") && said.contains(&stage.place.listener),
            "{said}"
        );
        apply(&mut project).await.unwrap();
        stands(stage, &mut project, "taken up").await;
    });
}

/// Its groups were taken up without its rule: neither the one nor the other could ever be finished or deleted.
#[test]
fn what_was_left_behind_on_another_listener_is_left_there_and_the_error_says_where() {
    story(async |stage| {
        let other = stage.sandbox.listeners.test.arn.clone();
        let mut killed = canary(stage, "ours").await;
        killed.config.set("listener_arn", other.as_str());
        tokio::time::timeout(Duration::from_secs(16), apply(&mut killed)).await.unwrap_err();
        stage.pass(200).await;
        let (mut project, since) = (canary(stage, "copy").await, stage.now());
        let said = apply(&mut project).await.unwrap_err();
        let rule = stage.all("rules")[0]["arn"].as_str().unwrap().to_owned();
        assert!(said.contains("broken off") && said.contains(&rule), "{said}");
        assert_eq!(stage.writes("copy", since), [""; 0]);
        project.config.set("listener_arn", other.as_str());
        apply(&mut project).await.unwrap();
        stands(stage, &mut project, "where it began").await;
    });
}

/// A killed creation that serves on another listener lost its services to the clean-up of the next.
#[test]
fn what_serves_on_another_listener_is_not_left_behind() {
    story(async |stage| {
        let mut killed = canary(stage, "ours").await;
        tokio::time::timeout(Duration::from_secs(30), apply(&mut killed)).await.unwrap_err();
        stage.pass(200).await;
        let (mut project, since) = (canary(stage, "copy").await, stage.now());
        project.config.set("listener_arn", stage.sandbox.listeners.test.arn.as_str());
        let said = apply(&mut project).await.unwrap_err();
        assert!(said.contains("The name is taken") && said.contains("import {"), "{said}");
        assert_eq!(stage.writes("copy", since), [""; 0]);
        stage.wish(&mut project, Phase::Canary);
        project.import("shop/nginx").await.unwrap();
        apply(&mut project).await.unwrap();
        stands(stage, &mut project, "imported").await;
    });
}

fn changes(stage: &Stage, since: u64) -> Vec<String> {
    let writes = stage.writes("ours", since).into_iter();
    writes.filter(|write| write.starts_with("Delete") || write == "ModifyRule").collect()
}

/// The rule that served was deleted. The release that was to be tried is what fails here, after the public was let in.
#[test]
fn a_creation_that_fails_when_it_serves_already_parks_its_rule_before_it_deletes_anything() {
    story(async |stage| {
        let mut project = stage.project("ours").await;
        stage.wish(&mut project, Phase::Canary);
        project.config.set("green.task_definition", "nginx:8");
        let since = stage.now();
        stage.end_of_service();
        let said = apply(&mut project).await.unwrap_err();
        assert!(
            said.contains("The release on GREEN failed") && said.contains("Nothing was left behind"),
            "{said}"
        );
        let changes = changes(stage, since);
        assert_eq!(changes[..3], ["ModifyRule", "ModifyRule", "DeleteRule"], "let in, parked, deleted");
        assert_eq!((stage.counts(), project.state.is_null()), ((0, 0, 0), true));
    });
}

/// It was marked as tainted and replaced by the next apply, though everybody was served.
#[test]
fn an_interrupted_creation_that_serves_counts_as_created_though_the_last_look_is_from_before() {
    story(async |stage| {
        let mut project = canary(stage, "ours").await;
        // Nobody calls that; the sandbox remembers what was because of it.
        stage.fault(json!({ "kind": "stale", "seconds": 5, "operations": ["ListTagsForResource"] }));
        let stop = CancellationToken::new();
        let strike = async {
            while !stage.all("rules").iter().any(|rule| rule.to_string().contains("nginx.example.com")) {
                stage.pass(1).await;
            }
            stage.fault(json!({ "kind": "stale", "seconds": 5 }));
            stop.cancel();
        };
        let (ended, ()) = tokio::join!(project.apply(stop.clone()), strike);
        assert_eq!(ended, Ok(Applied::Done));
        stage.well_again();
        stage.pass(20).await;
        apply(&mut project).await.unwrap();
        stands(stage, &mut project, "interrupted as it began to serve").await;
    });
}

/// As created, with a warning: an error would be a replacement at the next apply, of what serves.
#[test]
fn a_creation_whose_rule_cannot_be_parked_again_counts_as_created() {
    story(async |stage| {
        let mut project = stage.project("ours").await;
        stage.wish(&mut project, Phase::Canary);
        project.config.set("green.task_definition", "nginx:8");
        let let_in = async {
            while !stage.all("rules").iter().any(|rule| rule.to_string().contains("nginx.example.com")) {
                stage.pass(1).await;
            }
            stage.fault(json!({ "kind": "access_denied", "operations": ["ModifyRule"] }));
        };
        let since = stage.now();
        let (ended, ()) = tokio::join!(apply(&mut project), let_in);
        assert_eq!(ended, Ok(Applied::Done));
        assert!(!changes(stage, since).iter().any(|write| write.starts_with("Delete")));
        assert_eq!(stage.service("nginx-blue")["runningCount"], 2);
        stage.well_again();
        stage.wish(&mut project, Phase::Canary);
        apply(&mut project).await.unwrap();
        stands(stage, &mut project, "with another release").await;
    });
}

/// While it drained, its clean-up had nothing to say, and after three minutes the next creation took up what it deleted.
#[test]
fn a_clean_up_says_that_it_is_at_work_and_the_next_creation_waits_for_its_end() {
    story(async |stage| {
        let (mut project, mut copy) = (canary(stage, "ours").await, canary(stage, "copy").await);
        project.config.set("green.task_definition", "nginx:8");
        project.config.set("target_group.deregistration_delay", 280);
        stage.end_of_service();
        let next = async {
            stage.pass(60).await;
            apply(&mut copy).await
        };
        let ended = tokio::join!(apply(&mut project), next);
        let (said, next) = (ended.0.unwrap_err(), ended.1);
        assert!(said.contains("Nothing was left behind"), "{said}");
        assert_eq!(next, Ok(Applied::Done));
        let made = stage.writes("copy", 0).iter().filter(|write| *write == "CreateTargetGroup").count();
        assert_eq!(made, 2, "its own groups");
        assert_eq!(copy.has_changes().await, Ok(false));
    });
}
