//! The world as witnesses see it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::witness::{Change, Event, Scene};
use super::world::World;
use crate::seam::{ListenerView, Node};

impl Scene for World {
    fn listeners(&self) -> Vec<ListenerView> {
        self.state.elb.listeners.keys().filter_map(|arn| self.listener_view(arn)).collect()
    }

    fn nodes(&self) -> usize {
        self.nodes.len()
    }

    fn known_to(&self, node: Node) -> Vec<Arc<ListenerView>> {
        self.nodes.get(node).map(|known| known.listeners.values().cloned().collect()).unwrap_or_default()
    }

    fn targets(&self, group: &str) -> Vec<(Ipv4Addr, u16, &'static str)> {
        let states = self.state.elb.target_states(group).unwrap_or_default();
        states.into_iter().map(|(ip, port, health)| (ip, port, health.state)).collect()
    }
}

impl World {
    /// Tells the witness of what one call has changed.
    pub(super) fn tell(&mut self, call: u64, operation: &str, changes: Vec<Change>) {
        let Some(mut witness) = self.witness.take() else { return };
        let (at, caller) = self.journal.arrival(call).unwrap_or_default();
        for change in changes {
            let (caller, operation) = (caller.clone(), operation.to_owned());
            witness.saw(&Event { at, call, caller, operation, change }, self);
        }
        self.witness = Some(witness);
    }
}
