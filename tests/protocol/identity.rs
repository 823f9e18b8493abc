//! What tells objects apart: identities in every answer, import by identity, and objects of other types taken over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use terraform_plugin::testing::{Change, Connection, Host};
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{
    Action, ApplyRequest, ApplyResponse, Attribute, AttributePath, Diagnostic, Diagnostics, IdentitySchema,
    ImportResponse, MoveRequest, MoveResponse, PlanRequest, PlanResponse, Provider, ReadRequest,
    ReadResponse, Resource, Schema, Type, Value, async_trait, codec, planning,
};
use tokio_util::sync::CancellationToken;
use wire::provider_client::ProviderClient;

use super::host::{served, thing};
use super::toy::toy;

/// Cards by name, in a box of this process.
struct Desk {
    schema: Schema,
    card: Card,
}

struct Card {
    schema: Schema,
    identity: IdentitySchema,
    cards: Mutex<BTreeMap<String, String>>,
}

fn desk() -> Arc<Desk> {
    let schema = Schema::new(1, "A card.")
        .attribute("name", Attribute::string("Its name.").required().replaces())
        .attribute("text", Attribute::string("What it says.").required())
        .attribute("id", Attribute::string("Its number.").computed().stable());
    let identity = IdentitySchema::new(1).required("name", Type::String, "Its name.").optional(
        "drawer",
        Type::String,
        "Where it is.",
    );
    let card = Card { schema, identity, cards: Mutex::default() };
    Arc::new(Desk { schema: Schema::new(0, "A desk."), card })
}

#[async_trait]
impl Provider for Desk {
    fn type_name(&self) -> &str {
        "desk"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        (type_name == "desk_card").then_some(&self.card as &dyn Resource)
    }

    fn resource_names(&self) -> Vec<String> {
        vec!["desk_card".to_owned()]
    }
}

impl Card {
    fn state(&self, name: &str) -> Value {
        let mut state = self.schema.null_object();
        if let Some(text) = self.cards.lock().unwrap().get(name) {
            state.set("name", name);
            state.set("text", text.as_str());
            state.set("id", format!("card-{name}"));
            return state;
        }
        Value::Null
    }
}

#[async_trait]
impl Resource for Card {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn plan(&self, request: PlanRequest) -> PlanResponse {
        planning::draft(&self.schema, &request).into()
    }

    async fn read(&self, request: ReadRequest) -> ReadResponse {
        let name = request.state.get("name").as_str().unwrap_or_default();
        if name == "stuck" {
            let stuck = Diagnostic::error(AttributePath::root(), "Stuck", "The drawer does not open.");
            return ReadResponse { diagnostics: stuck.into(), ..ReadResponse::default() };
        }
        ReadResponse { state: self.state(name), ..ReadResponse::default() }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let wish = if request.action() == Action::Delete { &request.prior } else { &request.planned };
        let name = wish.get("name").as_str().unwrap().to_owned();
        if request.action() == Action::Delete {
            self.cards.lock().unwrap().remove(&name);
            return ApplyResponse::default();
        }
        let text = wish.get("text").as_str().unwrap_or_default().to_owned();
        self.cards.lock().unwrap().insert(name.clone(), text);
        ApplyResponse { state: self.state(&name), ..ApplyResponse::default() }
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        Some(&self.identity)
    }

    fn identity(&self, state: &Value) -> Value {
        Value::object([("name", state.get("name").clone()), ("drawer", "top".into())])
    }

    fn upgrade_identity(&self, _version: i64, mut identity: Json) -> Result<Json, Diagnostics> {
        // In version 0, `name` was called `title`.
        identity["name"] = identity["title"].take();
        Ok(identity)
    }

    async fn import_by_identity(&self, identity: Value, _stop: CancellationToken) -> ImportResponse {
        let state = self.state(identity.get("name").as_str().unwrap_or_default());
        ImportResponse { state, ..ImportResponse::default() }
    }

    fn moves_from(&self) -> &[&str] {
        &["terraform_data", "toy_thing"]
    }

    fn move_from(&self, request: MoveRequest) -> MoveResponse {
        let Some(name) = request.state["input"]["value"].as_str() else {
            return Diagnostic::error("name", "No name", "The input of terraform_data becomes the name.")
                .into();
        };
        let mut state = self.schema.null_object();
        state.set("name", name);
        MoveResponse { state, private: request.private, diagnostics: Diagnostics::new() }
    }
}

fn client(provider: Arc<dyn Provider>) -> ProviderClient<Connection> {
    ProviderClient::new(Connection::in_process(provider))
}

fn card(desk: &Desk) -> (Type, Type) {
    (desk.card.schema.object_type(), desk.card.identity.object_type())
}

#[test]
fn the_cards_identity_is_sound() {
    assert_eq!(desk().card.identity.check(), [""; 0]);
}

#[tokio::test]
async fn identities_are_told_of_what_has_one_and_of_nothing_else() {
    let request = wire::get_resource_identity_schemas::Request {};
    let told = client(desk()).get_resource_identity_schemas(request).await.unwrap().into_inner();
    let identity = &told.identity_schemas["desk_card"];
    assert_eq!(identity.version, 1);
    let flags: Vec<_> = identity
        .identity_attributes
        .iter()
        .map(|it| (it.name.as_str(), it.required_for_import, it.optional_for_import, it.r#type.as_slice()))
        .collect();
    assert_eq!(flags, [("drawer", false, true, &b"\"string\""[..]), ("name", true, false, b"\"string\"")]);
    let told = client(toy()).get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(told.identity_schemas.is_empty() && told.diagnostics.is_empty());
}

#[tokio::test]
async fn an_object_keeps_its_identity_from_creation_to_its_end() {
    let mut host = Host::in_process(desk(), "desk_card");
    let config = host.config([("name", "a".into()), ("text", "one".into())]);
    host.configure(&Value::Null).await.unwrap();
    assert_eq!(host.apply(&config).await.unwrap().change, Change::Create);
    let identity = Value::object([("name", "a".into()), ("drawer", Value::from("top"))]);
    assert_eq!(host.kept.identity, identity);
    assert!(!host.has_changes(&config).await.unwrap());
    let config = host.config([("name", "a".into()), ("text", "two".into())]);
    assert_eq!(host.apply(&config).await.unwrap().change, Change::Update);
    assert_eq!(host.kept.identity, identity);
    let config = host.config([("name", "b".into()), ("text", "two".into())]);
    assert_eq!(host.apply(&config).await.unwrap().change, Change::Replace);
    assert_eq!(host.kept.identity.get("name").as_str(), Some("b"));
    assert_eq!(host.destroy().await.unwrap().change, Change::Delete);
    assert!(host.kept.state.is_null() && host.kept.identity.is_null());
}

#[tokio::test]
async fn a_state_from_before_there_were_identities_gets_one_when_it_is_read() {
    let desk = desk();
    let mut host = Host::in_process(desk.clone(), "desk_card");
    let config = host.config([("name", "a".into()), ("text", "one".into())]);
    host.apply(&config).await.unwrap();
    host.kept.identity = Value::Null;
    host.refresh().await.unwrap();
    assert_eq!(host.kept.identity.get("drawer").as_str(), Some("top"));
}

#[tokio::test]
async fn an_identity_is_not_forgotten_by_a_read_that_fails() {
    let desk = desk();
    let (kind, identity) = card(&desk);
    let state = Value::object([("name", "stuck".into()), ("text", Value::Null), ("id", "card-stuck".into())]);
    let known = Value::object([("name", "stuck".into()), ("drawer", Value::from("bottom"))]);
    let known = wire::ResourceIdentityData { identity_data: Some(codec::encode(&known, &identity).unwrap()) };
    let request = wire::read_resource::Request {
        type_name: "desk_card".into(),
        current_state: Some(codec::encode(&state, &kind).unwrap()),
        current_identity: Some(known.clone()),
        ..Default::default()
    };
    let answer = client(desk).read_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Stuck");
    assert_eq!(answer.new_identity, Some(known));
}

#[tokio::test]
async fn an_object_is_imported_by_its_identity() {
    let desk = desk();
    desk.card.cards.lock().unwrap().insert("a".to_owned(), "one".to_owned());
    let mut host = Host::in_process(desk.clone(), "desk_card");
    host.import_by_identity(&Value::object([("name", Value::from("a"))])).await.unwrap();
    assert_eq!(host.kept.state.get("text").as_str(), Some("one"));
    assert_eq!(host.kept.identity.get("drawer").as_str(), Some("top"));
    let config = host.config([("name", "a".into()), ("text", "one".into())]);
    assert!(!host.has_changes(&config).await.unwrap());
    let missing = host.import_by_identity(&Value::object([("name", Value::from("z"))])).await.unwrap_err();
    assert!(missing.to_string().contains("Nothing to import"), "{missing}");
    let by_id = host.import("a").await.unwrap_err();
    assert!(by_id.to_string().contains("Import is not supported"), "{by_id}");
}

async fn upgrade(version: i64, json: Json) -> Result<Value, String> {
    let desk = desk();
    let (_, identity) = card(&desk);
    let request = wire::upgrade_resource_identity::Request {
        type_name: "desk_card".into(),
        version,
        raw_identity: Some(wire::RawState { json: json.to_string().into(), ..Default::default() }),
    };
    let answer = client(desk).upgrade_resource_identity(request).await.unwrap().into_inner();
    match answer.diagnostics.first() {
        Some(diagnostic) => Err(diagnostic.detail.clone()),
        None => {
            let data = answer.upgraded_identity.unwrap().identity_data.unwrap();
            Ok(codec::decode(&data, &identity).unwrap())
        }
    }
}

#[tokio::test]
async fn stored_identities_of_any_version_are_read() {
    let read = upgrade(1, json!({"name": "a"})).await.unwrap();
    assert_eq!((read.get("name").as_str(), read.get("drawer")), (Some("a"), &Value::Null));
    let read = upgrade(0, json!({"title": "old"})).await.unwrap();
    assert_eq!(read.get("name").as_str(), Some("old"));
    assert!(upgrade(2, json!({})).await.unwrap_err().contains("A newer version of the provider wrote it"));
    let request =
        wire::upgrade_resource_identity::Request { type_name: "toy_thing".into(), ..Default::default() };
    let answer = client(toy()).upgrade_resource_identity(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "No identity");
}

#[tokio::test]
async fn without_an_identity_answers_are_as_they_always_were() {
    let served = served();
    let mut client = served.route.client().await;
    let request = wire::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: super::host::encode(&thing(&[("name", "n".into())])),
        ..Default::default()
    };
    assert_eq!(client.read_resource(request).await.unwrap().into_inner().new_identity, None);
    let request = wire::import_resource_state::Request {
        type_name: "toy_thing".into(),
        identity: Some(wire::ResourceIdentityData::default()),
        ..Default::default()
    };
    let answer = client.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "No identity");
}

async fn moved(from: &str, state: Json) -> wire::move_resource_state::Response {
    let request = wire::move_resource_state::Request {
        source_provider_address: "terraform.io/builtin/terraform".into(),
        source_type_name: from.into(),
        source_state: Some(wire::RawState { json: state.to_string().into(), ..Default::default() }),
        source_private: b"kept".to_vec(),
        target_type_name: "desk_card".into(),
        ..Default::default()
    };
    client(desk()).move_resource_state(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn an_object_of_another_type_is_taken_over() {
    let names = client(desk()).get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    assert!(names.server_capabilities.unwrap().move_resource_state, "it is announced");
    let answer = moved("terraform_data", json!({"input": {"value": "a", "type": "string"}})).await;
    assert_eq!((answer.diagnostics, answer.target_private), (vec![], b"kept".to_vec()));
    let (kind, identity) = card(&desk());
    let state = codec::decode(&answer.target_state.unwrap(), &kind).unwrap();
    assert_eq!((state.get("name").as_str(), state.get("id")), (Some("a"), &Value::Null));
    let data = answer.target_identity.unwrap().identity_data.unwrap();
    assert_eq!(codec::decode(&data, &identity).unwrap().get("name").as_str(), Some("a"));
    for (from, state, summary) in [
        ("terraform_data", json!({"input": null}), "No name"),
        ("null_resource", json!({}), "Move is not supported"),
    ] {
        let answer = moved(from, state).await;
        assert_eq!(answer.diagnostics[0].summary, summary);
        assert_eq!((answer.target_state, answer.target_identity), (None, None));
    }
}
