//! Terraform's plugin protocol 6: handshake, RPCs, values, schema, diagnostics, logging.

pub mod proto;
