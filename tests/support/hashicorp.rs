//! The stand-in for hashicorp/aws, and how Terraform comes to use it.

use std::path::{Path, PathBuf};

const OURS: &str = env!("CARGO_BIN_EXE_terraform-provider-bluegreen");

/// Cargo puts examples beside its `deps`, where this test is.
fn stand_in() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("examples/stand_in");
    assert!(binary.exists(), "build it first: cargo build --example stand_in");
    binary
}

/// Both providers as development overrides, in the project in `folder`: no `init` is needed.
pub fn override_both(folder: &Path) {
    let home = folder.join("stand-in");
    std::fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::symlink(stand_in(), home.join("terraform-provider-aws")).unwrap();
    let ours = Path::new(OURS).parent().unwrap();
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"hashicorp/aws\" = {home:?}\n    \"ecs-bluegreen/bluegreen\" = {ours:?}\n  }}\n  direct {{}}\n}}\n"
    );
    std::fs::write(folder.join("cli.tfrc"), overrides).unwrap();
}

/// Any versions that the examples accept.
const MIRRORED: [(&str, &str); 2] = [("hashicorp/aws", "6.62.0"), ("ecs-bluegreen/bluegreen", "0.1.0")];
/// Whose registry an address without a host is in.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Both providers in the home directory `home`, where `init` finds them and asks no registry.
pub fn at_home(home: &Path) {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    for registry in REGISTRIES {
        let plugins = home.join(".terraform.d/plugins").join(registry);
        for ((address, version), binary) in MIRRORED.iter().zip([stand_in(), OURS.into()]) {
            let package = plugins.join(address).join(version).join(format!("{system}_{machine}"));
            std::fs::create_dir_all(&package).unwrap();
            let name = address.rsplit('/').next().unwrap();
            let place = package.join(format!("terraform-provider-{name}_v{version}"));
            std::os::unix::fs::symlink(binary, place).unwrap();
        }
    }
}
