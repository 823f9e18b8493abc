//! Who takes the steps: the real terraform (or tofu), or where there is none, a host of the protocol's own.

use anyhow::bail;
use serde_json::Value;

use super::example::{BACKEND, TFVARS, Tfvars};
use super::plugin::Plugin;
use crate::cli::project::{Project, Ran};

pub enum Player {
    Terraform(Project),
    Host(Box<Plugin>),
}

/// What an apply came to.
pub struct Applied {
    pub ok: bool,
    /// Everything it said.
    pub said: String,
}

/// What a plan says about one service: the steps that the apply will take, where they can be known.
pub struct Planned {
    pub service: String,
    pub steps: Option<Vec<String>>,
}

/// Where a plan is put, out of the way.
const PLAN: &str = ".terraform/release.tfplan";

impl From<Ran> for Applied {
    fn from(ran: Ran) -> Self {
        Applied { ok: ran.ok, said: ran.said() }
    }
}

impl Player {
    /// What a person would type for it, or what is done in its place.
    pub fn typed(&self, verb: &str) -> String {
        let tool = match self {
            Player::Terraform(project) => format!("$ {}", project.tool()),
            Player::Host(_) => "as terraform".to_owned(),
        };
        match verb {
            "init" => format!("{tool} init -backend-config={BACKEND}"),
            verb => format!("{tool} {verb} -var-file={TFVARS}"),
        }
    }

    /// Makes everything ready for the first apply.
    pub async fn begin(&mut self) -> anyhow::Result<()> {
        match self {
            Player::Terraform(project) => {
                let backend = format!("-backend-config={BACKEND}");
                let ran = project.run(&["init", "-no-color", &backend]).await?;
                if !ran.ok {
                    bail!("{} init failed:\n{}", project.tool(), ran.said());
                }
                Ok(())
            }
            Player::Host(plugin) => plugin.greet().await,
        }
    }

    /// Saves what the tfvars file says now.
    pub fn save(&mut self, tfvars: &Tfvars) -> anyhow::Result<()> {
        match self {
            Player::Terraform(project) => project.write(TFVARS, &tfvars.0),
            Player::Host(plugin) => plugin.configure(&tfvars.values()),
        }
    }

    pub async fn plan(&mut self) -> anyhow::Result<Vec<Planned>> {
        let project = match self {
            Player::Terraform(project) => project,
            Player::Host(plugin) => return plugin.plan().await,
        };
        let (out, values) = (format!("-out={PLAN}"), format!("-var-file={TFVARS}"));
        let ran = project.run(&["plan", "-no-color", &values, &out]).await?;
        if !ran.ok {
            bail!("{} plan failed:\n{}", project.tool(), ran.said());
        }
        let shown = project.run(&["show", "-json", PLAN]).await?;
        let plan: Value = serde_json::from_str(&shown.stdout)?;
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        Ok(changes.iter().map(planned).collect())
    }

    pub async fn apply(&mut self) -> anyhow::Result<Applied> {
        match self {
            Player::Terraform(project) => {
                let values = format!("-var-file={TFVARS}");
                Ok(project.run(&["apply", "-auto-approve", "-no-color", &values]).await?.into())
            }
            Player::Host(plugin) => plugin.apply().await,
        }
    }

    /// Whether a plan finds nothing to do.
    pub async fn has_nothing_to_do(&mut self) -> anyhow::Result<bool> {
        let project = match self {
            Player::Terraform(project) => project,
            Player::Host(plugin) => return plugin.has_nothing_to_do().await,
        };
        let values = format!("-var-file={TFVARS}");
        let ran = project.run(&["plan", "-no-color", "-detailed-exitcode", &values]).await?;
        match ran.code {
            Some(0) => Ok(true),
            Some(2) => Ok(false),
            _ => bail!("plan failed:\n{}", ran.said()),
        }
    }

    pub async fn destroy(&mut self) -> anyhow::Result<Applied> {
        match self {
            Player::Terraform(project) => {
                let values = format!("-var-file={TFVARS}");
                Ok(project.run(&["destroy", "-auto-approve", "-no-color", &values]).await?.into())
            }
            Player::Host(plugin) => plugin.destroy().await,
        }
    }
}

/// One of the `resource_changes` of `terraform show -json`.
fn planned(change: &Value) -> Planned {
    let service = change["index"].as_str().unwrap_or_default().to_owned();
    let nothing = change["change"]["actions"] == serde_json::json!(["no-op"]);
    let steps = change["change"]["after"]["rollout_steps"].as_array();
    let text = |step: &Value| step.as_str().unwrap_or_default().to_owned();
    let steps = if nothing { Some(Vec::new()) } else { steps.map(|steps| steps.iter().map(text).collect()) };
    Planned { service, steps }
}
