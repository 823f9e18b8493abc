//! Addresses and states: copies, renamed blocks, lost states, and what Terraform replaces when told to.

use serde_json::{Value, json};

use crate::support::Stage;

fn main_file(stage: &Stage) -> Value {
    serde_json::from_str(&std::fs::read_to_string(stage.folder().join("main.tf.json")).unwrap()).unwrap()
}

/// The resource at these addresses, and further blocks.
fn write(stage: &Stage, addresses: &[&str], more: Value) {
    let mut file = main_file(stage);
    let resources = addresses.iter().map(|address| ((*address).to_owned(), stage.service.clone()));
    file["resource"]["bluegreen_service"] = Value::Object(resources.collect());
    for (name, block) in more.as_object().unwrap() {
        file[name] = block.clone();
    }
    for block in ["moved", "import"] {
        if more.get(block).is_none() {
            file.as_object_mut().unwrap().remove(block);
        }
    }
    stage.project.write("main.tf.json", &file.to_string()).unwrap();
}

/// What a plan that is refused says, without Terraform's frame.
async fn refused(stage: &Stage, arguments: &[&str]) -> String {
    let ran = stage.project.run(arguments).await.unwrap();
    assert!(!ran.ok, "this should have been refused:\n{}", ran.said());
    ran.said().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn done(stage: &Stage, arguments: &[&str]) -> String {
    let ran = stage.project.run(arguments).await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    ran.said()
}

const PLAN: &[&str] = &["plan", "-no-color"];
const APPLY: &[&str] = &["apply", "-auto-approve", "-no-color"];
const TWICE: &str = "Two resources of one name";

/// Both were applied, and removing one deleted production. An address renamed without a word cost the service.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_block_and_a_renamed_address_are_refused_in_the_plan_and_a_moved_block_is_enough() {
    let stage = Stage::new().await;
    write(&stage, &["nginx", "copy"], json!({}));
    assert!(refused(&stage, PLAN).await.contains(TWICE));
    write(&stage, &["nginx"], json!({}));
    stage.apply().await;
    let traffic = stage.traffic();
    write(&stage, &["nginx", "copy"], json!({}));
    assert!(refused(&stage, APPLY).await.contains(TWICE));
    write(&stage, &["renamed"], json!({}));
    let said = refused(&stage, APPLY).await;
    assert!(said.contains("Destroyed and created under one name") && said.contains("moved {"), "{said}");
    let moved = json!({ "from": "bluegreen_service.nginx", "to": "bluegreen_service.renamed" });
    write(&stage, &["renamed"], json!({ "moved": [moved] }));
    let said = done(&stage, APPLY).await;
    assert!(said.contains("0 added, 0 changed, 0 destroyed"), "{said}");
    // The same by hand.
    done(&stage, &["state", "mv", "bluegreen_service.renamed", "bluegreen_service.nginx"]).await;
    write(&stage, &["nginx"], json!({}));
    assert!(stage.project.plan_is_empty().await.unwrap());
    assert_eq!(traffic.now("public").await, ["blue"]);
    traffic.none_failed().await;
    stage.end().await;
}

/// It was taken over without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_state_rm_an_apply_is_refused_and_its_import_block_takes_everything_back() {
    let mut stage = Stage::new().await;
    stage.phase("canary").apply().await;
    let before = stage.state().await;
    let traffic = stage.traffic();
    done(&stage, &["state", "rm", "bluegreen_service.nginx"]).await;
    let said = refused(&stage, APPLY).await;
    assert!(said.contains("The name is taken") && said.contains("id = \"shop/nginx\""), "{said}");
    let import = json!({ "to": "bluegreen_service.nginx", "id": "shop/nginx" });
    write(&stage, &["nginx"], json!({ "import": [import] }));
    let said = done(&stage, APPLY).await;
    assert!(said.contains("1 imported") && said.contains("0 destroyed"), "{said}");
    assert!(stage.project.plan_is_empty().await.unwrap());
    let after = stage.state().await;
    for name in ["creation_id", "blue_service_arn", "production_rule_arn", "canary_rule_arns"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    stage.phase("promoted").apply().await;
    assert_eq!(traffic.now("office").await, ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}

/// Whoever asks for a replacement gets one, of everything, and nothing of the old one stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replace_and_taint_make_everything_anew() {
    let stage = Stage::new().await;
    stage.apply().await;
    let mut before = stage.state().await;
    for how in ["-replace=bluegreen_service.nginx", "taint"] {
        if how == "taint" {
            done(&stage, &["taint", "bluegreen_service.nginx"]).await;
        }
        let replace = [APPLY, &[how][..usize::from(how != "taint")]].concat();
        let said = done(&stage, &replace).await;
        assert!(said.contains("1 added, 0 changed, 1 destroyed"), "{said}");
        assert!(stage.project.plan_is_empty().await.unwrap());
        let after = stage.state().await;
        for name in ["creation_id", "production_rule_arn", "blue_target_group_arn"] {
            assert_ne!(before[name], after[name], "{name}");
        }
        before = after;
        let traffic = stage.traffic();
        assert_eq!(traffic.now("public").await, ["blue"]);
        traffic.none_failed().await;
    }
    let ran = stage.project.destroy().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let left = stage.admin("GET", "/_sandbox/state", Value::Null).await;
    assert_eq!((left["target_groups"].clone(), left["rules"].clone()), (json!([]), json!([])));
    stage.end().await;
}
