//! `ImportResourceState`: which services are meant, and what the state of what was found begins with.

use std::collections::BTreeMap;

use super::apply::Connected;
use super::attributes::words;
use super::{create, explain, state};
use crate::aws::{Asked, Aws, Depth, Discovered, Sought};
use crate::bluegreen::names;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::side::{Pair, Side};
use crate::provider::clock::Clock;
use terraform_plugin::{
    AttributePath, Diagnostic, IdentityAttribute, IdentitySchema, ImportResponse, MoveRequest, MoveResponse,
    Type, Value,
};

const FORMS: &str = "An import id is one of\n\n  CLUSTER/NAME                  for the services NAME-blue and NAME-green, or one service NAME\n  CLUSTER/BLUE,GREEN            for two services by their names\n  the ARN of one ECS service, or two with a comma between them\n\neach with @REGION behind it where that is to be said.";

/// What an id asks for.
pub fn sought(id: &str, region: &str) -> Result<Sought, Diagnostic> {
    let wrong = |why: &str| {
        let detail = format!("\"{id}\" {why}. {FORMS}");
        Diagnostic::error(AttributePath::root(), "Invalid import id", detail)
    };
    let (what, said) = id.split_once('@').map_or((id, None), |(what, region)| (what, Some(region)));
    let elsewhere = |other: &str| {
        let detail = format!(
            "\"{id}\" is in region {other}, and this provider works in {region}. Use a provider for {other} with an alias, and name it in the import block: provider = bluegreen.ALIAS."
        );
        Diagnostic::error(AttributePath::root(), "In another region", detail)
    };
    if let Some(other) = said.filter(|other| *other != region) {
        return Err(elsewhere(other));
    }
    if what.starts_with("arn:") {
        let mut parts = Vec::new();
        for arn in what.split(',') {
            let (cluster, service) = words::ecs_service(arn).ok_or_else(|| wrong("names no ECS service"))?;
            if let Some((other, _)) = words::place(arn).filter(|(other, _)| *other != region) {
                return Err(elsewhere(other));
            }
            parts.push((cluster, service));
        }
        return match parts[..] {
            [(cluster, one)] => Ok(single(cluster, one)),
            [(cluster, blue), (other, green)] if cluster == other => Ok(pair(cluster, blue, green)),
            [_, _] => Err(wrong("names services in two clusters")),
            _ => Err(wrong("names more than two services")),
        };
    }
    let Some((cluster, services)) = what.split_once('/') else { return Err(wrong("names no cluster")) };
    let right = |name: &str| words::is_word(name, 255);
    match services.split(',').collect::<Vec<_>>()[..] {
        _ if !right(cluster) => Err(wrong("names no cluster")),
        [name] if right(name) => Ok(Sought {
            cluster: cluster.to_owned(),
            name: name.to_owned(),
            services: Pair::from_fn(|side| names::service(name, side)),
            asked: Asked::Name,
        }),
        [blue, green] if right(blue) && right(green) && blue != green => Ok(pair(cluster, blue, green)),
        _ => Err(wrong("is of no form that is known")),
    }
}

fn single(cluster: &str, service: &str) -> Sought {
    let services = Pair { blue: service.to_owned(), green: names::service(service, Side::Green) };
    Sought { cluster: cluster.to_owned(), name: service.to_owned(), services, asked: Asked::One }
}

fn pair(cluster: &str, blue: &str, green: &str) -> Sought {
    let services = Pair { blue: blue.to_owned(), green: green.to_owned() };
    Sought { cluster: cluster.to_owned(), name: shared_name(blue, green), services, asked: Asked::Pair }
}

/// How both names begin, up to a hyphen or underscore; the first name where they begin with nothing.
fn shared_name(blue: &str, green: &str) -> String {
    let same = blue.chars().zip(green.chars()).take_while(|(a, b)| a == b).count();
    let begin = &blue[..same];
    let whole = begin.rfind(['-', '_']).map_or("", |end| &begin[..end]);
    if words::is_word(whole, 249) { whole.to_owned() } else { blue.chars().take(249).collect() }
}

/// Looks for it, and at it.
pub async fn import(connected: &Connected, sought: &Sought) -> Result<Value, Diagnostic> {
    let aws = &connected.aws;
    let found = match aws.discover(sought).await {
        Ok(Ok(found)) => found,
        Ok(Err(unfit)) => {
            let summary = "This cannot be imported";
            return Err(Diagnostic::error(AttributePath::root(), summary, unfit.to_string()));
        }
        Err(error) => return Err(explain::call(&error, "looking for what to import")),
    };
    let observed = aws.observe(&found.whose, Depth::Facts).await;
    let observed = observed.map_err(|error| explain::call(&error, "looking at what to import"))?;
    let owner = format!("{}/{}", sought.cluster, sought.name);
    let now = Clock::new(connected.speed).unix();
    match create::half_made(&owner, &observed, now) {
        Some(unready) => Err(unready),
        None => Ok(begun(sought, &found, &observed)),
    }
}

fn begun(sought: &Sought, found: &Discovered, observed: &Observed) -> Value {
    let whose = &found.whose;
    let mut imported = state::imported(
        &[
            ("id", &format!("{}/{}", sought.cluster, sought.name)),
            ("cluster", &sought.cluster),
            ("name", &sought.name),
            ("vpc_id", &found.vpc_id),
            ("listener_arn", &whose.listener),
        ],
        observed,
    );
    if !whose.id.is_empty() {
        imported.set("creation_id", whose.id.as_str());
    }
    let standing = Side::BOTH.into_iter().find_map(|side| observed.service(side));
    for side in Side::BOTH {
        state::member(&mut imported, side, "service_name", whose.service_names[side].as_str().into());
        state::member(&mut imported, side, "target_group_name", whose.group_names[side].as_str().into());
        // Where nothing stands yet, what stands beside it is what a configuration may well begin with.
        let shown = observed.service(side).or(standing).map(|service| service.task_definition.as_str());
        state::member(&mut imported, side, "task_definition", shown.into());
        state::member(&mut imported, side, "container_name", Value::Null);
        state::member(&mut imported, side, "container_port", Value::Null);
    }
    if let (Some(listener), Some(rule)) = (&whose.test_listener, observed.test()) {
        let allowed = rule.matches.sources.iter().map(ToString::to_string);
        let test = [
            ("arn", listener.as_str().into()),
            ("priority", rule.priority.into()),
            ("allowed_cidrs", Value::list(allowed)),
            ("all_conditions", rule.matches.narrowed().into()),
        ];
        imported.set("test_listener", Value::object(test));
    }
    imported
}

/// What tells one service from all others.
pub fn identity_schema() -> IdentitySchema {
    let text = |description: &str, required: bool| IdentityAttribute {
        kind: Type::String,
        description: description.to_owned(),
        required_for_import: required,
    };
    let attributes = [
        ("account_id", text("The AWS account.", false)),
        ("region", text("The region.", false)),
        ("cluster", text("Name of the ECS cluster.", true)),
        ("name", text("Name of the service: `name`.", true)),
    ];
    let attributes =
        attributes.into_iter().map(|(name, it)| (name.to_owned(), it)).collect::<BTreeMap<_, _>>();
    IdentitySchema { version: 0, attributes }
}

/// Null while the state does not say enough.
pub fn identity(state: &Value) -> Value {
    let text = |name: &str| state.get(name).as_str();
    let place = text("listener_arn").and_then(words::place);
    match (place, text("cluster"), text("name")) {
        (Some((region, account)), Some(cluster), Some(name)) => Value::object([
            ("account_id", account.into()),
            ("region", region.into()),
            ("cluster", super::decode::cluster_name(cluster).into()),
            ("name", name.into()),
        ]),
        _ => Value::Null,
    }
}

/// An identity as an import id.
pub fn sought_by_identity(identity: &Value, aws: &Aws) -> Result<Sought, Diagnostic> {
    let text = |name: &str| identity.get(name).as_str();
    if let Some(account) = text("account_id")
        && let Err(refused) = aws.admits(account)
    {
        let detail = format!("The identity is of account {account}, and {refused}.");
        return Err(Diagnostic::error(AttributePath::root(), "In another account", detail));
    }
    let (cluster, name) = (text("cluster").unwrap_or_default(), text("name").unwrap_or_default());
    let region = text("region").map(|region| format!("@{region}")).unwrap_or_default();
    sought(&format!("{cluster}/{name}{region}"), aws.region())
}

/// Type whose objects a `moved` block may make this resource's.
pub const MOVED_FROM: [&str; 1] = ["aws_ecs_service"];

/// The read that follows finds the rest: until then the state says which service it was, and nothing else.
pub fn moved(request: &MoveRequest) -> MoveResponse {
    let text = |name: &str| request.state.get(name).and_then(serde_json::Value::as_str);
    // hashicorp/aws keeps the service's ARN as its id, and since 6.0 as arn, too.
    let arn =
        ["arn", "id"].into_iter().filter_map(text).find_map(|arn| Some((arn, words::ecs_service(arn)?)));
    let Some((arn, (cluster, service))) = arn else {
        let detail = "The state of the aws_ecs_service names no service by its ARN. Use an import block with the id CLUSTER/SERVICE instead.";
        return Diagnostic::error(AttributePath::root(), "Nothing to move", detail).into();
    };
    let mut state = super::attributes::service_ref().null_object();
    state.set("id", format!("{cluster}/{service}"));
    state.set("cluster", text("cluster").unwrap_or(cluster));
    state.set("name", service);
    state.set("blue_service_arn", arn);
    MoveResponse { state, ..MoveResponse::default() }
}

/// What a `moved` block has put into the state and no read has completed yet.
pub fn just_moved(state: &Value) -> Option<&str> {
    let arn = state.get("blue_service_arn").as_str()?;
    (state.get("listener_arn").is_null() && state.get("vpc_id").is_null()).then_some(arn)
}

/// An import's answer. What carries no id of ours may be in another provider's state still, and would be destroyed with it.
pub fn answer(result: Result<Value, Diagnostic>) -> ImportResponse {
    let detail = "What is imported was made by somebody else. Where another resource of any state holds it (aws_ecs_service, \
                  aws_lb_target_group, aws_lb_listener_rule), take it out of that state without destroying it before this \
                  is applied, or removing that resource destroys what serves:\n\n\
                  removed {\n  from = aws_ecs_service.NAME\n  lifecycle {\n    destroy = false\n  }\n}";
    match result {
        Ok(state) if state.get("creation_id").is_null() => {
            let held = Diagnostic::warning(AttributePath::root(), "Let go of it elsewhere", detail);
            ImportResponse { state, diagnostics: held.into(), ..ImportResponse::default() }
        }
        Ok(state) => ImportResponse { state, ..ImportResponse::default() },
        Err(diagnostic) => diagnostic.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_which_services_are_meant() {
        let of = |id: &str| sought(id, "eu-west-1").unwrap();
        let named = of("shop/web");
        assert_eq!((named.name.as_str(), named.asked), ("web", Asked::Name));
        assert_eq!(of("shop/web@eu-west-1"), named);
        let two = of("shop/web-a,web-b");
        assert_eq!(
            (two.name.as_str(), two.asked, two.services.green.as_str()),
            ("web", Asked::Pair, "web-b")
        );
        assert_eq!(of("shop/alpha,beta").name, "alpha");
        let arn = "arn:aws:ecs:eu-west-1:123456789012:service/shop/web";
        assert_eq!(
            (of(arn).cluster.as_str(), of(arn).name.as_str(), of(arn).asked),
            ("shop", "web", Asked::One)
        );
        assert_eq!(of(&format!("{arn}-a,{arn}-b")), two);
    }

    #[test]
    fn what_others_made_is_imported_with_the_block_that_lets_go_of_it() {
        let state = |id: Value| Value::object([("creation_id", id)]);
        let said = answer(Ok(state(Value::Null))).diagnostics.to_string();
        assert!(said.contains("removed {") && said.contains("destroy = false"), "{said}");
        assert_eq!(answer(Ok(state("1".into()))).diagnostics.to_string(), "");
    }

    #[test]
    fn an_id_of_no_known_form_is_told_the_forms() {
        let far = "arn:aws:ecs:us-east-1:123456789012:service/shop/web";
        let near = "arn:aws:ecs:eu-west-1:123456789012:service";
        let clusters = format!("{near}/a/web,{near}/b/web");
        for id in
            ["web", "shop/", "/web", "a/b/c", "shop/a,b,c", "shop/a,a", "shop/a b", "arn:aws:ecs", &clusters]
        {
            let refused = sought(id, "eu-west-1").unwrap_err();
            assert_eq!(refused.summary, "Invalid import id", "{id}");
        }
        for id in [far, "shop/web@us-east-1"] {
            let refused = sought(id, "eu-west-1").unwrap_err();
            assert!(refused.detail.contains("bluegreen.ALIAS"), "{}", refused.detail);
        }
    }
}
