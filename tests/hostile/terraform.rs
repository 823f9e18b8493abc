//! As much of Terraform as an apply needs, in this process: refresh, plan, plan again, apply, and its own rules.

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::{
    ApplyRequest, Diagnostics, PlanRequest, PlanResponse, Provider as _, ReadRequest, Resource, Value, codec,
};
use tokio_util::sync::CancellationToken;

use terraform_plugin::testing::rules::{assert_compatible, assert_plan_valid, proposed_new};

/// One user's working directory.
pub struct Project {
    provider: Bluegreen,
    pub config: Value,
    pub state: Value,
    private: Vec<u8>,
    /// What a failed create left in the state is made anew by the next apply.
    tainted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    NothingToDo,
    Done,
}

fn errors(diagnostics: &Diagnostics) -> Result<(), String> {
    let all: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    if diagnostics.has_errors() { Err(all.join("\n")) } else { Ok(()) }
}

impl Project {
    pub fn new(provider: Bluegreen) -> Project {
        Project { provider, config: Value::Null, state: Value::Null, private: Vec::new(), tainted: false }
    }

    /// Another working directory with the same state, as when two runners apply at once.
    #[allow(dead_code, reason = "not every suite has two runners")]
    pub fn copy(&self, provider: Bluegreen) -> Project {
        let (config, state, private) = (self.config.clone(), self.state.clone(), self.private.clone());
        Project { provider, config, state, private, tainted: self.tainted }
    }

    pub fn resource(&self) -> &dyn Resource {
        self.provider.resource("bluegreen_service").unwrap()
    }

    pub async fn refresh(&mut self) -> Result<(), String> {
        if self.state.is_null() {
            return Ok(());
        }
        let request =
            ReadRequest { state: self.state.clone(), private: self.private.clone(), ..Default::default() };
        let read = self.resource().read(request).await;
        errors(&read.diagnostics)?;
        if !read.state.is_null() {
            stored(&read.state, self.resource());
        }
        (self.state, self.private) = (read.state, read.private);
        Ok(())
    }

    /// What the provider plans for `config`, in a form that Terraform accepts. It may be an error or a replacement.
    pub fn propose(&self, config: &Value) -> PlanResponse {
        let schema = self.resource().schema();
        let request = |prior: &Value| PlanRequest {
            prior: prior.clone(),
            proposed: proposed_new(schema, prior, config),
            config: config.clone(),
            private: self.private.clone(),
        };
        let planned = self.resource().plan(request(&self.state));
        let again = self.resource().plan(request(&self.state));
        assert!(planned.planned == again.planned, "the plan is not pure");
        assert_eq!((&planned.private, &planned.requires_replace), (&again.private, &again.requires_replace));
        codec::encode(&planned.planned, &schema.object_type()).unwrap();
        assert_plan_valid(schema, &self.state, config, &planned.planned);
        for path in &planned.requires_replace {
            assert_ne!(self.state.at(path), planned.planned.at(path), "{path}");
        }
        // A replacement is planned once more, as a creation.
        if !planned.requires_replace.is_empty() {
            let anew = self.resource().plan(request(&Value::Null));
            assert_plan_valid(schema, &Value::Null, config, &anew.planned);
        }
        planned
    }

    /// A plan that goes on to an apply.
    pub fn plan(&self) -> Result<PlanResponse, String> {
        errors(&self.resource().validate(&self.config))?;
        let planned = self.propose(&self.config);
        errors(&planned.diagnostics)?;
        assert!(planned.requires_replace.is_empty(), "replaced: {:?}", planned.requires_replace);
        Ok(planned)
    }

    /// What `terraform plan -detailed-exitcode` would say.
    pub async fn has_changes(&mut self) -> Result<bool, String> {
        self.refresh().await?;
        Ok(self.plan()?.planned != self.state)
    }

    pub async fn apply(&mut self, stop: CancellationToken) -> Result<Applied, String> {
        if self.tainted {
            self.destroy().await?;
        }
        self.refresh().await?;
        let planned = self.plan()?;
        if planned.planned == self.state {
            return Ok(Applied::NothingToDo);
        }
        self.carry_out(planned, stop).await
    }

    pub async fn carry_out(
        &mut self,
        planned: PlanResponse,
        stop: CancellationToken,
    ) -> Result<Applied, String> {
        let creates = self.state.is_null();
        let request = ApplyRequest {
            prior: self.state.clone(),
            planned: planned.planned.clone(),
            config: self.config.clone(),
            private: planned.private,
            stop,
            ..ApplyRequest::default()
        };
        let result = self.resource().apply(request).await;
        let ended = errors(&result.diagnostics);
        if ended.is_ok() {
            assert_compatible(self.resource().schema(), &planned.planned, &result.state);
        }
        // After an error null keeps what was there.
        if ended.is_ok() || !result.state.is_null() {
            stored(&result.state, self.resource());
            (self.state, self.private) = (result.state, result.private);
            self.tainted = creates && ended.is_err();
        }
        ended.map(|()| Applied::Done)
    }

    pub async fn destroy(&mut self) -> Result<(), String> {
        self.refresh().await?;
        if self.state.is_null() {
            return Ok(());
        }
        let request =
            ApplyRequest { prior: self.state.clone(), private: self.private.clone(), ..Default::default() };
        let result = self.resource().apply(request).await;
        let ended = errors(&result.diagnostics);
        if ended.is_ok() || !result.state.is_null() {
            (self.state, self.private) = (result.state, result.private);
        }
        self.tainted &= !self.state.is_null();
        ended
    }

    #[allow(dead_code, reason = "not every suite asks")]
    pub fn is_tainted(&self) -> bool {
        self.tainted
    }

    /// Terraform forgets it; AWS does not.
    #[allow(dead_code, reason = "not every suite loses its state")]
    pub fn forget(&mut self) {
        (self.state, self.private, self.tainted) = (Value::Null, Vec::new(), false);
    }

    /// Takes up what is there, in place of whatever was known; a read completes it.
    pub async fn import(&mut self, id: &str) -> Result<(), String> {
        let imported = self.resource().import(id.to_owned(), CancellationToken::new()).await;
        errors(&imported.diagnostics)?;
        stored(&imported.state, self.resource());
        (self.state, self.private, self.tainted) = (imported.state, imported.private, false);
        self.refresh().await
    }
}

/// Fit to be kept in a state.
fn stored(value: &Value, resource: &dyn Resource) {
    assert!(value.is_wholly_known(), "something is unknown in a state: {value:?}");
    codec::encode(value, &resource.schema().object_type()).unwrap();
}
