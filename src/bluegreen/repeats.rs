//! Whether somebody else undoes what a run does: another apply, a script, a scaling policy.

use super::routing::{Role, RuleWish};
use super::step::Step;

/// A rollout that has done the same thing so often, after ever longer pauses, and needs it again, is not alone. The
/// pauses before the second to the eighth time add up to 2 + 4 + … + 14 = 56 s, longer than the default
/// `settle_time`. A stale answer makes a rollout repeat itself too, but then the next look is of what it did.
const TIMES: u8 = 8;

/// What a run has carried out.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Vec<(Step, u8)>);

impl Repeats {
    /// Takes in a step that was carried out; how often it was by now.
    pub fn acted(&mut self, step: &Step) -> u8 {
        // Done again and again for as long as it takes.
        if matches!(step, Step::Renew { .. }) {
            return 1;
        }
        if let Some((_, times)) = self.0.iter_mut().find(|(done, _)| alike(done, step)) {
            *times = times.saturating_add(1);
            return *times;
        }
        self.0.push((step.clone(), 1));
        1
    }

    /// How often the step was carried out, if that is too often to do it once more.
    pub fn hopeless(&self, step: &Step) -> Option<u8> {
        let (_, times) = self.0.iter().find(|(done, _)| alike(done, step))?;
        (*times >= TIMES).then_some(*times)
    }
}

/// The same but for what it starts from: counts, and the names and numbers of rules that are made anew each time.
fn alike(one: &Step, two: &Step) -> bool {
    match (one, two) {
        (Step::CreateService { side: one, .. }, Step::CreateService { side: two, .. })
        | (Step::Start { side: one, .. }, Step::Start { side: two, .. })
        | (Step::Raise { side: one, .. }, Step::Raise { side: two, .. })
        | (Step::Lower { side: one, .. }, Step::Lower { side: two, .. })
        | (Step::Deploy { side: one, .. }, Step::Deploy { side: two, .. }) => one == two,
        (Step::CreateRule(one), Step::CreateRule(two)) => same_rule(one, two),
        (Step::ChangeRule { to: one, why, .. }, Step::ChangeRule { to: two, why: other, .. }) => {
            why == other && same_rule(one, two)
        }
        (
            Step::DeleteRule { role: one, priority, .. },
            Step::DeleteRule { role: two, priority: other, .. },
        ) => one == two && (*one != Role::Canary || priority == other),
        (Step::Reorder { .. }, Step::Reorder { .. }) => true,
        _ => one == two,
    }
}

fn same_rule(one: &RuleWish, two: &RuleWish) -> bool {
    (one.role, &one.matches, &one.sends) == (two.role, &two.matches, &two.sends)
}

#[cfg(test)]
mod tests {
    use super::super::gate::Gate;
    use super::super::matches::Matches;
    use super::super::routing::Sends;
    use super::super::side::Side;
    use super::*;

    fn canary(number: u32) -> RuleWish {
        let sources = [format!("10.0.{number}.0/24").parse().unwrap()].into();
        RuleWish {
            role: Role::Canary,
            listener: "L".to_owned(),
            priority: 99 - number,
            matches: Matches { sources, ..Matches::default() },
            carried: Default::default(),
            sends: Sends::single(Side::Green),
        }
    }

    #[test]
    fn the_same_step_from_another_count_is_the_same_and_one_for_the_other_side_is_not() {
        let lower = |side, from| Step::Lower { side, from, to: 0 };
        let mut repeats = Repeats::default();
        for from in 1..=u32::from(TIMES) {
            assert_eq!(repeats.hopeless(&lower(Side::Blue, 1)), None);
            assert_eq!(u32::from(repeats.acted(&lower(Side::Blue, from))), from);
            repeats.acted(&Step::Await(Gate::Settled { time: std::time::Duration::ZERO }));
        }
        assert_eq!(repeats.hopeless(&lower(Side::Blue, 1)), Some(TIMES));
        assert_eq!(repeats.hopeless(&lower(Side::Green, 1)), None);
        assert_eq!(repeats.hopeless(&Step::CreateRule(canary(1))), None);
    }

    #[test]
    fn many_rules_of_a_canary_are_not_one_rule_many_times() {
        let mut repeats = Repeats::default();
        for number in 0..2 * u32::from(TIMES) {
            let open = Step::CreateRule(canary(number));
            let close = Step::DeleteRule { id: "rule".to_owned(), role: Role::Canary, priority: 99 - number };
            assert_eq!((repeats.hopeless(&open), repeats.hopeless(&close)), (None, None));
            repeats.acted(&open);
            repeats.acted(&close);
        }
    }
}
