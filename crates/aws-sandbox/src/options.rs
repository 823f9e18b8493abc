//! The command line of the sandbox.

use std::path::PathBuf;

/// A local ECS and Elastic Load Balancing on loopback addresses.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxOptions {
    /// Port of the APIs on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Sandbox seconds per second
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    pub speed: f64,
    /// Seed of all chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Directory for sandbox.auto.tfvars.json
    #[arg(long, default_value = ".")]
    pub dir: PathBuf,
    /// Longest time, in sandbox seconds, that a rule change takes to reach a load balancer node
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = not_negative)]
    pub propagation: f64,
    /// Refuse calls beyond AWS's documented request rates
    #[arg(long)]
    pub enforce_rate_limits: bool,
    /// About how long, in sandbox seconds, a task takes to start; ECS's other delays keep pace
    #[arg(long, value_name = "SECONDS", default_value_t = 40.0, value_parser = not_negative)]
    pub task_start: f64,
    /// A fault in force from the start, as for POST /_sandbox/faults; may be repeated
    #[arg(long = "fault", value_name = "JSON")]
    pub faults: Vec<String>,
    /// Load balancer nodes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub nodes: u8,
    /// Quota: rules per load balancer
    #[arg(long, default_value_t = 100)]
    pub rules_per_load_balancer: usize,
    /// Quota: target groups per load balancer
    #[arg(long, default_value_t = 100)]
    pub target_groups_per_load_balancer: usize,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            speed: 1.0,
            seed: 1,
            dir: PathBuf::from("."),
            propagation: 5.0,
            enforce_rate_limits: false,
            task_start: 40.0,
            faults: Vec::new(),
            nodes: 2,
            rules_per_load_balancer: 100,
            target_groups_per_load_balancer: 100,
        }
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number.is_finite() && number.abs() <= 1e6 { Ok(number) } else { Err("out of range".to_owned()) }
}

fn positive(text: &str) -> Result<f64, String> {
    number(text).and_then(|it| if it >= 1e-3 { Ok(it) } else { Err("must be at least 0.001".to_owned()) })
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text).and_then(|it| if it >= 0.0 { Ok(it) } else { Err("must not be negative".to_owned()) })
}
