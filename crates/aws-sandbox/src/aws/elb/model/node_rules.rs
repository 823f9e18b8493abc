//! What a load balancer node knows of listeners and rules, and what is on its way to it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::seam::ListenerView;

/// One node's knowledge of listeners and rules.
#[derive(Clone, Debug, Default)]
pub struct NodeRules {
    /// What it routes by, by listener ARN.
    pub listeners: BTreeMap<String, Arc<ListenerView>>,
    /// What is on its way, in order; `None` is a listener deleted.
    pub coming: VecDeque<(Duration, String, Option<Arc<ListenerView>>)>,
}
