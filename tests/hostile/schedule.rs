//! A schedule: wishes one after the other, and what goes wrong meanwhile. All of it follows from one seed.

use std::time::Duration;

use aws_sandbox::dice::Dice;
use aws_sandbox::faults::fault::{Effect, Fault};
use serde_json::{Value, json};

use crate::wish::{PHASES, Phase, Wish};

/// What a schedule may hold, and so what may be asked of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Only the API misbehaves, or somebody interrupts.
    Api,
    /// The same, and two applies of one wish run at once.
    Twins,
    /// Tasks crash, fall ill, flap, or never get healthy.
    Tasks,
    /// Somebody else edits what is ours, or two applies of two wishes run at once.
    Outsider,
}

impl Kind {
    /// Nobody but the provider can be to blame when a request fails.
    pub fn strict(self) -> bool {
        matches!(self, Kind::Api | Kind::Twins)
    }
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a schedule has a handful of them")]
pub enum Event {
    Fault(Box<Fault>),
    /// One task of the service is killed.
    Crash(&'static str),
    /// Ctrl-C in the apply under way.
    Interrupt,
    /// Weights of the production rule, blue's first.
    Weights(u32, u32),
    /// Another priority for the production rule.
    Priority(u32),
    Count(&'static str, u32),
}

/// One apply, and what happens from its beginning on.
#[derive(Clone, Debug)]
pub struct Chapter {
    pub wish: Wish,
    /// Another who applies at the same time.
    pub rival: Option<Wish>,
    pub events: Vec<(Duration, Event)>,
}

#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub kind: Kind,
    pub propagation: Duration,
    pub chapters: Vec<Chapter>,
    /// What all ends in.
    pub last: Wish,
    pub destroy: bool,
}

impl Event {
    /// It changes what the provider has looked at.
    pub fn upsets(&self) -> bool {
        match self {
            Event::Fault(fault) => {
                matches!(fault.effect, Effect::Unhealthy { .. } | Effect::NeverHealthy { .. })
            }
            Event::Crash(_) | Event::Weights(..) | Event::Priority(_) | Event::Count(..) => true,
            Event::Interrupt => false,
        }
    }
}

impl Chapter {
    /// Two apply different wishes at once.
    pub fn fight(&self) -> bool {
        self.rival.as_ref().is_some_and(|rival| *rival != self.wish)
    }
}

impl Schedule {
    pub fn fight(&self) -> bool {
        self.chapters.iter().any(Chapter::fight)
    }
}

struct Chance(Dice);

impl Chance {
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0.roll() % n
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }

    fn count(&mut self, low: u32, high: u32) -> u32 {
        low + u32::try_from(self.below(u64::from(high - low + 1))).unwrap()
    }

    /// With one digit after the point, so that it reads well.
    fn tenth(&mut self, low: f64, high: f64) -> f64 {
        (self.0.between(low, high) * 10.0).round() / 10.0
    }
}

const BOTH: [&str; 2] = ["nginx-blue", "nginx-green"];

pub fn of(seed: u64) -> Schedule {
    let mut chance = Chance(Dice::new(seed.wrapping_mul(0x2545_F491_4F6C_DD1D)));
    let kind = match chance.below(20) {
        0..9 => Kind::Api,
        9..12 => Kind::Twins,
        12..16 => Kind::Tasks,
        _ => Kind::Outsider,
    };
    let desired = chance.count(1, 3);
    let mut wish = Wish {
        phase: chance.pick(&PHASES),
        primary: "blue",
        blue: "nginx:1".to_owned(),
        green: "nginx:2".to_owned(),
        desired,
        canary: chance.count(1, desired),
        standby: if chance.one_in(3) { chance.count(1, 2) } else { 0 },
        settle: chance.pick(&[30, 30, 45]),
    };
    let mut chapters = Vec::new();
    let count = if chance.one_in(3) { 3 } else { 2 };
    for number in 0..count {
        if number > 0 {
            next(&mut wish, kind, &mut chance);
        }
        let rival = match kind {
            Kind::Twins if chance.one_in(2) => Some(wish.clone()),
            Kind::Outsider if number > 0 && chance.one_in(4) => {
                Some(Wish { phase: chance.pick(&PHASES), ..wish.clone() })
            }
            _ => None,
        };
        // The first is left in peace now and then, so that the others start from what is whole.
        let events =
            if number == 0 && chance.one_in(2) { Vec::new() } else { events(kind, number, &mut chance) };
        chapters.push(Chapter { wish: wish.clone(), rival, events });
    }
    let mut last = wish;
    for task_definition in [&mut last.blue, &mut last.green] {
        if ["nginx:7", "nginx:8"].contains(&task_definition.as_str()) {
            *task_definition = "nginx:6".to_owned();
        }
    }
    let propagation = Duration::from_secs(chance.pick(&[5, 5, 15, 30]));
    Schedule { seed, kind, propagation, chapters, last, destroy: chance.one_in(3) }
}

fn next(wish: &mut Wish, kind: Kind, chance: &mut Chance) {
    let before = wish.phase;
    if before == Phase::Promoted && chance.one_in(4) {
        // The candidate is home from now on.
        wish.primary = wish.candidate();
        wish.phase = Phase::Stable;
        return;
    }
    while wish.phase == before {
        wish.phase = chance.pick(&PHASES);
    }
    if chance.one_in(3) {
        let revision =
            if kind == Kind::Tasks && chance.one_in(2) { chance.count(7, 8) } else { chance.count(3, 6) };
        let idle = if wish.candidate() == "green" { &mut wish.green } else { &mut wish.blue };
        *idle = format!("nginx:{revision}");
    }
    if chance.one_in(6) {
        wish.desired = chance.count(1, 3);
        wish.canary = chance.count(1, wish.desired);
    }
}

fn events(kind: Kind, number: u32, chance: &mut Chance) -> Vec<(Duration, Event)> {
    let mut events: Vec<(Duration, Event)> = Vec::new();
    let mut add = |chance: &mut Chance, event: Event, latest: f64| {
        events.push((Duration::from_secs_f64(chance.tenth(0.0, latest)), event));
    };
    for _ in 0..chance.count(1, 3) {
        let event = Event::Fault(Box::new(api_fault(chance)));
        add(chance, event, 60.0);
    }
    if chance.one_in(6) {
        add(chance, Event::Interrupt, 70.0);
    }
    match kind {
        Kind::Api | Kind::Twins => {}
        Kind::Tasks => {
            for _ in 0..chance.count(1, 2) {
                let service = chance.pick(&BOTH);
                let event = match chance.below(3) {
                    0 => Event::Crash(service),
                    // A target that flaps: ill for about as long as it takes to be called so.
                    1 => Event::Fault(Box::new(fault(json!({
                        "kind": "unhealthy", "service": service, "lasts": chance.tenth(4.0, 20.0),
                    })))),
                    _ => Event::Fault(Box::new(fault(json!({
                        "kind": "never_healthy", "service": service, "lasts": chance.tenth(20.0, 100.0),
                    })))),
                };
                add(chance, event, 70.0);
            }
        }
        // There is nothing to edit before the first apply.
        Kind::Outsider if number == 0 => {}
        Kind::Outsider => {
            for _ in 0..chance.count(1, 2) {
                let event = match chance.below(3) {
                    0 => {
                        let (blue, green) = chance.pick(&[(100, 0), (0, 100), (50, 50), (90, 10)]);
                        Event::Weights(blue, green)
                    }
                    1 => Event::Priority(chance.count(200, 210)),
                    _ => Event::Count(chance.pick(&BOTH), chance.count(0, 4)),
                };
                add(chance, event, 70.0);
            }
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

fn fault(value: Value) -> Fault {
    serde_json::from_value(value).unwrap()
}

fn api_fault(chance: &mut Chance) -> Fault {
    let lasts = chance.tenth(3.0, 40.0);
    let probability = chance.tenth(0.1, 0.7);
    let mut value = match chance.below(11) {
        0 => json!({"kind": "throttle", "probability": probability}),
        1 => json!({"kind": "error", "status": 500, "probability": probability}),
        2 => json!({"kind": "error", "status": 503, "probability": probability}),
        3 => json!({"kind": "drop", "probability": probability}),
        4 | 5 => json!({"kind": "lost_answer", "writes": true, "count": chance.count(1, 4)}),
        6 => json!({"kind": "stale", "seconds": chance.tenth(0.5, 8.0), "probability": probability}),
        7 => json!({"kind": "missing", "seconds": chance.tenth(0.5, 8.0), "probability": probability}),
        8 => json!({"kind": "not_associated", "seconds": chance.tenth(2.0, 20.0)}),
        9 => json!({"kind": "propagation", "seconds": chance.tenth(5.0, 30.0)}),
        _ => json!({"kind": "delay", "seconds": chance.tenth(0.5, 25.0), "count": chance.count(1, 5)}),
    };
    value["lasts"] = json!(if value.get("count").is_some() { 90.0 } else { lasts });
    fault(value)
}
