//! `bluegreen_service`: what Terraform asks of it, handed to the planner, the loop and the state.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::namesakes::Namesakes;
use super::rollout::{Ending, How, Rollout};
use super::{attributes, decode, explain, import, place, planned, private, protection, state, validate};
use crate::aws::{Aws, Depth, Ownership, Sought, drawn_id};
use crate::bluegreen::guard::Intent;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::owned::Claims;
use crate::bluegreen::plan;
use crate::bluegreen::preflight::quotas::{self, Need};
use crate::bluegreen::side::Side;
use crate::bluegreen::spec::Spec;
use crate::provider::clock::Clock;
use terraform_plugin::{
    Action, ApplyRequest, ApplyResponse, AttributePath, Diagnostic, Diagnostics, IdentitySchema,
    ImportResponse, MoveRequest, MoveResponse, PlanRequest, PlanResponse, ReadRequest, ReadResponse,
    Resource, Schema, Value,
};

/// What `ConfigureProvider` leaves for the resources: a connection, or why there is none.
pub type Connection = Arc<RwLock<Result<Connected, Diagnostic>>>;

#[derive(Clone)]
pub struct Connected {
    pub aws: Aws,
    /// Sandbox seconds per second; 1 against AWS.
    pub speed: f64,
}

pub struct Service {
    connection: Connection,
    /// All that a plan depends on beside its request, and only its diagnostics do.
    namesakes: Mutex<Namesakes>,
}

#[async_trait]
impl Resource for Service {
    fn schema(&self) -> &Schema {
        attributes::service_ref()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        validate::config(config)
    }

    fn plan(&self, request: PlanRequest) -> PlanResponse {
        let mut planned = planned::plan(&request);
        // Configured before any plan, and for good; where there is no connection yet, there is nothing to compare.
        if let Ok(connection) = self.connection.try_read()
            && let Ok(connected) = &*connection
        {
            planned.diagnostics.extend(place::elsewhere(&planned.planned, &connected.aws));
        }
        planned.diagnostics.extend(self.namesakes().plan(&request, &planned.planned));
        planned
    }

    fn plan_destroy(&self, prior: &Value, _private: &[u8]) -> Diagnostics {
        let mut diagnostics: Diagnostics = protection::destroy(prior).into_iter().collect();
        diagnostics.extend(self.namesakes().plan_destroy(prior));
        diagnostics
    }

    async fn read(&self, mut request: ReadRequest) -> ReadResponse {
        if let Some(arn) = import::just_moved(&request.state) {
            match self.found(|aws| import::sought(arn, aws.region())).await {
                Ok(state) => request.state = state,
                Err(diagnostic) => {
                    let diagnostics = diagnostic.into();
                    return ReadResponse { state: request.state, private: request.private, diagnostics };
                }
            }
        }
        match self.look(&request.state, &request.stop).await {
            // The state tells only what is its own; what is in its place is told by the plan.
            Ok(Some((observed, ours))) => ReadResponse {
                state: state::object(&request.state, &ours),
                private: private::encode(&observed),
                diagnostics: explain::extras(&request.state, &observed).into_iter().collect(),
            },
            Ok(None) => ReadResponse::default(),
            Err(diagnostic) => ReadResponse {
                state: request.state,
                private: request.private,
                diagnostics: diagnostic.into(),
            },
        }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        if request.action() == Action::Delete
            && let Some(refused) = protection::destroy(&request.prior)
        {
            return unchanged(&request, refused);
        }
        let connected = match self.connected().await {
            Ok(connected) => connected,
            Err(diagnostic) => return unchanged(&request, diagnostic),
        };
        let action = request.action();
        let spec = match action {
            Action::Delete => decode::spec_to_destroy(&request.prior),
            Action::Create | Action::Update => {
                decode::wish(&request.planned, &request.config, &request.prior)
            }
        };
        let spec = match spec {
            Ok(spec) => spec,
            Err(undecided) => return unchanged(&request, undecided),
        };
        let mut applying = Applying::new(connected, &request, &spec, action);
        match action {
            Action::Create => Box::pin(applying.create(&request)).await,
            Action::Update => Box::pin(applying.update(&request)).await,
            Action::Delete => Box::pin(applying.delete(&request)).await,
        }
    }

    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        import::answer(self.found(|aws| import::sought(&id, aws.region())).await)
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        static SCHEMA: LazyLock<IdentitySchema> = LazyLock::new(import::identity_schema);
        Some(&SCHEMA)
    }

    fn identity(&self, state: &Value) -> Value {
        import::identity(state)
    }

    async fn import_by_identity(&self, identity: Value, _stop: CancellationToken) -> ImportResponse {
        import::answer(self.found(|aws| import::sought_by_identity(&identity, aws)).await)
    }

    fn moves_from(&self) -> &[&str] {
        &import::MOVED_FROM
    }

    fn move_from(&self, request: MoveRequest) -> MoveResponse {
        import::moved(&request)
    }
}

impl Service {
    pub fn new(connection: Connection) -> Self {
        Service { connection, namesakes: Mutex::default() }
    }

    /// A run of Terraform begins.
    pub fn begin(&self) {
        self.namesakes().begin();
    }

    fn namesakes(&self) -> MutexGuard<'_, Namesakes> {
        self.namesakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connected(&self) -> Result<Connected, Diagnostic> {
        self.connection.read().await.clone()
    }

    /// What is asked for in whatever way.
    async fn found(
        &self,
        sought: impl FnOnce(&Aws) -> Result<Sought, Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let connected = self.connected().await?;
        let sought = sought(&connected.aws)?;
        Box::pin(import::import(&connected, &sought)).await
    }

    /// The facts, and what is ours of them; `None` when all of that is certainly gone.
    async fn look(
        &self,
        known: &Value,
        stop: &CancellationToken,
    ) -> Result<Option<(Observed, Observed)>, Diagnostic> {
        let connected = self.connected().await?;
        let whose = whose(known);
        let look = connected.aws.observe(&whose, Depth::Facts);
        let observed = tokio::select! {
            observed = look => observed.map_err(|error| explain::call(&error, "reading what is there"))?,
            () = stop.cancelled() => {
                return Err(Diagnostic::error(AttributePath::root(), "Interrupted", "Reading was interrupted; the state is as it was."));
            }
        };
        let ours = match decode::spec_to_destroy(known) {
            Ok(spec) => Claims::new(&observed, &layout(&spec, &whose)).ours(),
            Err(_) => observed.clone(),
        };
        Ok((!ours.nothing()).then_some((observed, ours)))
    }
}

fn whose(value: &Value) -> Ownership {
    let text = |path: &str| value.at(path).as_str().unwrap_or_default();
    let test = value.at("test_listener.arn").as_str();
    let (cluster, name, id) = (text("cluster"), text("name"), text("creation_id"));
    let mut whose = Ownership::new(cluster, name, id, text("listener_arn"), test);
    for side in Side::BOTH {
        let named = |what: &str| text_of(value, &format!("{}.{what}", side.name()));
        if let Some(name) = named("service_name") {
            whose.service_names[side] = name;
        }
        if let Some(name) = named("target_group_name") {
            whose.group_names[side] = name;
        }
    }
    whose.production = text_of(value, "production_rule_arn");
    whose.known = state::known_arns(value);
    whose.known_test = text_of(value, "test_rule_arn");
    whose
}

fn text_of(value: &Value, path: &str) -> Option<String> {
    value.at(path).as_str().map(str::to_owned)
}

fn layout(spec: &Spec, whose: &Ownership) -> Layout {
    Layout { id: whose.id.clone(), ..Layout::of(spec) }
}

/// Nothing was done.
fn unchanged(request: &ApplyRequest, diagnostics: impl Into<Diagnostics>) -> ApplyResponse {
    ApplyResponse {
        state: request.prior.clone(),
        private: request.private.clone(),
        diagnostics: diagnostics.into(),
    }
}

/// One apply under way.
pub(super) struct Applying {
    pub connected: Connected,
    pub whose: Ownership,
    pub layout: Layout,
    pub clock: Clock,
    pub stop: CancellationToken,
    pub timeout: Duration,
}

impl Applying {
    fn new(connected: Connected, request: &ApplyRequest, spec: &Spec, action: Action) -> Self {
        let (wish, operation) = match action {
            Action::Create => (&request.planned, "create"),
            Action::Update => (&request.planned, "update"),
            Action::Delete => (&request.prior, "delete"),
        };
        let id = wish.get("creation_id").as_str().map_or_else(drawn_id, str::to_owned);
        let mut with_id = wish.clone();
        with_id.set("creation_id", id.as_str());
        let mut whose = whose(&with_id);
        whose.creates = action == Action::Create;
        // What the state knows is ours also where the plan does not know it yet.
        whose.known.extend(state::known_arns(&request.prior));
        whose.known_test = text_of(&request.prior, "test_rule_arn").or(whose.known_test);
        let clock = Clock::new(connected.speed);
        Applying {
            connected,
            layout: layout(spec, &whose),
            whose,
            clock,
            stop: request.stop.clone(),
            timeout: decode::timeout(wish, operation),
        }
    }

    pub async fn rollout(&self, intent: Intent) -> Ending {
        self.rollout_at(intent, self.clock, self.timeout).await
    }

    pub async fn rollout_at(&self, intent: Intent, clock: Clock, timeout: Duration) -> Ending {
        let aws = self.connected.aws.until(self.stop.clone());
        let (whose, layout, stop) = (&self.whose, &self.layout, self.stop.clone());
        // Boxed, because a debug build would otherwise want more stack than a thread has.
        Box::pin(Rollout { aws: &aws, whose, layout, clock, stop, timeout }.run(intent)).await
    }

    /// A success is what was planned, with the names that are known only now.
    pub fn done(&self, request: &ApplyRequest, observed: &Observed) -> ApplyResponse {
        let mut new = request.planned.clone();
        new.set("creation_id", self.whose.id.as_str());
        state::names(&mut new, observed);
        if new.get("phase").is_unknown() {
            new.set("phase", decode::phase(&new).map(|phase| phase.name()));
        }
        let there = state::known_arns(&new);
        let lost: Vec<String> = state::known_arns(&request.planned).difference(&there).cloned().collect();
        let diagnostics =
            (!lost.is_empty()).then(|| explain::made_anew(&lost, observed)).into_iter().collect();
        ApplyResponse { state: new, private: private::encode(observed), diagnostics }
    }

    async fn update(&self, request: &ApplyRequest) -> ApplyResponse {
        if let Some(refused) = self.no_way_there(&request.prior, &request.planned).await {
            return unchanged(request, refused);
        }
        // By what the plan was made from: AWS's quotas are far off, or used up for long.
        if let Some(observed) = private::decode(&request.private) {
            let full = self.no_room(&observed).await;
            if full.has_errors() {
                return unchanged(request, full);
            }
        }
        let ending = self.rollout(Intent::Release).await;
        let Some(observed) = &ending.observed else {
            let next = "Nothing was seen and nothing was done.";
            let diagnostic = explain::ending(&ending, &self.layout, next);
            return ApplyResponse {
                state: request.prior.clone(),
                private: request.private.clone(),
                diagnostics: diagnostic.into_iter().collect(),
            };
        };
        if matches!(ending.how, How::Done) {
            return self.done(request, observed);
        }
        let next = "The state holds what is there now. The next apply goes on from there; to go back instead, set the toggles as they were and apply.";
        let diagnostics = explain::ending(&ending, &self.layout, next).into_iter().collect();
        let ours = Claims::new(observed, &self.layout).ours();
        let mut truth = state::object(&request.planned, &ours);
        truth.set("creation_id", self.whose.id.as_str());
        truth.set("rollout_steps", Value::list::<Value>([]));
        // Whether a new secret got to every rule is not to be seen, so it is sent again.
        let secret = "authenticate_oidc.client_secret";
        if truth.get("authenticate_oidc").as_map().is_some() {
            truth.set(secret, request.prior.at(secret).clone());
        }
        ApplyResponse { state: truth, private: private::encode(observed), diagnostics }
    }

    /// What the load balancer has no room for; asked only where something is to be made on it.
    pub async fn no_room(&self, observed: &Observed) -> Diagnostics {
        let need = Need::of(&plan::story(observed, &self.layout));
        if need.nothing() {
            return Diagnostics::new();
        }
        match self.connected.aws.room(&self.layout.listener).await {
            Ok(room) => planned::told(quotas::check(need, room, &self.layout)),
            Err(error) => explain::call(&error, "asking how much room the load balancer has").into(),
        }
    }

    async fn delete(&self, request: &ApplyRequest) -> ApplyResponse {
        let ending = self.rollout(Intent::Destroy).await;
        if matches!(ending.how, How::Done) {
            return ApplyResponse::default();
        }
        let next = "What is left stays in the state; destroy again to go on.";
        let observed = ending.observed.as_ref();
        let ours = observed.map(|observed| Claims::new(observed, &self.layout).ours());
        let diagnostics = explain::ending(&ending, &self.layout, next).into_iter().collect();
        let state = ours.map_or(request.prior.clone(), |ours| state::object(&request.prior, &ours));
        let private = observed.map_or(request.private.clone(), private::encode);
        ApplyResponse { state, private, diagnostics }
    }
}
