//! Whether somebody else undoes what a run does: another apply, a script, a scaling policy.

use super::step::Step;

/// A run that has done the same thing so often, after ever longer pauses, and needs it again, is not alone.
const TIMES: u8 = 8;

/// What a run has carried out.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Vec<(Step, u8)>);

impl Repeats {
    /// Takes in a step that was carried out; how often it was by now.
    pub fn acted(&mut self, step: &Step) -> u8 {
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

/// The same but for what it starts from: counts, and the names of rules that are made anew each time.
fn alike(one: &Step, two: &Step) -> bool {
    match (one, two) {
        (Step::CreateService { side: one, .. }, Step::CreateService { side: two, .. })
        | (Step::Start { side: one, .. }, Step::Start { side: two, .. })
        | (Step::Raise { side: one, .. }, Step::Raise { side: two, .. })
        | (Step::Lower { side: one, .. }, Step::Lower { side: two, .. })
        | (Step::Deploy { side: one, .. }, Step::Deploy { side: two, .. })
        | (Step::ChangeTest { side: one, .. }, Step::ChangeTest { side: two, .. }) => one == two,
        (
            Step::OpenCanary { side: one, sources, .. },
            Step::OpenCanary { side: two, sources: others, .. },
        )
        | (
            Step::ChangeCanary { side: one, sources, .. },
            Step::ChangeCanary { side: two, sources: others, .. },
        ) => one == two && sources == others,
        (Step::CloseCanary { priority: one, .. }, Step::CloseCanary { priority: two, .. }) => one == two,
        (Step::CloseTest { .. }, Step::CloseTest { .. })
        | (Step::Unpark { .. }, Step::Unpark { .. })
        | (Step::SetPriorities { .. }, Step::SetPriorities { .. })
        | (Step::DeleteProduction { .. }, Step::DeleteProduction { .. }) => true,
        _ => one == two,
    }
}

#[cfg(test)]
mod tests {
    use super::super::side::Side;
    use super::*;

    #[test]
    fn the_same_step_from_another_count_is_the_same_and_one_for_the_other_side_is_not() {
        let lower = |side, from| Step::Lower { side, from, to: 0 };
        let mut repeats = Repeats::default();
        for from in 1..=u32::from(TIMES) {
            assert_eq!(repeats.hopeless(&lower(Side::Blue, 1)), None);
            assert_eq!(u32::from(repeats.acted(&lower(Side::Blue, from))), from);
            repeats.acted(&Step::Hold { time: std::time::Duration::ZERO });
        }
        assert_eq!(repeats.hopeless(&lower(Side::Blue, 1)), Some(TIMES));
        assert_eq!(repeats.hopeless(&lower(Side::Green, 1)), None);
        assert_eq!(repeats.hopeless(&Step::Route { to: Side::Blue }), None);
    }

    #[test]
    fn many_rules_of_a_canary_are_not_one_rule_many_times() {
        let mut repeats = Repeats::default();
        for number in 0..2 * TIMES {
            let sources = [format!("10.0.{number}.0/24").parse().unwrap()].into();
            let open = Step::OpenCanary { side: Side::Green, priority: 99 - u32::from(number), sources };
            let close = Step::CloseCanary { id: "rule".to_owned(), priority: 99 - u32::from(number) };
            assert_eq!((repeats.hopeless(&open), repeats.hopeless(&close)), (None, None));
            repeats.acted(&open);
            repeats.acted(&close);
        }
    }
}
