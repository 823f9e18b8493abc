//! Turns `proto/` into Rust without needing protoc on the machine.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let definitions = protox::compile(["proto/tfplugin6.proto", "proto/plugin.proto"], ["proto"])?;
    // The client half is for hosts, which talk to the server as Terraform does.
    tonic_prost_build::configure()
        .build_client(std::env::var_os("CARGO_FEATURE_HOST").is_some())
        .build_server(true)
        .emit_rerun_if_changed(false)
        .btree_map(".")
        .compile_fds(definitions)?;
    Ok(())
}
