//! Interrupts at chosen calls, as Terraform passes them on.

use serde_json::Value;

use crate::ring::{Blow, Kill, Ring};
use crate::wish::wish;

/// Found by the sweep: the step that the interrupted look led to was still taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_during_a_look_begins_nothing() {
    let mut ring = Ring::new(Blow::Stop).await;
    ring.go(Some(&wish("stable")), None).await;
    let promoted = wish("promoted");
    let config = ring.config(Some(&promoted));
    // A refresh and the first look of a run are of seven calls each, more or less.
    for call in 1..=12 {
        assert!(ring.stopped(&config, Kill { writes: false, call, after: true }).await);
    }
    ring.go(Some(&promoted), None).await;
    ring.end().await;
}

/// A second was once all that the last look had; more on a slow day, and the state was of before the switch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_switch_tells_the_truth_on_a_slow_day_too() {
    let mut ring = Ring::new(Blow::Stop).await;
    ring.go(Some(&wish("staged")), None).await;
    ring.watch();
    ring.slow_reads_after = Some(25.0);
    let promoted = wish("promoted");
    let config = ring.config(Some(&promoted));
    let switch = Kill { writes: true, call: 2, after: true };
    assert!(ring.stopped(&config, switch).await);
    assert_eq!(ring.struck_at.keys().next().map(String::as_str), Some("ModifyRule"));
    ring.stage.admin("DELETE", "/_sandbox/faults", Value::Null).await;
    ring.go(Some(&promoted), None).await;
    ring.end().await;
}
