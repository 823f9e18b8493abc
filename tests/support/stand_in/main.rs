//! A stand-in for hashicorp/aws: it has that provider's schemas, plans by them and makes up what AWS would answer.
//! ECS services, target groups and listener rules it destroys for real, at the endpoint it is given.

mod catalogue;
mod held;
mod made_up;

#[path = "../api.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "tests use the rest")]
mod api;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use terraform_plugin::{
    Action, ApplyRequest, ApplyResponse, AttributePath, DataResponse, DataSource, Diagnostic, Diagnostics,
    ImportResponse, PlanRequest, PlanResponse, Provider, ReadRequest, ReadResponse, Resource, Schema,
    ServeOptions, Value, async_trait, planning, serve,
};
use tokio_util::sync::CancellationToken;

use api::Api;
use catalogue::Catalogue;

const REGION: &str = "eu-west-1";
const CERTIFICATE: &str = "aws_acm_certificate";

/// What the provider was configured with.
#[derive(Clone, Default)]
struct Configured(Arc<Mutex<Value>>);

impl Configured {
    fn at(&self, path: &str) -> Value {
        let configured = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut value = &*configured;
        for name in path.split('.') {
            // Of a block there is at most one.
            value = value.get(name);
            value = value.as_list().and_then(<[Value]>::first).unwrap_or(value);
        }
        value.clone()
    }

    fn region(&self) -> String {
        self.at("region").as_str().unwrap_or(REGION).to_owned()
    }

    /// Only what it is told to reach: a stand-in has no business at AWS.
    fn api(&self) -> Result<Api, Diagnostic> {
        match self.at("endpoints.ecs").as_str() {
            Some(endpoint) => Ok(Api::new(endpoint, &self.region(), "")),
            None => Err(Diagnostic::error(
                AttributePath::root(),
                "No endpoint",
                "This is a stand-in for hashicorp/aws, which destroys and imports only at endpoints.ecs.",
            )),
        }
    }
}

struct Aws {
    schema: Schema,
    resources: BTreeMap<String, Kept>,
    data_sources: BTreeMap<String, Looked>,
    configured: Configured,
}

struct Kept {
    name: String,
    schema: Schema,
    configured: Configured,
}

struct Looked {
    name: String,
    schema: Schema,
    configured: Configured,
}

#[async_trait]
impl Provider for Aws {
    fn type_name(&self) -> &str {
        "aws"
    }
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn resource_names(&self) -> Vec<String> {
        self.resources.keys().cloned().collect()
    }
    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        self.resources.get(type_name).map(|it| it as &dyn Resource)
    }
    fn data_source_names(&self) -> Vec<String> {
        self.data_sources.keys().cloned().collect()
    }
    fn data_source(&self, type_name: &str) -> Option<&dyn DataSource> {
        self.data_sources.get(type_name).map(|it| it as &dyn DataSource)
    }
    async fn configure(&self, config: &Value, _terraform_version: &str) -> Diagnostics {
        *self.configured.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = config.clone();
        Diagnostics::new()
    }
}

#[async_trait]
impl Resource for Kept {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn plan(&self, request: PlanRequest) -> PlanResponse {
        let mut draft = planning::draft(&self.schema, &request);
        if draft.changed && self.schema.attributes.contains_key("tags_all") {
            let tags = self.all_tags(draft.planned.get("tags"));
            draft.planned.set("tags_all", tags);
        }
        // Known in the plan already, so that a for_each may go over the names.
        if self.name == CERTIFICATE && request.prior.is_null() {
            let options = validation_options(&draft.planned);
            draft.planned.set("domain_validation_options", options);
        }
        draft.into()
    }

    async fn read(&self, ReadRequest { state, private, .. }: ReadRequest) -> ReadResponse {
        ReadResponse { state, private, ..Default::default() }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        if request.action() == Action::Delete {
            return match self.destroy(&request.prior).await {
                Ok(()) => ApplyResponse::default(),
                Err(refused) => {
                    ApplyResponse { state: request.prior, diagnostics: refused.into(), ..Default::default() }
                }
            };
        }
        let mut state = request.planned;
        if state.get("tags_all").is_unknown() {
            let tags = self.all_tags(state.get("tags"));
            state.set("tags_all", tags);
        }
        made_up::complete(&self.name, &self.schema, &self.configured.region(), &mut state);
        ApplyResponse { state, ..Default::default() }
    }

    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        let mut state = self.schema.null_object();
        match self.find(&id, &mut state).await {
            Ok(()) => ImportResponse { state, ..Default::default() },
            Err(refused) => refused.into(),
        }
    }
}

impl Kept {
    async fn destroy(&self, state: &Value) -> Result<(), Diagnostic> {
        match self.name.as_str() {
            held::SERVICE | held::GROUP | held::RULE => {
                held::destroy(&self.configured.api()?, &self.name, state).await
            }
            _ => Ok(()),
        }
    }

    async fn find(&self, id: &str, state: &mut Value) -> Result<(), Diagnostic> {
        held::find(&self.configured.api()?, &self.name, id, state).await
    }

    /// The resource's own before the provider's.
    fn all_tags(&self, tags: &Value) -> Value {
        if !tags.is_wholly_known() {
            return Value::Unknown;
        }
        let mut all = self.configured.at("default_tags.tags").as_map().cloned().unwrap_or_default();
        all.extend(tags.as_map().cloned().unwrap_or_default());
        Value::Map(all)
    }
}

fn validation_options(planned: &Value) -> Value {
    let more = planned.get("subject_alternative_names").as_list().unwrap_or_default();
    let mut names: Vec<&Value> = [planned.get("domain_name")].into_iter().chain(more).collect();
    names.sort();
    names.dedup();
    let option = |name: &Value| {
        let open = ["resource_record_name", "resource_record_type", "resource_record_value"];
        let open = open.map(|name| (name, Value::Unknown));
        Value::object([("domain_name", name.clone())].into_iter().chain(open))
    };
    Value::List(names.into_iter().map(option).collect())
}

#[async_trait]
impl DataSource for Looked {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    async fn read(&self, mut config: Value, _stop: CancellationToken) -> DataResponse {
        for (name, _) in self.schema.attributes.iter().filter(|(_, attribute)| attribute.is_computed()) {
            if config.get(name).is_null() {
                config.set(name.as_str(), Value::Unknown);
            }
        }
        let region = self.configured.region();
        if self.name == "aws_availability_zones" {
            config.set("names", Value::list(["a", "b", "c"].map(|zone| format!("{region}{zone}"))));
        }
        made_up::complete(&self.name, &self.schema, &region, &mut config);
        DataResponse { state: config, ..Default::default() }
    }
}

fn main() -> ExitCode {
    let catalogue = Catalogue::read();
    let configured = Configured::default();
    let kept = |(name, schema): (String, Schema)| {
        (name.clone(), Kept { name, schema, configured: configured.clone() })
    };
    let looked = |(name, schema): (String, Schema)| {
        (name.clone(), Looked { name, schema, configured: configured.clone() })
    };
    let aws = Aws {
        schema: catalogue.provider,
        resources: catalogue.resources.into_iter().map(kept).collect(),
        data_sources: catalogue.data_sources.into_iter().map(looked).collect(),
        configured: configured.clone(),
    };
    serve(Arc::new(aws), &ServeOptions::new("A stand-in for hashicorp/aws, for tests. Terraform starts it."))
}
