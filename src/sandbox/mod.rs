//! A local AWS for rehearsals and tests: ECS and ELBv2 control planes on one loopback port, a real
//! HTTP load balancer and real HTTP tasks. Imports nothing from the provider.

pub mod balancer;
pub mod clock;
pub mod health;
pub mod patience;
pub mod plane;
pub mod tasks;
