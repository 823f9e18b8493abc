//! A load balancer that is nearly full: said before the first write.

use terraform_plugin::Value;

use crate::stage::{Stage, apply, story};
use crate::terraform::Project;
use crate::wish::Phase;

fn most(stage: &Stage, rules: usize, groups: usize) {
    stage.sandbox.with(|world, _| {
        (world.settings.rules_per_load_balancer, world.settings.groups_per_load_balancer) = (rules, groups);
    });
}

/// Refused without one write; what it said.
async fn refused(stage: &Stage, project: &mut Project) -> String {
    let since = stage.now();
    let said = apply(project).await.unwrap_err();
    assert_eq!(stage.writes("ours", since), [""; 0], "{said}");
    said
}

/// It made groups first, met TooManyRules, and cleaned up.
#[test]
fn a_creation_on_a_full_load_balancer_is_refused_before_anything_is_made() {
    for (rules, groups, told) in [
        (0, 100, "0 of the 0 rules that one may have"),
        (100, 1, "0 of the 1 target groups that one may have"),
    ] {
        story(async |stage| {
            most(stage, rules, groups);
            let mut project = stage.project("ours").await;
            let said = refused(stage, &mut project).await;
            assert!(said.contains("listener_arn") && said.contains(told), "{said}");
            // Another run asks anew what the account may have.
            most(stage, 1, 2);
            apply(&mut stage.project("ours").await).await.unwrap();
        });
    }
}

/// GREEN was started, and then there was no rule for the canary.
#[test]
fn a_canary_with_more_rules_than_there_is_room_for_is_refused_before_its_side_starts() {
    story(async |stage| {
        most(stage, 3, 100);
        let mut project = stage.standing().await;
        stage.wish(&mut project, Phase::Canary);
        // Four to a rule, beside the host.
        let sources = |count| Value::list((0..count).map(|it| format!("127.0.{}.0/24", 90 + 2 * it)));
        project.config.set("canary_source_ips", sources(9));
        let said = refused(stage, &mut project).await;
        assert!(said.contains("canary_source_ips") && said.contains("1 of the 3 rules"), "{said}");
        assert_eq!(stage.service("nginx-green")["desiredCount"], 0);
        project.config.set("canary_source_ips", sources(8));
        apply(&mut project).await.unwrap();
        assert_eq!(stage.all("rules").len(), 3);
    });
}
