//! What is wished for, who then serves whom, and what of it the sandbox must hold: no more and no less.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{HOST, toggles};

pub const DESIRED: u64 = 2;
pub const CANARY: u64 = 1;

/// A configuration, as far as it differs from one move to the next.
#[derive(Clone, Debug)]
pub struct Wish {
    pub phase: &'static str,
    pub primary: &'static str,
    pub blue: &'static str,
    pub green: &'static str,
    /// On the HTTPS listener.
    pub secure: bool,
}

pub fn wish(phase: &'static str) -> Wish {
    Wish { phase, primary: "blue", blue: "nginx:1", green: "nginx:2", secure: false }
}

fn other(side: &str) -> &'static str {
    if side == "blue" { "green" } else { "blue" }
}

impl Wish {
    pub fn primary(self, primary: &'static str) -> Wish {
        Wish { primary, ..self }
    }

    pub fn blue(self, blue: &'static str) -> Wish {
        Wish { blue, ..self }
    }

    pub fn green(self, green: &'static str) -> Wish {
        Wish { green, ..self }
    }

    pub fn secure(self) -> Wish {
        Wish { secure: true, ..self }
    }

    /// To be merged into the resource.
    pub fn change(&self) -> Value {
        let mut change = toggles(self.phase);
        change["primary"] = self.primary.into();
        change["blue"] = json!({ "task_definition": self.blue });
        change["green"] = json!({ "task_definition": self.green });
        change
    }

    pub fn public(&self) -> &'static str {
        if self.phase == "promoted" { other(self.primary) } else { self.primary }
    }

    pub fn office(&self) -> &'static str {
        if self.phase == "canary" { other(self.primary) } else { self.public() }
    }

    fn tasks(&self, side: &str) -> u64 {
        match self.phase {
            _ if side == self.public() => DESIRED,
            "staged" | "canary" => CANARY,
            _ => 0,
        }
    }

    /// What is not as wished, or too much, or there twice.
    pub fn complaints(&self, seen: &Value) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut expect = |what: &str, is: Value, wished: Value| {
            if is != wished {
                complaints.push(format!("{what}: {is}, not {wished}"));
            }
        };
        let services: BTreeMap<&str, Value> = active(seen)
            .map(|service| {
                let revision = service["taskDefinition"].as_str().unwrap().rsplit('/').next().unwrap();
                (service["serviceName"].as_str().unwrap(), json!([revision, service["desiredCount"]]))
            })
            .collect();
        let wished = json!({
            "nginx-blue": [self.blue, self.tasks("blue")],
            "nginx-green": [self.green, self.tasks("green")],
        });
        expect("services", json!(services), wished);
        expect("number of services", active(seen).count().into(), 2.into());
        let names: BTreeMap<&str, &str> = list(seen, "target_groups")
            .map(|group| (group["arn"].as_str().unwrap(), group["name"].as_str().unwrap()))
            .collect();
        let mut groups: Vec<&str> = names.values().copied().collect();
        groups.sort_unstable();
        expect("target groups", json!(groups), json!(["nginx-blue-ddf171", "nginx-green-ddf171"]));
        let rules: Vec<Value> = list(seen, "rules")
            .map(|rule| {
                let weights = rule["action"]["forward"].as_object().unwrap();
                let receivers: Vec<&str> = weights
                    .iter()
                    .filter(|(_, weight)| **weight != json!(0))
                    .map(|(arn, _)| names.get(arn.as_str()).copied().unwrap_or("something else"))
                    .collect();
                json!([rule["priority"], receivers, weights.len()])
            })
            .collect();
        let mut wished = vec![json!([100, [format!("nginx-{}-ddf171", self.public())], 2])];
        if self.phase == "canary" {
            wished.insert(0, json!([99, [format!("nginx-{}-ddf171", self.office())], 1]));
        }
        let mut rules = rules;
        rules.sort_by_key(|rule| rule[0].as_u64());
        expect("rules", json!(rules), json!(wished));
        let hosts = list(seen, "rules").all(|rule| rule["conditions"].to_string().contains(HOST));
        expect("every rule is for the host", hosts.into(), true.into());
        complaints
    }
}

/// The side the production rule sends to, if it sends anybody anywhere.
pub fn serving(seen: &Value) -> Option<&'static str> {
    let rule = list(seen, "rules")
        .find(|rule| rule["priority"] == 100 && rule["conditions"].to_string().contains(HOST))?;
    let weights = rule["action"]["forward"].as_object().unwrap();
    let (arn, _) = weights.iter().find(|(_, weight)| **weight != json!(0))?;
    Some(if arn.contains("nginx-green") { "green" } else { "blue" })
}

/// What a destroy left.
pub fn left_over(seen: &Value) -> Vec<String> {
    let services = active(seen).map(|it| it["serviceName"].to_string());
    let groups = list(seen, "target_groups").map(|it| it["name"].to_string());
    services.chain(groups).chain(list(seen, "rules").map(|it| it["arn"].to_string())).collect()
}

fn list<'a>(seen: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    seen[kind].as_array().unwrap().iter()
}

fn active(seen: &Value) -> impl Iterator<Item = &Value> {
    list(seen, "services").filter(|service| service["status"] != "INACTIVE")
}
