//! Creations that end before their time: interrupted, out of time, killed. A plain apply is then enough, or the import
//! block of its error.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::stage::{Stage, apply, story};
use crate::terraform::Project;
use crate::wish::Phase;

/// Seconds at which a creation is struck: from its first call to after its end.
const MOMENTS: [u64; 9] = [0, 1, 2, 4, 9, 16, 24, 30, 40];

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
