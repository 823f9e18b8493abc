//! One schedule: several states, and what is done with each, drawn from a seed.

use std::time::Duration;

use aws_sandbox::dice::Dice;

use crate::wish::{PHASES, Phase};

pub const CLUSTERS: [&str; 2] = ["shop", "other"];
pub const NAMES: [&str; 2] = ["nginx", "web"];
/// Two of one load balancer, and one of another.
pub const LISTENERS: usize = 3;

#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub propagation: Duration,
    /// All at the same time; else one thing after the other.
    pub together: bool,
    pub plots: Vec<Plot>,
}

/// One state's configuration and its fate.
#[derive(Clone, Debug)]
pub struct Plot {
    pub cluster: &'static str,
    pub name: &'static str,
    pub listener: usize,
    pub priority: u32,
    pub desired: u32,
    pub deeds: Vec<Deed>,
    /// What becomes of it in the end.
    pub kept: bool,
}

#[derive(Clone, Debug)]
pub struct Deed {
    pub after: Duration,
    pub what: What,
    pub cut: Option<Cut>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Apply(Phase),
    /// Another version on the candidate.
    Release(u32),
    Destroy,
    /// What the error of the last apply says, or what anybody may try.
    Import,
    /// `state rm`, or a lost state.
    Forget,
}

#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// At its so many-th call, before it reaches AWS or before its answer is back.
    Killed { call: u64, sent: bool },
    /// Ctrl-C.
    Stopped(Duration),
}

impl Plot {
    pub fn identity(&self) -> String {
        format!("{}/{}", self.cluster, self.name)
    }

    /// Where callers find it.
    pub fn host(&self) -> String {
        format!("{}.{}.example.com", self.name, self.cluster)
    }
}

struct Chance(Dice);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0.roll() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }

    fn seconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most * 10) * 100)
    }
}

pub fn of(seed: u64) -> Schedule {
    let mut chance = Chance(Dice::new(seed.wrapping_mul(0x2545_F491_4F6C_DD1D)));
    let together = chance.one_in(2);
    let propagation = Duration::from_secs(chance.pick(&[3, 3, 8]));
    let count = 2 + chance.pick(&[0, 0, 1, 1, 2]);
    let mut plots: Vec<Plot> = Vec::new();
    for number in 0..count {
        let like = |chance: &mut Chance| number > 0 && !chance.one_in(3);
        let first = plots.first().cloned();
        let mut plot = Plot {
            cluster: chance.pick(&CLUSTERS),
            name: chance.pick(&NAMES),
            listener: usize::try_from(chance.below(LISTENERS as u64)).unwrap(),
            priority: 100 + 10 * number,
            desired: 1 + u32::from(chance.one_in(2)),
            deeds: Vec::new(),
            kept: chance.one_in(2),
        };
        if let Some(first) = first {
            plot.cluster = if like(&mut chance) { first.cluster } else { plot.cluster };
            plot.name = if like(&mut chance) { first.name } else { plot.name };
            plot.listener = if like(&mut chance) { first.listener } else { plot.listener };
            if plot.identity() == first.identity() || chance.one_in(8) {
                plot.priority = first.priority;
            }
        }
        for step in 0..2 + chance.below(3) {
            plot.deeds.push(deed(step == 0, together, &mut chance));
        }
        plots.push(plot);
    }
    Schedule { seed, propagation, together, plots }
}

fn deed(first: bool, together: bool, chance: &mut Chance) -> Deed {
    let phase = Phase::clone(&chance.pick(&PHASES));
    let what = match chance.below(12) {
        _ if first => What::Apply(phase),
        0..6 => What::Apply(phase),
        6 => What::Release(3 + u32::try_from(chance.below(4)).unwrap()),
        7 | 8 => What::Destroy,
        9 | 10 => What::Import,
        _ => What::Forget,
    };
    let cut = match chance.below(6) {
        // Most calls are looks; the early ones come before anything is made.
        0..3 => {
            let most = chance.pick(&[20, 60, 150, 400]);
            Some(Cut::Killed { call: 1 + chance.below(most), sent: chance.one_in(2) })
        }
        3 => Some(Cut::Stopped(chance.seconds(60))),
        _ => None,
    };
    // Now and then long enough for what was left behind to be given up.
    let most = if together { chance.pick(&[1, 20, 60, 300]) } else { chance.pick(&[1, 10, 300]) };
    Deed { after: chance.seconds(most), what, cut }
}
