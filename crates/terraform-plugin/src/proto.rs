//! The wire types, generated from `proto/` by `build.rs`.

#![allow(clippy::all, missing_docs)]

/// `tfplugin6.Provider` and its messages.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// `plugin.GRPCController` and `plugin.GRPCStdio`.
pub mod plugin {
    tonic::include_proto!("plugin");
}
