//! The rooms of `src/`, who may know whom, and which words are never spoken in which room.

use super::files::Text;

/// Those of the root package, and the packages beside it under the names code calls them by.
const ROOMS: [&str; 8] =
    ["aws", "aws_sandbox", "bluegreen", "cli", "provider", "referee", "terraform_plugin", "traffic"];

/// The rooms that the file at `path` may reach into; `None` when it is in no room.
fn knows(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    if path.starts_with("crates/aws-sandbox/src/") {
        return Some(("aws_sandbox", &[]));
    }
    if path.starts_with("crates/terraform-plugin/src/") {
        return Some(("terraform_plugin", &[]));
    }
    let inside = path.strip_prefix("src/")?;
    let room = ROOMS.into_iter().find(|room| inside.starts_with(&format!("{room}/")))?;
    let (demo, sandbox) = (inside.starts_with("cli/demo"), inside.starts_with("cli/sandbox"));
    let others: &[&str] = match room {
        "aws" => &["bluegreen"],
        "provider" => &["terraform_plugin", "bluegreen", "aws"],
        "referee" => &["aws_sandbox"],
        "cli" if demo => &["aws_sandbox", "referee", "terraform_plugin", "traffic"],
        "cli" if sandbox => &["aws_sandbox", "referee", "traffic"],
        "cli" => &["traffic"],
        _ => &[],
    };
    Some((room, others))
}

pub fn arrows(file: &Text) -> Vec<String> {
    let Some((room, others)) = knows(&file.path) else { return Vec::new() };
    let mut complaints = Vec::new();
    for (number, line) in file.code() {
        if line.contains("crate::{") || line.contains("bluegreen_provider::") {
            complaints.push(
                file.at(
                    number,
                    "write one `use crate::ROOM::…` line for each room, so that arrows can be seen",
                ),
            );
        }
        for other in reached(&file.path, line) {
            if other != room && !others.contains(&other) {
                let may = if others.is_empty() { "no other room".to_owned() } else { others.join(", ") };
                complaints.push(file.at(
                    number,
                    format!("{room} must not know {other} (it may know {may}); pass plain values in, or move this to the room that knows both (ARCHITECTURE.md)"),
                ));
            }
        }
    }
    complaints
}

/// The rooms a line of code names: through `crate::`, through enough `super::`, or as a package.
fn reached(path: &str, line: &str) -> Vec<&'static str> {
    let known = |name: &str| ROOMS.into_iter().find(|room| *room == name);
    let packages = names(line).filter(|name| ["aws_sandbox", "terraform_plugin"].contains(name));
    // The packages beside the root have one room each, so `crate::` leads nowhere else.
    if !path.starts_with("src/") {
        return packages.filter_map(known).collect();
    }
    let depth = path.trim_end_matches("/mod.rs").matches('/').count();
    let to_root = "super::".repeat(depth);
    let after = ["crate::", to_root.as_str()].into_iter().flat_map(|way| line.split(way).skip(1));
    after.filter_map(|rest| names(rest).next()).chain(packages).filter_map(known).collect()
}

/// What a pure room never names: other worlds, clocks and sockets.
const EFFECTS: [&str; 16] = [
    "tokio",
    "tonic",
    "prost",
    "hyper",
    "Instant",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "fs",
    "env",
    "process",
    "thread",
    "rand",
    "tracing",
];

/// What the protocol's room never says: what its only user happens to be about.
const SUBJECT: [&str; 11] =
    ["aws", "ecs", "elb", "elbv2", "alb", "fargate", "blue", "green", "bluegreen", "canary", "canaries"];

/// What a local AWS never says, unless AWS says it: what its callers happen to be about.
const CALLERS: [&str; 5] = ["blue", "green", "bluegreen", "canary", "canaries"];

/// The cryptography library, which has nothing of AWS's services in it.
const CIPHERS: &str = "aws_lc_rs";

/// What of the sandbox is pure, as `bluegreen` is.
const WORLD: &str = "crates/aws-sandbox/src/aws/";

pub fn words(file: &Text) -> Vec<String> {
    let Some((room, _)) = knows(&file.path) else { return Vec::new() };
    let mut complaints = Vec::new();
    for (number, line) in before_tests(file) {
        let comment = line.trim_start().starts_with("//");
        match room {
            "bluegreen" if !comment => {
                for name in names(line).filter(|name| EFFECTS.contains(name) || name.starts_with("aws_")) {
                    complaints.push(file.at(
                        number,
                        format!(
                            "`{name}` in bluegreen, which is pure: pass time and facts in, let the caller act"
                        ),
                    ));
                }
            }
            "aws_sandbox" => {
                for name in
                    names(line).filter(|name| !comment && name.starts_with("aws_") && *name != CIPHERS)
                {
                    complaints.push(file.at(number, format!("`{name}` in aws-sandbox: a fake that shares types with the code under test shares its mistakes")));
                }
                let pure = file.path.starts_with(WORLD) && !comment;
                for name in names(line).filter(|name| pure && EFFECTS.contains(name)) {
                    complaints.push(file.at(number, format!("`{name}` in the sandbox's world, which is pure: pass time and reports in, orders and views out")));
                }
                // AWS has deployment strategies of these names.
                let strategies = ["BLUE_GREEN", "\"CANARY\"", "canaryConfiguration"];
                let line = strategies.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
                for word in spoken(&line).filter(|word| CALLERS.contains(&word.as_str())) {
                    complaints.push(file.at(number, format!("\"{word}\" in aws-sandbox, which serves any caller: say it in referee, or where the sandbox is used")));
                }
            }
            "terraform_plugin" => {
                // The cryptography library only happens to be called that.
                let line = line.replace("aws_lc_rs", "");
                for word in spoken(&line).filter(|word| SUBJECT.contains(&word.as_str())) {
                    complaints.push(file.at(
                        number,
                        format!(
                            "\"{word}\" in terraform-plugin, which serves any provider: say it in provider"
                        ),
                    ));
                }
            }
            _ => {}
        }
    }
    complaints
}

/// Examples in tests may be about anything.
fn before_tests(file: &Text) -> impl Iterator<Item = (usize, &str)> {
    let tests = file.path.ends_with("/tests.rs");
    file.lines().take_while(move |(_, line)| !tests && line.trim() != "#[cfg(test)]")
}

fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// The words of a line in lower case: `CanaryRule` and `canary_rule` are two each.
fn spoken(line: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for c in line.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
        before = c;
    }
    spaced.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

#[test]
fn a_forbidden_arrow_is_seen_whichever_way_it_is_written() {
    let complaints = |path: &str, text: &str| arrows(&Text::new(path, text)).len();
    assert_eq!(complaints("src/bluegreen/plan.rs", "use crate::aws::Aws;"), 1);
    assert_eq!(complaints("crates/terraform-plugin/src/serve.rs", "    aws_sandbox::start();"), 1);
    assert_eq!(complaints("src/aws/mod.rs", "use super::provider::Bluegreen;"), 1);
    assert_eq!(complaints("src/aws/rules/wire.rs", "use super::super::super::provider::X;"), 1);
    assert_eq!(complaints("src/aws/mod.rs", "use terraform_plugin::Value;"), 1);
    assert_eq!(complaints("src/provider/service/planned.rs", "use aws_sandbox::Ready;"), 1);
    assert_eq!(complaints("src/cli/probe/mod.rs", "use aws_sandbox::Ready;"), 1);
    assert_eq!(complaints("src/traffic/mod.rs", "use crate::cli::demo;"), 1);
    assert_eq!(complaints("src/cli/mod.rs", "use crate::{aws, bluegreen};"), 1);
    for (path, text) in [
        ("src/cli/demo/mod.rs", "use aws_sandbox::Ready;\nuse crate::traffic::Traffic;"),
        ("src/cli/sandbox.rs", "use aws_sandbox::Ready;"),
        ("src/aws/observe.rs", "use crate::bluegreen::observed::Observed;\nuse super::service::X;"),
        ("src/provider/service/planned.rs", "use crate::aws::Aws;\nuse terraform_plugin::Value;"),
        ("src/bluegreen/plan.rs", "// crate::aws would be wrong here\nuse crate::bluegreen::side::Side;"),
        ("crates/aws-sandbox/src/endpoint.rs", "use crate::aws::ecs;"),
        ("src/main.rs", "use bluegreen_provider::cli;"),
    ] {
        assert_eq!(arrows(&Text::new(path, text)), [""; 0], "{path}");
    }
}

#[test]
fn a_forbidden_word_is_heard_also_inside_a_name() {
    let complaints = |path: &str, text: &str| words(&Text::new(path, text)).len();
    let plugin = "crates/terraform-plugin/src/plugin.rs";
    assert_eq!(complaints(plugin, "struct CanaryRule;\nlet ecs_name = 1; // the ALB's"), 3);
    assert_eq!(complaints("src/bluegreen/plan.rs", "use std::time::Instant;\nuse aws_sdk_ecs::Client;"), 2);
    let world = "crates/aws-sandbox/src/aws/world.rs";
    assert_eq!(complaints(world, "use aws_smithy_types::DateTime;"), 1);
    assert_eq!(complaints(world, "use tokio::time::sleep; // for a canary"), 2);
    assert_eq!(complaints(world, "match word { \"BLUE_GREEN\" | \"CANARY\" => {} }"), 0);
    assert_eq!(complaints("crates/aws-sandbox/src/endpoint.rs", "use tokio::net::TcpListener;"), 0);
    assert_eq!(complaints(plugin, "use rustls::crypto::aws_lc_rs;\nlet specs = evergreen;"), 0);
    assert_eq!(complaints("src/bluegreen/audience.rs", "use std::net::IpAddr;\n// no tokio here"), 0);
    assert_eq!(complaints(plugin, "#[cfg(test)]\nmod tests { const X: &str = \"blue\"; }"), 0);
}
