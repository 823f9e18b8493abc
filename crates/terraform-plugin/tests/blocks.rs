//! Blocks of every nesting, from plan to result by Terraform's own rules; and data sources, as they are asked.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::sync::Arc;

use terraform_plugin::testing::{Change, Host, Served};
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{
    ApplyRequest, ApplyResponse, Attribute, AttributePath, Block, Count, DataResponse, DataSource,
    Diagnostic, Diagnostics, Nesting, PlanRequest, PlanResponse, Provider, ReadRequest, ReadResponse,
    Resource, Schema, Value, async_trait, codec, planning,
};
use tokio_util::sync::CancellationToken;

struct Garden(Schema, Bed, Gate);
struct Bed(Schema);
struct Gate(Schema);

#[async_trait]
impl Provider for Garden {
    fn type_name(&self) -> &str {
        "garden"
    }
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn resource_names(&self) -> Vec<String> {
        vec!["garden_bed".to_owned()]
    }
    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        (type_name == "garden_bed").then_some(&self.1 as &dyn Resource)
    }
    fn data_source_names(&self) -> Vec<String> {
        vec!["garden_gate".to_owned()]
    }
    fn data_source(&self, type_name: &str) -> Option<&dyn DataSource> {
        (type_name == "garden_gate").then_some(&self.2 as &dyn DataSource)
    }
}

#[async_trait]
impl Resource for Bed {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn plan(&self, request: PlanRequest) -> PlanResponse {
        planning::draft(&self.0, &request).into()
    }
    async fn read(&self, ReadRequest { state, .. }: ReadRequest) -> ReadResponse {
        ReadResponse { state, ..Default::default() }
    }
    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let mut state = request.planned;
        let mut count = 0;
        number(&mut state, &mut count);
        ApplyResponse { state, ..Default::default() }
    }
}

fn number(value: &mut Value, count: &mut i64) {
    match value {
        Value::Unknown => {
            *count += 1;
            *value = (*count).into();
        }
        Value::List(elements) => elements.iter_mut().for_each(|element| number(element, count)),
        Value::Map(members) => members.values_mut().for_each(|member| number(member, count)),
        _ => {}
    }
}

#[async_trait]
impl DataSource for Gate {
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.get("side").as_str() == Some("up") {
            diagnostics.error("side", "No such side", "A gate is north, south, east or west.");
        }
        diagnostics
    }
    async fn read(&self, mut config: Value, _stop: CancellationToken) -> DataResponse {
        if config.get("side").as_str() == Some("west") {
            let missing = Diagnostic::error(AttributePath::root(), "No gate", "There is none in the west.");
            return DataResponse { diagnostics: missing.into(), ..Default::default() };
        }
        config.set("open", true);
        DataResponse { state: config, ..Default::default() }
    }
}

fn bed() -> Schema {
    let plant = |what: &str| {
        Schema::new(0, what)
            .attribute("kind", Attribute::string("Of what kind.").required())
            .attribute("row", Attribute::number("In which row.").replaces())
            .attribute("label", Attribute::number("On its label.").optional_computed())
    };
    let soil = Schema::new(0, "Soil.")
        .attribute("depth", Attribute::number("How deep.").default(30))
        .set_block("plant", 0, plant("What is planted there."));
    let path = Block { content: plant("Beside it."), nesting: Nesting::Set(Count { min: 0, max: 2 }) };
    Schema::new(0, "A bed.")
        .attribute("id", Attribute::number("Its number.").computed().stable())
        .attribute("name", Attribute::string("Its name."))
        .list_block("layer", 0, soil)
        .single_block("fence", plant("Around it."))
        .block("path", path)
}

fn garden() -> Arc<dyn Provider> {
    let gate = Schema::new(0, "A gate.")
        .attribute("side", Attribute::string("Where it is.").required())
        .attribute("open", Attribute::bool("Whether it is open.").computed());
    Arc::new(Garden(Schema::new(0, "A garden."), Bed(bed()), Gate(gate)))
}

fn plant(kind: &str, row: impl Into<Value>, label: impl Into<Value>) -> Value {
    Value::object([("kind", kind.into()), ("row", row.into()), ("label", label.into())])
}

fn layer(depth: impl Into<Value>, plants: Vec<Value>) -> Value {
    Value::object([("depth", depth.into()), ("plant", Value::List(plants))])
}

#[tokio::test]
async fn what_is_computed_in_blocks_is_unknown_until_it_is_there_and_stays_as_it_is() {
    assert_eq!(bed().check(), [""; 0]);
    let mut host = Host::in_process(garden(), "garden_bed");
    let mut plants =
        vec![plant("leek", 1, 7), plant("kale", Value::Null, Value::Null), plant("leek", 1, Value::Null)];
    plants.sort();
    let config = host.config([
        ("layer", Value::list([layer(Value::Null, plants), layer(50, vec![])])),
        ("fence", plant("box", Value::Null, Value::Null)),
        ("path", Value::list([plant("moss", 2, Value::Null)])),
    ]);
    let plan = host.plan(&config).await.unwrap();
    assert_eq!(plan.change, Change::Create);
    assert!(plan.planned.at("fence.label").is_unknown());
    let first = &plan.planned.get("layer").as_list().unwrap()[0];
    assert_eq!(first.get("depth").as_i64(), Some(30), "defaults are in blocks, too");
    let labels: Vec<_> =
        first.get("plant").as_list().unwrap().iter().map(|it| it.get("label").clone()).collect();
    assert_eq!(labels.iter().filter(|label| label.is_unknown()).count(), 2, "{labels:?}");
    assert_eq!(labels.iter().filter(|label| label.as_i64() == Some(7)).count(), 1, "{labels:?}");
    host.apply(&config).await.unwrap();
    assert!(!host.has_changes(&config).await.unwrap(), "what was computed is no difference");
    let mut more = config.clone();
    more.set("name", "herbs");
    assert_eq!(host.plan(&more).await.unwrap().change, Change::Update);
    host.apply(&more).await.unwrap();
    assert!(!host.has_changes(&more).await.unwrap());
}

#[tokio::test]
async fn a_change_inside_a_block_may_need_a_new_object() {
    let mut host = Host::in_process(garden(), "garden_bed");
    let with = |fence: Value, path: Value| {
        let mut config = bed().null_object();
        config.set("fence", fence);
        config.set("path", Value::list([path]));
        config
    };
    let config = with(plant("box", 1, Value::Null), plant("moss", 1, Value::Null));
    host.apply(&config).await.unwrap();
    for (fence, path, change) in [
        (plant("yew", 1, Value::Null), plant("moss", 1, Value::Null), Change::Update),
        (plant("box", 2, Value::Null), plant("moss", 1, Value::Null), Change::Replace),
        (plant("box", 1, Value::Null), plant("moss", 2, Value::Null), Change::Replace),
        (Value::Null, plant("moss", 1, Value::Null), Change::Replace),
    ] {
        let changed = with(fence, path);
        assert_eq!(host.plan(&changed).await.unwrap().change, change, "{changed:?}");
    }
}

#[tokio::test]
async fn a_data_source_is_described_checked_and_read() {
    let served = Served::start(garden());
    let mut client = served.route.client().await;
    let names = client.get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(names.data_sources[0].type_name, "garden_gate");
    let schemas =
        client.get_provider_schema(wire::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(schemas.data_source_schemas.contains_key("garden_gate"));
    let layer = &schemas.resource_schemas["garden_bed"].block.as_ref().unwrap().block_types;
    let nesting: Vec<_> = layer.iter().map(|it| (it.type_name.as_str(), it.nesting, it.max_items)).collect();
    assert_eq!(nesting, [("fence", 1, 0), ("layer", 2, 0), ("path", 3, 2)]);

    let kind = schemas_of_gate();
    let encode = |side: &str| {
        let config = Value::object([("side", side.into()), ("open", Value::Null)]);
        Some(codec::encode(&config, &kind).unwrap())
    };
    let type_name = || "garden_gate".to_owned();
    let validate =
        |side| wire::validate_data_resource_config::Request { type_name: type_name(), config: encode(side) };
    let refused = client.validate_data_resource_config(validate("up")).await.unwrap().into_inner();
    assert_eq!(refused.diagnostics[0].summary, "No such side");
    assert!(
        client
            .validate_data_resource_config(validate("east"))
            .await
            .unwrap()
            .into_inner()
            .diagnostics
            .is_empty()
    );

    let read = |type_name: String, side| wire::read_data_source::Request {
        type_name,
        config: encode(side),
        ..Default::default()
    };
    let found = client.read_data_source(read(type_name(), "east")).await.unwrap().into_inner();
    let state = codec::decode(&found.state.unwrap(), &kind).unwrap();
    assert_eq!(state, Value::object([("side", "east".into()), ("open", true.into())]));
    for (name, side, said) in
        [(type_name(), "west", "No gate"), ("garden_door".into(), "east", "Unknown data source")]
    {
        let failed = client.read_data_source(read(name, side)).await.unwrap().into_inner();
        assert_eq!((failed.diagnostics[0].summary.as_str(), failed.state), (said, None));
    }
}

fn schemas_of_gate() -> terraform_plugin::Type {
    garden().data_source("garden_gate").unwrap().schema().object_type()
}
