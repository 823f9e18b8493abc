//! What users do on good days: the twelve moves, the next release, canaries, test listeners, counts and priorities.

use serde_json::json;

use crate::stage::{UNKNOWN, story};

/// A round trip through the four phases that takes each of the twelve moves once.
const TOUR: [&str; 12] = [
    "staged", "stable", "canary", "stable", "promoted", "staged", "canary", "staged", "promoted", "canary",
    "promoted", "stable",
];

#[test]
fn all_twelve_moves_are_as_recorded() {
    story("moves", async |stage| {
        stage.apply("create, stable").await;
        let mut before = "stable";
        for phase in TOUR {
            stage.phase(phase).apply(&format!("{before} to {phase}")).await;
            before = phase;
        }
        stage.destroy("destroy, stable").await;
    });
}

#[test]
fn creation_in_every_phase_is_as_recorded() {
    story("creation", async |stage| {
        for phase in ["staged", "canary", "promoted"] {
            stage.phase(phase).apply(&format!("create, {phase}")).await;
            stage.destroy(&format!("destroy, {phase}")).await;
        }
        stage.set(json!({ "primary": "green", "standby_count": 1 })).phase("stable");
        stage.apply("create, green at home, one task on the other side").await;
        stage.destroy("destroy").await;
        let task = json!({ "task_definition": UNKNOWN });
        stage.set(json!({ "green": task })).plan("plan a create that does not know everything").await;
    });
}

#[test]
fn the_next_release_is_as_recorded() {
    story("next_release", async |stage| {
        stage.phase("promoted").apply("create, promoted").await;
        stage.set(json!({ "primary": "green" })).phase("stable").apply("swap sides").await;
        stage.set(json!({ "blue": { "task_definition": "nginx:3" } })).phase("canary");
        stage.apply("the next candidate on BLUE").await;
        stage.phase("promoted").apply("promote it").await;
        stage.set(json!({ "green": { "task_definition": "nginx:4" } })).phase("stable");
        stage.apply("come home with a new version").await;
        stage.set(json!({ "primary": "blue" })).phase("promoted").apply("swap and promote at once").await;
        stage.set(json!({ "primary": "green" })).apply("swap while promoted").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn canaries_that_grow_and_shrink_are_as_recorded() {
    story("canaries", async |stage| {
        let blocks = |count: usize| -> Vec<String> {
            (0..count).map(|i| format!("10.{}.0.0/16", i * 2)).chain(["127.0.99.7".to_owned()]).collect()
        };
        stage.set(json!({ "canary_source_ips": blocks(8) })).phase("canary");
        stage.apply("nine blocks, spread over rules").await;
        stage.set(json!({ "canary_source_ips": blocks(12) })).apply("more of them").await;
        stage.set(json!({ "canary_source_ips": blocks(3) })).apply("fewer").await;
        let six = json!(["2001:db8::/32", "10.0.0.0/9", "10.128.0.0/9", "192.0.2.1"]);
        stage.set(json!({ "canary_source_ips": six })).apply("IPv6, and halves that are one").await;
        let same = json!(["2001:db8::/32", "10.0.0.0/8", "192.0.2.1/32"]);
        stage.set(json!({ "canary_source_ips": same })).apply("the same in other words").await;
        stage.set(json!({ "host_headers": ["a.example.com", "b.example.com"], "path_patterns": ["/x/*"] }));
        stage.apply("other hosts and paths, while open").await;
        stage.set(json!({ "canary_source_ips": blocks(1) })).phase("staged").apply("close").await;
        stage.phase("canary").apply("open again").await;
        stage.set(json!({ "canary_source_ips": blocks(9) })).phase("promoted").apply("promote").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn a_test_listener_is_as_recorded() {
    story("test_listener", async |stage| {
        stage.apply("create without").await;
        let arn = stage.test_listener().to_owned();
        stage.set(json!({ "test_listener": { "arn": arn, "priority": 10 } })).apply("with, stable").await;
        stage.phase("staged").apply("staged").await;
        stage
            .set(json!({ "test_listener": { "arn": arn, "priority": 20, "allowed_cidrs": ["10.0.0.0/8"] } }));
        stage.apply("other priority, only some").await;
        stage.phase("canary").apply("canary").await;
        stage.set(json!({ "host_headers": ["shop.example.com"] })).apply("other host").await;
        stage.set(json!({ "test_listener": null })).apply("without").await;
        stage.set(json!({ "test_listener": { "arn": arn, "priority": 30 } }));
        stage.phase("promoted").apply("with, promoted").await;
        stage.phase("stable").set(json!({ "primary": "green" })).apply("swap sides").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn priorities_and_addresses_that_change_are_as_recorded() {
    story("addresses", async |stage| {
        stage.apply("create").await;
        stage.set(json!({ "production_priority": 200, "canary_priority": 150 })).apply("stable").await;
        stage.phase("canary").apply("open").await;
        stage.set(json!({ "canary_priority": 199 })).apply("the canary's").await;
        stage.set(json!({ "production_priority": 199, "canary_priority": 198 })).apply("one up").await;
        let six = json!(["10.0.0.0/16", "10.2.0.0/16", "10.4.0.0/16", "10.6.0.0/16", "10.8.0.0/16"]);
        stage.set(json!({ "canary_source_ips": six, "production_priority": 50, "canary_priority": 49 }));
        stage.apply("both, and another rule").await;
        stage.set(json!({ "host_headers": [], "path_patterns": ["/api/*"] })).apply("paths for hosts").await;
        stage.set(json!({ "production_priority": 60 })).phase("promoted").apply("promote and move").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn counts_that_change_are_as_recorded() {
    story("counts", async |stage| {
        stage.apply("create").await;
        stage.set(json!({ "desired_count": 4 })).apply("2 to 4").await;
        stage.set(json!({ "standby_count": 1 })).apply("one in reserve").await;
        stage
            .set(json!({ "desired_count": 1, "canary_count": 3 }))
            .phase("canary")
            .apply("canary of 3")
            .await;
        stage.set(json!({ "canary_count": 2 })).apply("canary of 2").await;
        stage.set(json!({ "canary_count": null })).apply("canary of as many as everybody has").await;
        stage.set(json!({ "desired_count": 3 })).phase("promoted").apply("promote to 3").await;
        stage.set(json!({ "standby_count": 0 })).apply("no reserve").await;
        stage.set(json!({ "desired_count": 2 })).phase("stable").apply("home with 2").await;
        stage.destroy("destroy").await;
    });
}
