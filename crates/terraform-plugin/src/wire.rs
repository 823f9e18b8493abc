//! The messages and services of the wire, generated from `proto/` when the crate is built.
//!
//! A provider needs none of this. It is here for hosts and tests that speak the protocol themselves, and
//! changes when the protocol does. The client halves are there with the feature `host` only.

#![allow(clippy::all, missing_docs)]

/// `tfplugin6.Provider` and its messages.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// `plugin.GRPCController` and `plugin.GRPCStdio`.
pub mod plugin {
    tonic::include_proto!("plugin");
}
