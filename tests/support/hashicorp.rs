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
