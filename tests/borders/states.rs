//! A second state, a copied block, a lost state.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::stage::{OWNER, Stage, apply, arn, story};
use crate::terraform::{Applied, Project};
use crate::wish::Phase;

/// Refused before the first write, with what to paste.
async fn refused(stage: &Stage, copy: &mut Project, caller: &str) {
    let (before, since) = (stage.counts(), stage.now());
    let said = apply(copy).await.unwrap_err();
    assert!(said.contains("The name is taken") && said.contains("import {"), "{said}");
    assert!(said.contains("id = \"shop/nginx\""), "{said}");
    assert_eq!(stage.writes(caller, since), [""; 0], "{said}");
    assert_eq!(stage.counts(), before);
    assert!(copy.state.is_null());
    // What it does not have it cannot destroy.
    copy.destroy().await.unwrap();
    assert_eq!(stage.writes(caller, since), [""; 0]);
}

/// It failed, cleaned up after itself and deleted both live services of the first state.
#[test]
fn a_second_state_of_the_same_name_on_another_listener_is_refused() {
    story(async |stage| {
        let mut first = stage.standing().await;
        let mut second = stage.project("copy").await;
        second.config.set("listener_arn", stage.sandbox.listeners.test.arn.as_str());
        refused(stage, &mut second, "copy").await;
        assert_eq!(first.has_changes().await, Ok(false));
    });
}

/// It was complete: the public went to its versions, and its destroy deleted production.
#[test]
fn a_second_state_of_the_same_name_on_the_same_listener_is_refused() {
    story(async |stage| {
        let mut first = stage.standing().await;
        let mut second = stage.project("copy").await;
        stage.wish(&mut second, Phase::Promoted);
        refused(stage, &mut second, "copy").await;
        assert_eq!(first.has_changes().await, Ok(false));
        assert_eq!(stage.service("nginx-blue")["runningCount"], 2);
    });
}

/// Both were applied, and removing the copy deleted production.
#[test]
fn of_two_copies_that_create_at_the_same_time_one_is_created_and_the_other_refused() {
    for head_start in [0, 7, 20] {
        story(async |stage| {
            let (mut one, mut two) = (stage.project("one").await, stage.project("two").await);
            let later = async {
                tokio::time::sleep(Duration::from_secs(head_start)).await;
                apply(&mut two).await
            };
            let ended = tokio::join!(apply(&mut one), later);
            assert!(ended.0.is_ok() || ended.1.is_ok() || head_start == 0, "{ended:?}");
            assert!(ended.0.is_err() || ended.1.is_err(), "{ended:?}");
            if ended.0.is_ok() {
                assert!(ended.1.as_ref().unwrap_err().contains("import {"), "{ended:?}");
            }
            let mut winner = if ended.1.is_ok() { two } else { one };
            apply(&mut winner).await.unwrap();
            assert_eq!(winner.has_changes().await, Ok(false));
            assert_eq!(stage.counts(), (2, 2, 1));
        });
    }
}

/// It was taken over without a word.
#[test]
fn after_state_rm_a_create_is_refused_and_the_block_it_gives_works() {
    story(async |stage| {
        for phase in [Phase::Stable, Phase::Canary, Phase::Promoted] {
            let mut project = stage.project("ours").await;
            stage.wish(&mut project, phase);
            if phase == Phase::Stable {
                apply(&mut project).await.unwrap();
                stage.pass(30).await;
            } else {
                project.import("shop/nginx").await.unwrap();
                apply(&mut project).await.unwrap();
            }
            let id = arn(&project.state, "creation_id");
            project.forget();
            refused(stage, &mut project, "nobody").await;
            project.import("shop/nginx").await.unwrap();
            assert_eq!(arn(&project.state, "creation_id"), id);
            assert_eq!(apply(&mut project).await.map(|_| ()), Ok(()));
            assert_eq!(project.has_changes().await, Ok(false));
        }
    });
}

/// What the state holds by ARN is ours without its tags, and gets them back.
#[test]
fn tags_removed_by_a_janitor_are_put_back_and_nobody_notices() {
    story(async |stage| {
        let mut project = stage.standing().await;
        stage.wish(&mut project, Phase::Canary);
        apply(&mut project).await.unwrap();
        // It tells owners by their tags.
        stage.excuse("I5");
        let keys = [OWNER, "bluegreen:role"];
        for kind in ["target_groups", "rules"] {
            for it in stage.all(kind) {
                stage.by_hand("RemoveTags", json!({ "ResourceArns": [it["arn"]], "TagKeys": keys }));
            }
        }
        for side in ["blue_service_arn", "green_service_arn"] {
            let arn = arn(&project.state, side);
            stage.by_hand("UntagResource", json!({ "resourceArn": arn, "tagKeys": keys }));
        }
        stage.wish(&mut project, Phase::Promoted);
        apply(&mut project).await.unwrap();
        assert_eq!(project.has_changes().await, Ok(false));
        for kind in ["target_groups", "rules"] {
            assert!(stage.all(kind).iter().all(|it| it["tags"].to_string().contains(OWNER)));
        }
        stage.end_of_service();
        project.destroy().await.unwrap();
        assert_eq!(stage.counts(), (0, 0, 0));
    });
}

/// The state's own services were made anew by somebody else under the same names.
#[test]
fn a_run_that_meets_another_id_touches_nothing() {
    story(async |stage| {
        let mut project = stage.standing().await;
        let group = arn(&project.state, "green_target_group_arn");
        let other = json!([{ "Key": OWNER, "Value": "shop/nginx/0000000000000000" }]);
        stage.by_hand("AddTags", json!({ "ResourceArns": [group], "Tags": other }));
        let since = stage.now();
        stage.wish(&mut project, Phase::Staged);
        let said = apply(&mut project).await.unwrap_err();
        assert!(said.contains(&group), "{said}");
        assert!(project.destroy().await.unwrap_err().contains(&group));
        assert_eq!(stage.writes("ours", since), [""; 0]);
        let stop = CancellationToken::new();
        let mine = json!([{ "Key": OWNER, "Value": crate::stage::tag_of(&project.state) }]);
        stage.by_hand("AddTags", json!({ "ResourceArns": [group], "Tags": mine }));
        assert_eq!(project.apply(stop).await, Ok(Applied::Done));
    });
}
