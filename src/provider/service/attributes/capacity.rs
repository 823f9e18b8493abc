//! Where tasks are placed: a launch type, or a strategy of capacity providers.

use super::meaning::{Complaint, Meaning, number, text, word};
use super::row::{Found, Table, Undecided, read_at, rows};
use crate::bluegreen::spec::{Capacity, CapacityProvider};
use crate::provider::service::decode::Reading;
use terraform_plugin::{AttributePath, Kind, Value};

/// What is written for `Capacity::Fargate`, if anything is.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    pub launch_type: String,
}

pub static LAUNCH: Table<Launch> = rows! { Launch {
    /// {words}. Excludes `capacity_provider_strategy`.
    "launch_type": word(&["FARGATE"]).absent("FARGATE".to_owned()) => launch_type;
}};

static PROVIDER: Table<CapacityProvider> = rows! { CapacityProvider {
    /// Name of the capacity provider.
    "capacity_provider": text(name) => name;
    /// Share of the tasks, {range}. Default {default}.
    "weight": number(0..=1_000).default(0) => weight;
    /// Tasks to place here first, {range}. Default {default}.
    "base": number(0..=100_000).default(0) => base;
}};

fn name(name: &str) -> Result<(), Complaint> {
    if !name.is_empty() {
        return Ok(());
    }
    Err(("No name", "Write the capacity provider's name, as FARGATE or FARGATE_SPOT.".to_owned()))
}

pub fn strategy() -> Meaning<Capacity> {
    let members =
        PROVIDER.iter().map(|row| (row.heading.path.to_owned(), row.heading.attribute.clone())).collect();
    Meaning::new(Kind::ObjectList(members), known, show).absent(Capacity::Fargate)
}

fn known(path: &AttributePath, value: &Value) -> Result<Capacity, Undecided> {
    let items = value.as_list().unwrap_or_default();
    let mut found = Found::default();
    let mut providers: Vec<CapacityProvider> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut provider = CapacityProvider::default();
        read_at(&PROVIDER, item, &path.clone().index(index), &mut provider, &mut found);
        providers.push(provider);
    }
    if !(1..=20).contains(&items.len()) {
        let detail =
            "capacity_provider_strategy takes 1 to 20 capacity providers. Leave it out to use Fargate.";
        found.wrong(path, "Wrong number of capacity providers", detail);
    } else if providers.iter().filter(|provider| provider.base > 0).count() > 1 {
        let detail = "Only one capacity provider of a strategy can have a base.";
        found.wrong(path, "More than one base", detail);
    } else if value.is_wholly_known() && providers.iter().all(|provider| provider.weight == 0) {
        found.wrong(path, "No weight", "At least one capacity provider needs a weight above 0.");
    }
    providers.sort();
    found.decide(Capacity::Strategy(providers))
}

fn show(capacity: &Capacity) -> Value {
    let Capacity::Strategy(providers) = capacity else { return Value::Null };
    Value::list(providers.iter().map(|provider| {
        let mut item = Value::object::<&str>([]);
        super::row::write(&PROVIDER, provider, &mut item);
        item
    }))
}

/// What only shows in several attributes.
pub fn together(reading: &mut Reading<'_>) {
    let strategy = matches!(reading.spec.service.capacity, Capacity::Strategy(_));
    if strategy && reading.value.get("launch_type").as_str().is_some() {
        let detail = "launch_type and capacity_provider_strategy exclude each other. Remove launch_type.";
        reading.wrong("capacity_provider_strategy", "Two ways to place tasks", detail);
    }
}
