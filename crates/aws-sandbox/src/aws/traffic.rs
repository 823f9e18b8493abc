//! What became of requests at the load balancer: how many were served, and which it had to answer with an error.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::seam::Report;

/// Unserved requests kept.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub struct Traffic {
    unserved: VecDeque<(Duration, Report)>,
    unserved_total: u64,
    unserved_by_reason: BTreeMap<String, u64>,
    served_total: u64,
    served_by_group: BTreeMap<String, u64>,
}

impl Traffic {
    pub fn served(&mut self, group: String) {
        self.served_total += 1;
        *self.served_by_group.entry(group).or_default() += 1;
    }

    pub fn unserved(&mut self, at: Duration, report: Report) {
        self.unserved_total += 1;
        if let Report::Unserved { reason, .. } = &report
            && (self.unserved_by_reason.len() < MOST || self.unserved_by_reason.contains_key(reason))
        {
            *self.unserved_by_reason.entry(reason.clone()).or_default() += 1;
        }
        self.unserved.push_back((at, report));
        if self.unserved.len() > MOST {
            self.unserved.pop_front();
        }
    }

    pub fn unserved_json(&self) -> Vec<Value> {
        let each = self.unserved.iter().filter_map(|(at, report)| match report {
            Report::Unserved { node, source, host, path, rule, group, status, reason } => Some(json!({
                "time": at.as_secs_f64(), "node": node, "source": source, "host": host, "path": path,
                "rule": rule, "group": group, "status": status, "reason": reason,
            })),
            _ => None,
        });
        each.collect()
    }

    pub fn totals_json(&self) -> Value {
        json!({
            "served": self.served_total,
            "unserved": self.unserved_total,
            "unserved_by_reason": self.unserved_by_reason,
            "served_by_group": self.served_by_group,
        })
    }
}
