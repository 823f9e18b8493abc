//! What Terraform does with one object from run to run: refresh, plan, apply, keep; and its own rules.

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

use super::Connection;
use super::rules::{assert_compatible, assert_plan_valid, proposed_new};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::kinds::Provider;
use crate::schema::{IdentitySchema, Schema};
use crate::value::{AttributePath, Type, Value, codec};
use crate::wire::tfplugin6 as wire;
use crate::wire::tfplugin6::provider_client::ProviderClient;

/// What an interrupt is repeated after: it may have come before the call that it is meant for.
const STOP_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);
/// The version the host says it is.
const VERSION: &str = "1.12.0";

/// What is in the state about the object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// The object; null when there is none.
    pub state: Value,
    /// What the provider stored beside it.
    pub private: Vec<u8>,
    /// What tells it from all others; null when that is not known.
    pub identity: Value,
    /// Whether its creation failed halfway, so that the next apply replaces it.
    pub tainted: bool,
}

/// What a plan is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is nothing to do.
    Nothing,
    /// Make the object.
    Create,
    /// Change the object.
    Update,
    /// Delete the object, then make another.
    Replace,
    /// Delete the object.
    Delete,
}

/// A plan that Terraform accepts.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is to do.
    pub change: Change,
    /// The object to be.
    pub planned: Value,
    /// Warnings.
    pub warnings: Diagnostics,
    private: Vec<u8>,
    identity: Option<wire::ResourceIdentityData>,
}

/// An apply that succeeded.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What it did.
    pub change: Change,
    /// The warnings of its plan and of what it did.
    pub warnings: Diagnostics,
}

/// A call that the provider refused, or did not answer. What Terraform then keeps is in [`Host::kept`].
#[derive(Clone, Debug)]
pub struct Refused {
    /// What was asked: `configure`, `read`, `validate`, `plan`, `apply` or `import`.
    pub call: &'static str,
    /// What it said, warnings included.
    pub diagnostics: Diagnostics,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.diagnostics)
    }
}

impl std::error::Error for Refused {}

/// Terraform with one object of one resource type.
pub struct Host {
    client: ProviderClient<Connection>,
    type_name: String,
    provider: Schema,
    schema: Schema,
    identity: Option<IdentitySchema>,
    /// As last configured, and again for every run.
    configured: Option<wire::configure_provider::Request>,
    /// What is in the state. A test may put something there, as another run would have left it.
    pub kept: Kept,
}

impl Host {
    /// With a provider in this process.
    pub fn in_process(provider: Arc<dyn Provider>, type_name: &str) -> Host {
        Host::new(Connection::in_process(Arc::clone(&provider)), &*provider, type_name)
    }

    /// With a provider wherever `connection` leads; `provider` tells what its schemas are.
    pub fn new(connection: impl Into<Connection>, provider: &dyn Provider, type_name: &str) -> Host {
        let resource = provider.resource(type_name).expect("the provider has that resource type");
        Host {
            client: ProviderClient::new(connection.into())
                .max_decoding_message_size(crate::process::MAX_MESSAGE),
            type_name: type_name.to_owned(),
            provider: provider.schema().clone(),
            schema: resource.schema().clone(),
            identity: resource.identity_schema().cloned(),
            configured: None,
            kept: Kept::default(),
        }
    }

    /// A configuration of the resource with these attributes, the rest null.
    pub fn config<'a>(&self, attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        let mut config = self.schema.null_object();
        for (path, value) in attributes {
            assert!(config.set(path, value), "there is no place for {path}");
        }
        config
    }

    /// Configures the provider. Attributes that are missing are null.
    pub async fn configure(&mut self, config: &Value) -> Result<Diagnostics, Refused> {
        let mut whole = self.provider.null_object();
        for (name, value) in config.as_map().into_iter().flatten() {
            whole.set(name.as_str(), value.clone());
        }
        let request = wire::configure_provider::Request {
            terraform_version: VERSION.to_owned(),
            config: encode(&whole, &self.provider.object_type()),
            ..Default::default()
        };
        let answer = answered("configure", self.client.configure_provider(request.clone()).await)?;
        let warnings = passed("configure", answer.diagnostics)?;
        self.configured = Some(request);
        Ok(warnings)
    }

    /// Terraform plans in one process and applies in another, and configures each.
    async fn begin(&mut self) -> Result<(), Refused> {
        let Some(request) = self.configured.clone() else { return Ok(()) };
        let answer = answered("configure", self.client.configure_provider(request).await)?;
        passed("configure", answer.diagnostics).map(drop)
    }

    /// Looks at the object, if there is one.
    pub async fn refresh(&mut self) -> Result<Diagnostics, Refused> {
        if self.kept.state.is_null() {
            return Ok(Diagnostics::new());
        }
        let request = wire::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: self.encode(&self.kept.state),
            private: self.kept.private.clone(),
            current_identity: self.encode_identity(&self.kept.identity),
            ..Default::default()
        };
        let answer = answered("read", self.client.read_resource(request).await)?;
        let warnings = passed("read", answer.diagnostics)?;
        let state = self.decode(answer.new_state.as_ref());
        assert!(state.is_wholly_known(), "unknown after a read: {state:?}");
        self.keep(state, answer.private, answer.new_identity.as_ref(), self.kept.tainted);
        Ok(warnings)
    }

    /// Refreshes, validates and plans; a `config` of null is a destroy. Asks for the plan twice, as
    /// Terraform does before it applies one, and panics if the answers differ.
    pub async fn plan(&mut self, config: &Value) -> Result<Plan, Refused> {
        self.begin().await?;
        let mut warnings = self.refresh().await?;
        if config.is_null() {
            let change = if self.kept.state.is_null() { Change::Nothing } else { Change::Delete };
            if change == Change::Delete {
                warnings.extend(self.ask_about_destroy().await?);
            }
            let (private, identity) = (self.kept.private.clone(), self.encode_identity(&self.kept.identity));
            return Ok(Plan { change, planned: Value::Null, warnings, private, identity });
        }
        let request = wire::validate_resource_config::Request {
            type_name: self.type_name.clone(),
            config: self.encode(config),
            ..Default::default()
        };
        let answer = answered("validate", self.client.validate_resource_config(request).await)?;
        warnings.extend(passed("validate", answer.diagnostics)?);
        let kept = self.kept.clone();
        let (mut plan, replaces) = self.ask_for_plan(&kept, config).await?;
        if !kept.state.is_null() && (replaces || kept.tainted) {
            // What was kept beside the object comes along where it is replaced, and not where it is tainted.
            let private = if kept.tainted { Vec::new() } else { kept.private };
            self.begin().await?;
            plan = self.ask_for_plan(&Kept { private, ..Kept::default() }, config).await?.0;
            plan.change = Change::Replace;
        }
        warnings.extend(plan.warnings);
        Ok(Plan { warnings, ..plan })
    }

    async fn ask_about_destroy(&mut self) -> Result<Diagnostics, Refused> {
        let request = wire::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: self.encode(&self.kept.state),
            proposed_new_state: self.encode(&Value::Null),
            config: self.encode(&Value::Null),
            prior_private: self.kept.private.clone(),
            prior_identity: self.encode_identity(&self.kept.identity),
            ..Default::default()
        };
        let answer = answered("plan", self.client.plan_resource_change(request).await)?;
        assert!(self.decode(answer.planned_state.as_ref()).is_null(), "a destroy ends in something");
        passed("plan", answer.diagnostics)
    }

    /// The plan from that prior object, and whether it needs a new one.
    async fn ask_for_plan(&mut self, prior: &Kept, config: &Value) -> Result<(Plan, bool), Refused> {
        let request = wire::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: self.encode(&prior.state),
            proposed_new_state: self.encode(&proposed_new(&self.schema, &prior.state, config)),
            config: self.encode(config),
            prior_private: prior.private.clone(),
            prior_identity: self.encode_identity(&prior.identity),
            ..Default::default()
        };
        let answer = answered("plan", self.client.plan_resource_change(request.clone()).await)?;
        self.begin().await?;
        let again = answered("plan", self.client.plan_resource_change(request).await)?;
        assert_eq!(answer.planned_state, again.planned_state, "the plan is not pure");
        assert_eq!(answer.requires_replace, again.requires_replace, "the plan is not pure");
        let warnings = passed("plan", answer.diagnostics)?;
        let planned = self.decode(answer.planned_state.as_ref());
        assert_plan_valid(&self.schema, &prior.state, config, &planned);
        let change = match &prior.state {
            Value::Null => Change::Create,
            prior if *prior == planned => Change::Nothing,
            _ => Change::Update,
        };
        let (private, identity) = (answer.planned_private, answer.planned_identity);
        let plan = Plan { change, planned, warnings, private, identity };
        Ok((plan, !answer.requires_replace.is_empty()))
    }

    /// Whether a plan would find something to do.
    pub async fn has_changes(&mut self, config: &Value) -> Result<bool, Refused> {
        Ok(self.plan(config).await?.change != Change::Nothing)
    }

    /// Plans and applies.
    pub async fn apply(&mut self, config: &Value) -> Result<Applied, Refused> {
        self.apply_until(config, &CancellationToken::new()).await
    }

    /// Plans and deletes the object.
    pub async fn destroy(&mut self) -> Result<Applied, Refused> {
        self.apply(&Value::Null).await
    }

    /// Plans and applies; when `stop` is cancelled, tells the provider to stop, as Terraform does on Ctrl-C.
    pub async fn apply_until(
        &mut self,
        config: &Value,
        stop: &CancellationToken,
    ) -> Result<Applied, Refused> {
        let plan = self.plan(config).await?;
        let (change, mut warnings) = (plan.change, plan.warnings.clone());
        if change == Change::Replace {
            let private = self.kept.private.clone();
            let identity = self.encode_identity(&self.kept.identity);
            let delete = Plan { planned: Value::Null, private, identity, ..plan.clone() };
            warnings.extend(self.carry_out(delete, &Value::Null, stop).await?);
        }
        if change != Change::Nothing {
            warnings.extend(self.carry_out(plan, config, stop).await?);
        }
        Ok(Applied { change, warnings })
    }

    async fn carry_out(
        &mut self,
        plan: Plan,
        config: &Value,
        stop: &CancellationToken,
    ) -> Result<Diagnostics, Refused> {
        let request = wire::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: self.encode(&self.kept.state),
            planned_state: self.encode(&plan.planned),
            config: self.encode(config),
            planned_private: plan.private,
            planned_identity: plan.identity,
            ..Default::default()
        };
        let (mut client, mut stopper) = (self.client.clone(), self.client.clone());
        let mut applying = std::pin::pin!(client.apply_resource_change(request));
        let answer = loop {
            let interrupt = async {
                stop.cancelled().await;
                // A provider that is gone cannot be told; the apply's own answer says so.
                let _ = stopper.stop_provider(wire::stop_provider::Request {}).await;
                tokio::time::sleep(STOP_AGAIN).await;
            };
            tokio::select! {
                biased;
                answer = &mut applying => break answered("apply", answer)?,
                () = interrupt => {}
            }
        };
        let state = self.decode(answer.new_state.as_ref());
        assert!(state.is_wholly_known(), "unknown after an apply: {state:?}");
        let passed = passed("apply", answer.diagnostics);
        if passed.is_ok() {
            assert_eq!(state.is_null(), plan.planned.is_null(), "an object only a delete leaves none of");
            assert_compatible(&self.schema, &plan.planned, &state);
        }
        // After an error, null keeps what was there.
        if passed.is_ok() || !state.is_null() {
            let tainted = passed.is_err() && (self.kept.state.is_null() || self.kept.tainted);
            self.keep(state, answer.private, answer.new_identity.as_ref(), tainted);
        }
        passed
    }

    /// Takes over the object that the user calls `id`.
    pub async fn import(&mut self, id: &str) -> Result<(), Refused> {
        self.import_with(wire::import_resource_state::Request { id: id.to_owned(), ..Default::default() })
            .await
    }

    /// Takes over the object with that identity.
    pub async fn import_by_identity(&mut self, identity: &Value) -> Result<(), Refused> {
        let identity = self.encode_identity(identity);
        self.import_with(wire::import_resource_state::Request { identity, ..Default::default() }).await
    }

    async fn import_with(
        &mut self,
        mut request: wire::import_resource_state::Request,
    ) -> Result<(), Refused> {
        request.type_name.clone_from(&self.type_name);
        let mut answer = answered("import", self.client.import_resource_state(request).await)?;
        passed("import", answer.diagnostics)?;
        assert_eq!(answer.imported_resources.len(), 1, "an import finds one object");
        let found = answer.imported_resources.remove(0);
        let state = self.decode(found.state.as_ref());
        assert!(state.is_wholly_known() && !state.is_null(), "an import finds an object: {state:?}");
        self.kept = Kept::default();
        let identity = self.decode_identity(found.identity.as_ref());
        self.kept = Kept { state, private: found.private, identity, tainted: false };
        self.refresh().await?;
        if self.kept.state.is_null() {
            let detail = "The object that was found is not there.";
            let gone =
                Diagnostic::error(AttributePath::root(), "Cannot import non-existent remote object", detail);
            return Err(Refused { call: "import", diagnostics: gone.into() });
        }
        Ok(())
    }

    /// Puts an answer into the state. An identity must be known as a whole, and never changes.
    fn keep(
        &mut self,
        state: Value,
        private: Vec<u8>,
        identity: Option<&wire::ResourceIdentityData>,
        tainted: bool,
    ) {
        if state.is_null() {
            self.kept = Kept::default();
            return;
        }
        let identity = self.decode_identity(identity);
        assert!(identity.is_wholly_known(), "an identity that is not known: {identity:?}");
        if !self.kept.identity.is_null() {
            assert_eq!(identity, self.kept.identity, "an object's identity never changes");
        }
        assert!(
            self.identity.is_none() || !identity.is_null() || tainted,
            "an object without its identity: {state:?}"
        );
        self.kept = Kept { state, private, identity, tainted };
    }

    fn encode(&self, value: &Value) -> Option<wire::DynamicValue> {
        encode(value, &self.schema.object_type())
    }

    fn decode(&self, value: Option<&wire::DynamicValue>) -> Value {
        decode(value, &self.schema.object_type())
    }

    fn encode_identity(&self, identity: &Value) -> Option<wire::ResourceIdentityData> {
        let schema = self.identity.as_ref().filter(|_| !identity.is_null())?;
        Some(wire::ResourceIdentityData { identity_data: encode(identity, &schema.object_type()) })
    }

    fn decode_identity(&self, identity: Option<&wire::ResourceIdentityData>) -> Value {
        let Some(identity) = identity else { return Value::Null };
        let schema = self.identity.as_ref().expect("an identity only where there is a schema of it");
        decode(identity.identity_data.as_ref(), &schema.object_type())
    }
}

fn encode(value: &Value, kind: &Type) -> Option<wire::DynamicValue> {
    Some(codec::encode(value, kind).unwrap_or_else(|error| panic!("{}: {error}", error.path())))
}

fn decode(value: Option<&wire::DynamicValue>, kind: &Type) -> Value {
    let decode = |value| {
        codec::decode(value, kind)
            .unwrap_or_else(|error| panic!("not of the schema at {}: {error}", error.path()))
    };
    value.map_or(Value::Null, decode)
}

/// The answer; no answer is what Terraform calls a plugin that did not respond.
fn answered<T>(call: &'static str, answer: Result<Response<T>, Status>) -> Result<T, Refused> {
    answer.map(Response::into_inner).map_err(|status| {
        let silence = Diagnostic::error(AttributePath::root(), "Plugin did not respond", status.to_string());
        Refused { call, diagnostics: silence.into() }
    })
}

/// Warnings, if there is nothing worse. A panic that the server survived is a panic here.
fn passed(call: &'static str, diagnostics: Vec<wire::Diagnostic>) -> Result<Diagnostics, Refused> {
    let diagnostics: Diagnostics = diagnostics.into_iter().map(Diagnostic::from).collect();
    if let Some(bug) = diagnostics.iter().find(|diagnostic| diagnostic.is_a_bug()) {
        panic!("{call}: {bug}");
    }
    if diagnostics.has_errors() { Err(Refused { call, diagnostics }) } else { Ok(diagnostics) }
}
