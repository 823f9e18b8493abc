//! What a sandbox says of itself once it is up: the ready line, and the same as Terraform variables.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    pub ready: bool,
    pub endpoint: String,
    pub region: String,
    pub account: String,
    pub cluster: String,
    pub cluster_arn: String,
    pub vpc_id: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub load_balancer_arn: String,
    /// Addresses of the load balancer's nodes.
    pub nodes: Vec<Ipv4Addr>,
    pub listeners: Listeners,
    /// An S3 bucket for Terraform's state.
    pub state_bucket: String,
    /// Of the listener `https`, for `example.com` and `*.example.com`.
    pub certificate_arn: String,
    /// Where the root certificate is that issued it and every other, in PEM.
    pub ca_pem_file: PathBuf,
    /// `family:revision` of each.
    pub task_definitions: Vec<String>,
    pub tfvars: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listeners {
    pub http: Listener,
    pub production: Listener,
    pub test: Listener,
    pub https: Listener,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listener {
    pub arn: String,
    pub port: u16,
    pub scheme: String,
}
