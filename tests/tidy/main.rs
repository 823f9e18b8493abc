//! The repository's rules, run as tests. Every complaint says file and line, and what to do about it.

mod files;
mod generated;
mod markdown;
mod rooms;
mod source;

use std::process::Command;

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::{Provider as _, Schema};

use files::Text;

fn check(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

fn of_each(files: &[Text], rule: impl Fn(&Text) -> Vec<String>) {
    check(files.iter().flat_map(rule).collect());
}

#[test]
fn no_room_reaches_into_one_it_must_not_know() {
    of_each(&files::rust(), rooms::arrows);
}

#[test]
fn no_room_speaks_the_words_of_another() {
    of_each(&files::rust(), rooms::words);
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    of_each(&files::rust(), source::too_long);
}

#[test]
fn every_module_opens_with_what_belongs_there() {
    of_each(&files::rust(), source::opening);
}

#[test]
fn modules_are_named_after_what_they_hold() {
    of_each(&files::rust(), source::names);
}

#[test]
fn no_test_is_switched_off_and_nothing_is_left_for_later() {
    of_each(&files::rust(), source::unfinished);
}

#[test]
fn the_pages_in_docs_are_what_the_schema_says() {
    check(generated::stale());
}

#[test]
fn every_attribute_and_block_is_described() {
    let provider = Bluegreen::default();
    let mut complaints = undescribed("provider", provider.schema());
    for name in provider.resource_names() {
        match provider.resource(&name) {
            Some(resource) => complaints.extend(undescribed(&name, resource.schema())),
            None => {
                complaints.push(format!("{name} is listed in resource_names but there is no such resource"))
            }
        }
    }
    check(complaints);
}

fn undescribed(name: &str, schema: &Schema) -> Vec<String> {
    let mut complaints = Vec::new();
    schema.walk(&mut |path, attribute| {
        let text = attribute.description.trim();
        if !text.ends_with(['.', ':']) {
            complaints.push(format!(
                "src/provider/service/attributes/: {name}.{path} has no description that is a sentence; say what it is, with a full stop"
            ));
        }
    });
    let blocks = schema.blocks.iter().filter(|(_, block)| block.content.description.trim().is_empty());
    complaints.extend(blocks.map(|(block, _)| {
        format!(
            "src/provider/service/attributes/: the block {name}.{block} has no description; say what it is"
        )
    }));
    complaints
}

#[test]
fn terraform_files_are_formatted() {
    let ran = ["terraform", "tofu"].into_iter().find_map(|tool| {
        let mut command = Command::new(tool);
        command.args(["fmt", "-check", "-diff", "-no-color", "-recursive", "examples"]);
        command.current_dir(files::root()).env("CHECKPOINT_DISABLE", "1").output().ok().map(|ran| (tool, ran))
    });
    let Some((tool, ran)) = ran else {
        panic!("neither terraform nor tofu is on PATH; install one of them, 1.11 or newer");
    };
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "\n\nrun `{tool} fmt -recursive examples`:\n{said}\n");
}

#[test]
fn the_protocol_s_package_holds_its_definitions() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["package", "--list", "--offline", "--allow-dirty", "-p", "terraform-plugin"]);
    let ran = command.current_dir(files::root()).output().expect("cargo runs");
    let files = String::from_utf8_lossy(&ran.stdout);
    for definition in ["proto/plugin.proto", "proto/tfplugin6.proto"] {
        assert!(
            files.lines().any(|file| file == definition),
            "crates/terraform-plugin/proto is a link to proto/ and must hold {definition}; cargo package --list says:\n{files}{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    of_each(&files::markdown(), markdown::broken_links);
}

#[test]
fn pages_are_true_on_every_machine() {
    of_each(&files::markdown(), markdown::machine_paths);
}
