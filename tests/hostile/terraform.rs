//! As much of Terraform as an apply needs, in this process: refresh, plan, plan again, apply, and its own rules.

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::{
    ApplyRequest, Diagnostics, PlanRequest, PlanResponse, Provider as _, ReadRequest, Resource, Value,
};
use tokio_util::sync::CancellationToken;

use crate::core_rules::{assert_compatible, assert_plan_valid, proposed_new};

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
        (self.state, self.private) = (read.state, read.private);
        Ok(())
    }

    /// A plan that Terraform accepts.
    fn plan(&self) -> Result<PlanResponse, String> {
        let schema = self.resource().schema();
        errors(&self.resource().validate(&self.config))?;
        let request = || PlanRequest {
            prior: self.state.clone(),
            proposed: proposed_new(&schema.attributes, &self.state, &self.config),
            config: self.config.clone(),
            private: self.private.clone(),
        };
        let planned = self.resource().plan(request());
        errors(&planned.diagnostics)?;
        let again = self.resource().plan(request());
        assert!(planned.planned == again.planned, "the plan is not pure");
        assert_plan_valid(&schema.attributes, &self.state, &self.config, &planned.planned, "");
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
        let creates = self.state.is_null();
        let planned = self.plan()?;
        if planned.planned == self.state {
            return Ok(Applied::NothingToDo);
        }
        let request = ApplyRequest {
            prior: self.state.clone(),
            planned: planned.planned.clone(),
            config: self.config.clone(),
            private: planned.private,
            stop,
        };
        let result = self.resource().apply(request).await;
        let ended = errors(&result.diagnostics);
        if ended.is_ok() {
            let attributes = &self.resource().schema().attributes;
            assert_compatible(attributes, &planned.planned, &result.state, "");
        }
        // After an error null keeps what was there.
        if ended.is_ok() || !result.state.is_null() {
            assert!(result.state.is_wholly_known(), "something is unknown after apply: {:?}", result.state);
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

    /// Terraform forgets it; AWS does not.
    #[allow(dead_code, reason = "not every suite loses its state")]
    pub fn forget(&mut self) {
        (self.state, self.private, self.tainted) = (Value::Null, Vec::new(), false);
    }

    #[allow(dead_code, reason = "not every suite imports")]
    pub async fn import(&mut self, id: &str) -> Result<(), String> {
        let imported = self.resource().import(id.to_owned(), CancellationToken::new()).await;
        errors(&imported.diagnostics)?;
        (self.state, self.private) = (imported.state, imported.private);
        self.refresh().await
    }
}
