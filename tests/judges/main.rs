//! Judges we did not write, between the provider and our own sandbox: moto, botocore, and Terraform's own rules.
#![cfg(unix)]
// A helper that fails is a test that fails.
#![allow(clippy::print_stdout)]
#![allow(clippy::unwrap_used)]

mod awscli;
mod curl;
mod differential;
mod load;
mod moto;
mod python;
mod release;
mod sandbox;
mod wire;
