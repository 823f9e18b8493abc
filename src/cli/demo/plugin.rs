//! This very program as a plugin, started and driven as Terraform does it: handshake, mutual TLS, protocol 6, and
//! Terraform's own rules. Each run is a process of its own; what would be in the state is kept here.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Map, Value as Json};
use terraform_plugin::host::{Change, Connection, Host, Kept, Process, Refused};
use terraform_plugin::{Provider, Severity, Value, codec};
use tokio::task::JoinSet;

use super::example::{self, SERVICES};
use super::player::{Applied, Planned};
use crate::cli::project;
use aws_sandbox::Ready;

const RESOURCE: &str = "bluegreen_service";

pub struct Plugin {
    binary: PathBuf,
    speed: f64,
    /// For its schemas, which a host has to know.
    provider: Arc<dyn Provider>,
    settings: Value,
    ready: Ready,
    services: Vec<Service>,
}

struct Service {
    name: &'static str,
    config: Value,
    kept: Kept,
}

#[derive(Clone, Copy)]
enum Deed {
    Plan,
    Apply,
    Destroy,
}

/// What a deed came to for one service.
type Done = Result<(Change, Value), Refused>;

impl Plugin {
    pub fn new(
        binary: PathBuf,
        speed: f64,
        provider: Arc<dyn Provider>,
        ready: &Ready,
    ) -> anyhow::Result<Self> {
        let settings = codec::decode_state(&example::provider(ready), &provider.schema().object_type())?;
        let service = |(name, ..): (&'static str, u32, u32)| Service {
            name,
            config: Value::Null,
            kept: Kept::default(),
        };
        let services = SERVICES.into_iter().map(service).collect();
        Ok(Plugin { binary, speed, provider, settings, ready: ready.clone(), services })
    }

    /// Starts it once, to see that it can be.
    pub async fn greet(&self) -> anyhow::Result<()> {
        self.start().await.map(drop)
    }

    pub fn configure(&mut self, values: &Map<String, Json>) -> anyhow::Result<()> {
        let resource = self.provider.resource(RESOURCE).context("the provider has no such resource")?;
        let kind = resource.schema().object_type();
        for (service, example) in self.services.iter_mut().zip(SERVICES) {
            let config = example::written_out(example, &self.ready, values);
            service.config = codec::decode_state(&config, &kind)?;
        }
        Ok(())
    }

    pub async fn plan(&mut self) -> anyhow::Result<Vec<Planned>> {
        let done = self.run(Deed::Plan).await?;
        let planned = done.into_iter().map(|(name, done)| {
            let (change, object) = done?;
            let steps = object.get("rollout_steps").as_list();
            let text = |step: &Value| step.as_str().unwrap_or_default().to_owned();
            let steps = steps.map(|steps| steps.iter().map(text).collect());
            let steps = if change == Change::Nothing { Some(Vec::new()) } else { steps };
            Ok(Planned { service: name.to_owned(), steps })
        });
        planned.collect()
    }

    pub async fn apply(&mut self) -> anyhow::Result<Applied> {
        self.run(Deed::Apply).await.map(applied)
    }

    pub async fn destroy(&mut self) -> anyhow::Result<Applied> {
        self.run(Deed::Destroy).await.map(applied)
    }

    pub async fn has_nothing_to_do(&mut self) -> anyhow::Result<bool> {
        let mut nothing = true;
        for (_, done) in self.run(Deed::Plan).await? {
            nothing &= done?.0 == Change::Nothing;
        }
        Ok(nothing)
    }

    /// One run: a process, and in it both services at the same time.
    async fn run(&mut self, deed: Deed) -> anyhow::Result<Vec<(&'static str, Done)>> {
        let (_process, connection) = self.start().await?;
        let mut running = JoinSet::new();
        for (number, service) in self.services.iter().enumerate() {
            let mut host = Host::new(connection.clone(), &*self.provider, RESOURCE);
            host.kept = service.kept.clone();
            let (settings, config) = (self.settings.clone(), service.config.clone());
            running.spawn(async move {
                let done = act(&mut host, deed, &settings, &config).await;
                (number, host.kept, done)
            });
        }
        let mut done = Vec::new();
        while let Some(ended) = running.join_next().await {
            let (number, kept, one) = ended.context("the provider broke one of Terraform's rules")?;
            self.services[number].kept = kept;
            done.push((self.services[number].name, one));
        }
        done.sort_by_key(|(name, _)| *name);
        Ok(done)
    }

    async fn start(&self) -> anyhow::Result<(Process, Connection)> {
        let mut command = Command::new(&self.binary);
        for name in project::outside() {
            command.env_remove(name);
        }
        command.env("BLUEGREEN_CLOCK_SPEED", self.speed.to_string());
        let mut process = Process::start(command).context("starting this program as a plugin")?;
        let connection = process.connect().await.context("connecting to this program as a plugin")?;
        Ok((process, connection))
    }
}

async fn act(host: &mut Host, deed: Deed, settings: &Value, config: &Value) -> Done {
    host.configure(settings).await?;
    match deed {
        Deed::Plan => host.plan(config).await.map(|plan| (plan.change, plan.planned)),
        Deed::Apply => host.apply(config).await.map(|applied| (applied.change, Value::Null)),
        Deed::Destroy => host.destroy().await.map(|applied| (applied.change, Value::Null)),
    }
}

/// In Terraform's form: a headline for each error, and the rest below it.
fn applied(done: Vec<(&'static str, Done)>) -> Applied {
    let refused: Vec<Refused> = done.into_iter().filter_map(|(_, done)| done.err()).collect();
    let errors = refused.iter().flat_map(|refused| refused.diagnostics.iter());
    let errors = errors.filter(|diagnostic| diagnostic.severity == Severity::Error);
    let said = errors.map(|error| format!("Error: {}\n\n{}\n\n", error.summary, error.detail));
    Applied { ok: refused.is_empty(), said: said.collect() }
}
