//! The invariants I1, I2, I3 and I5 of ARCHITECTURE.md, judged over what a sandbox saw its callers do. I4 is for whoever
//! sends the requests: only he knows who was served by what.

mod ownership;
mod routing;

use std::collections::VecDeque;

use aws_sandbox::witness::{Change, Complaint, Event, Scene, Witness};

use ownership::Owners;

/// Complaints kept.
const MOST: usize = 1000;

/// A judge of one sandbox. It shares nothing with the provider but the tag's name and the invariants' meaning.
#[derive(Debug, Default)]
pub struct Referee {
    complaints: VecDeque<Complaint>,
    owners: Owners,
}

impl Referee {
    /// As the sandbox takes it.
    pub fn boxed() -> Option<Box<dyn Witness>> {
        Some(Box::new(Self::default()))
    }
}

impl Witness for Referee {
    fn saw(&mut self, event: &Event, scene: &dyn Scene) {
        let broken: Vec<(&'static str, String)> = match &event.change {
            Change::Rule { before, after } => routing::pointed(before.as_deref(), after, scene),
            Change::Lowered { service, groups, from, to } => {
                let what = format!("{} took {service} from {from} to {to} tasks", event.operation);
                routing::lowered(&what, groups, *to, scene)
            }
            Change::Done { touched, tagging } => {
                self.owners.done(&event.caller, &event.operation, touched, tagging).into_iter().collect()
            }
        };
        for (invariant, what) in broken {
            let (time, call, caller) = (event.at.as_secs_f64(), event.call, event.caller.clone());
            self.complaints.push_back(Complaint { time, invariant, what, call, caller });
            if self.complaints.len() > MOST {
                self.complaints.pop_front();
            }
        }
    }

    fn complaints(&self) -> Vec<Complaint> {
        self.complaints.iter().cloned().collect()
    }

    fn forget(&mut self) {
        self.complaints.clear();
    }
}
