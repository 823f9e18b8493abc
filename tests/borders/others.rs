//! Other teams on the same listener, in the same cluster, with the right to tag.

use serde_json::json;

use crate::stage::{OWNER, apply, arn, story, tag_of};
use crate::terraform::Applied;
use crate::wish::Phase;

/// BLUE went to 0, and that rule answered 503.
#[test]
fn a_side_that_somebody_elses_rule_uses_is_kept_and_destroy_is_refused() {
    story(async |stage| {
        let mut project = stage.standing().await;
        let blue = arn(&project.state, "blue_target_group_arn");
        let theirs = stage.rule(7, "theirs.example.com", &blue, &[]);
        stage.wish(&mut project, Phase::Promoted);
        assert_eq!(apply(&mut project).await, Ok(Applied::Done));
        assert_eq!(stage.service("nginx-blue")["runningCount"], 2);
        assert_eq!(project.state.get("production_color").as_str(), Some("green"));
        assert_eq!(project.has_changes().await, Ok(false));

        let since = stage.now();
        let said = project.destroy().await.unwrap_err();
        assert!(said.contains(&theirs), "{said}");
        assert_eq!(stage.writes("ours", since), [""; 0]);

        stage.by_hand("DeleteRule", json!({ "RuleArn": theirs }));
        assert_eq!(apply(&mut project).await, Ok(Applied::Done));
        assert_eq!(stage.service("nginx-blue")["runningCount"], 0);
        assert_eq!(project.has_changes().await, Ok(false));
        stage.end_of_service();
        project.destroy().await.unwrap();
        assert_eq!(stage.counts(), (0, 0, 0));
    });
}

/// The next apply deleted it; with `production` it moved priorities and failed half-way.
#[test]
fn another_teams_rule_with_a_copied_tag_is_named_and_left_alone() {
    for role in ["canary", "production", "test", "parking"] {
        story(async |stage| {
            let mut project = stage.standing().await;
            let (tag, group) = (tag_of(&project.state), stage.group("theirs"));
            let tags = [(OWNER, tag.as_str()), ("bluegreen:role", role)];
            let theirs = stage.rule(7, "theirs.example.com", &group, &tags);
            let since = stage.now();
            stage.wish(&mut project, Phase::Promoted);
            let said = apply(&mut project).await.unwrap_err();
            assert!(said.contains(&theirs) && said.contains("somebody copied the tag"), "{said}");
            assert!(project.destroy().await.unwrap_err().contains(&theirs));
            assert_eq!(stage.writes("ours", since), [""; 0]);
            stage.by_hand("RemoveTags", json!({ "ResourceArns": [theirs], "TagKeys": [OWNER] }));
            assert_eq!(apply(&mut project).await, Ok(Applied::Done));
            assert!(stage.all("rules").iter().any(|rule| rule["arn"] == theirs.as_str()));
        });
    }
}

/// The old form of the tag is nobody's.
#[test]
fn a_tag_with_the_name_alone_owns_nothing() {
    story(async |stage| {
        let mut project = stage.standing().await;
        let group = stage.group("theirs");
        let tags = [(OWNER, "shop/nginx"), ("bluegreen:role", "canary")];
        let theirs = stage.rule(7, "theirs.example.com", &group, &tags);
        stage.wish(&mut project, Phase::Canary);
        assert_eq!(apply(&mut project).await, Ok(Applied::Done));
        assert_eq!(project.has_changes().await, Ok(false));
        assert!(stage.all("rules").iter().any(|rule| rule["arn"] == theirs.as_str()));
    });
}

/// It was taken over: another task definition, and no tasks.
#[test]
fn another_teams_service_under_our_name_is_not_taken_over_whatever_its_tag() {
    for tag in ["shop/nginx", "shop/nginx/0123456789abcdef", "shop/other/0123456789abcdef"] {
        story(async |stage| {
            let group = stage.group("theirs");
            stage.rule(7, "theirs.example.com", &group, &[]);
            let network = json!({ "awsvpcConfiguration": {
                "subnets": stage.place.subnets, "securityGroups": stage.place.security_groups } });
            stage.by_hand(
                "CreateService",
                json!({
                    "cluster": "shop", "serviceName": "nginx-green", "taskDefinition": "apache:5",
                    "desiredCount": 3, "launchType": "FARGATE", "networkConfiguration": network,
                    "loadBalancers": [{ "targetGroupArn": group, "containerName": "apache", "containerPort": 80 }],
                    "tags": [{ "key": OWNER, "value": tag }],
                }),
            );
            let mut project = stage.project("ours").await;
            let since = stage.now();
            let said = apply(&mut project).await.unwrap_err();
            assert!(said.contains("The name is taken") && said.contains("nginx-green"), "{said}");
            assert_eq!(stage.writes("ours", since), [""; 0]);
            let theirs = stage.service("nginx-green");
            assert_eq!(theirs["desiredCount"], 3);
        });
    }
}
