//! Judges we did not write, between the provider and our own sandbox: moto, botocore, and Terraform's own rules.
#![cfg(unix)]
// A helper that fails is a test that fails.
#![allow(clippy::unwrap_used)]

mod moto;
mod python;
mod wire;
