//! From a value to the wish as meant. A value carries its defaults by now; what it says is read once, row by row, and
//! then judged together. Whatever cannot be read is told with its path: not known yet, or wrong.

use std::time::Duration;

use super::attributes::release::Timeouts;
pub use super::attributes::row::Undecided;
use super::attributes::row::{Found, Row, read};
use super::attributes::{
    capacity, conditions, health_check, identity, logins, release, routing, runtime, target_group,
    test_listener,
};
use super::validate;
use crate::bluegreen::carried::Secret;
use crate::bluegreen::extras::Extras;
use crate::bluegreen::phase::{Phase, Toggles};
use crate::bluegreen::side::Side;
use crate::bluegreen::spec::{Spec, TestListener};
use terraform_plugin::{Diagnostics, Value};

/// What could be read of a value. A field whose attribute could not be is as in `Spec::default()`.
pub struct Reading<'a> {
    pub value: &'a Value,
    pub spec: Spec,
    /// When every toggle is known and together they mean one.
    pub phase: Option<Phase>,
    pub found: Found,
}

impl<'a> Reading<'a> {
    pub fn of(value: &'a Value) -> Reading<'a> {
        let mut found = Found::default();
        let mut spec = Spec::default();
        read(&identity::ROWS, value, &mut spec, &mut found);
        read(&identity::NETWORK, value, &mut spec.group.fixed, &mut found);
        read(&identity::PROTECTION, value, &mut identity::Protection::default(), &mut found);
        read(&release::ROWS, value, &mut spec, &mut found);
        read(&routing::ROWS, value, &mut spec, &mut found);
        read(&routing::MATCHES, value, &mut spec, &mut found);
        read(&conditions::ROWS, value, &mut spec, &mut found);
        read(&logins::ROWS, value, &mut spec, &mut found);
        spec.oidc_secret = value.at("authenticate_oidc.client_secret").as_str().map(Secret::from);
        read(&runtime::ROWS, value, &mut spec.service, &mut found);
        read(&runtime::TAGS, value, &mut spec, &mut found);
        read(&health_check::ROWS, value, &mut spec.group.health_check, &mut found);
        read(&target_group::ROWS, value, &mut spec.group, &mut found);
        read(&capacity::LAUNCH, value, &mut capacity::Launch::default(), &mut found);
        if !value.get("test_listener").is_null() {
            let mut test = TestListener::default();
            read(&test_listener::ROWS, value, &mut test, &mut found);
            spec.test = Some(test);
        }
        read(&release::TIMES, value, &mut Timeouts::default(), &mut found);
        let toggles: Toggles = part(&release::TOGGLES, value, &mut found);
        let known = found.knows(&["enable_canary", "activate_canary", "promote_to_all"]);
        let phase = match Phase::from_toggles(toggles) {
            Ok(phase) => Some(phase).filter(|_| known),
            Err(illegal) if known => {
                found.wrong(illegal.attribute, "Toggles that mean nothing together", illegal.explanation);
                None
            }
            Err(_) => None,
        };
        spec.phase = phase.unwrap_or_default();
        let mut reading = Reading { value, spec, phase, found };
        validate::together(&mut reading);
        reading
    }

    pub fn knows(&self, paths: &[&str]) -> bool {
        self.found.knows(paths)
    }

    pub fn wrong(&mut self, path: &str, summary: &str, detail: impl Into<String>) {
        self.found.wrong(path, summary, detail);
    }
}

fn part<T: Default>(table: &[Row<T>], value: &Value, found: &mut Found) -> T {
    let mut part = T::default();
    read(table, value, &mut part, found);
    part
}

/// The wish.
pub fn spec(value: &Value) -> Result<Spec, Undecided> {
    let Reading { spec, found, .. } = Reading::of(value);
    found.decide(spec)
}

/// The wish of a plan: what its configuration does not say is kept as it stands, and a secret is news only where it is
/// another than in the state before.
pub fn wish(planned: &Value, config: &Value, prior: &Value) -> Result<Spec, Undecided> {
    let mut spec = spec(planned)?;
    let [conditions, cognito, oidc, jwt, transforms] = logins::KEPT.map(|name| config.get(name).is_null());
    let extras = &mut spec.extras;
    (extras.conditions.keeps, extras.transforms.keeps) = (conditions, transforms);
    (extras.cognito.keeps, extras.oidc.keeps, extras.jwt.keeps) = (cognito, oidc, jwt);
    let secret = |value: &Value| value.at("authenticate_oidc.client_secret").as_str().map(str::to_owned);
    spec.new_secret = secret(planned).is_some() && secret(planned) != secret(prior);
    Ok(spec)
}

/// As much of it as it takes to destroy what is there, so that a state in which a failed run left things that no
/// configuration may say can still be destroyed.
pub fn spec_to_destroy(value: &Value) -> Result<Spec, Undecided> {
    let Reading { mut spec, found, .. } = Reading::of(value);
    if !found.knows(&["settle_time"]) {
        spec.settle_time = release::SETTLE_TIME;
    }
    if found.knows(&["cluster", "name", "listener_arn"]) { Ok(spec) } else { found.decide(spec) }
}

/// All that is wrong, whatever is not known yet.
pub fn errors(value: &Value) -> Diagnostics {
    Reading::of(value).found.into_errors()
}

/// The short name in a cluster's name or ARN.
pub fn cluster_name(cluster: &str) -> &str {
    cluster.rsplit_once("cluster/").map_or(cluster, |(_, name)| name)
}

/// The phase that the toggles mean, when they are all known and mean one.
pub fn phase(value: &Value) -> Option<Phase> {
    let mut found = Found::default();
    let toggles = part(&release::TOGGLES, value, &mut found);
    Phase::from_toggles(toggles).ok().filter(|_| found.decide(()).is_ok())
}

/// The side at home, when that is known.
pub fn primary(value: &Value) -> Option<Side> {
    value.get("primary").as_str().and_then(Side::from_name)
}

/// What a state knows of the production rule beside hosts and paths, where it can be read.
pub fn extras(value: &Value) -> Option<Extras> {
    let (mut spec, mut found) = (Spec::default(), Found::default());
    read(&conditions::ROWS, value, &mut spec, &mut found);
    read(&logins::ROWS, value, &mut spec, &mut found);
    found.decide(spec.extras).ok()
}

/// What a part of the state says, as far as it can be read.
pub fn spelled<T: Default>(table: &[Row<T>], value: &Value) -> (T, Found) {
    let mut found = Found::default();
    (part(table, value, &mut found), found)
}

/// How long an operation may take.
pub fn timeout(value: &Value, operation: &str) -> Duration {
    let times = spelled(&release::TIMES, value).0;
    match operation {
        "create" => times.create,
        "delete" => times.delete,
        _ => times.update,
    }
}
