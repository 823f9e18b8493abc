//! A copy of the source to break, built beside the sound one out of the same dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FOLDERS: [&str; 5] = ["src", "crates", "tests", "examples", "docs"];
const FILES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "clippy.toml", "rustfmt.toml"];

pub struct Tree {
    path: PathBuf,
    /// Where cargo keeps what it built for this very test, and for which profile.
    build: PathBuf,
    profile: String,
}

pub enum Ended {
    Well,
    /// The last that was said.
    Badly(String),
}

impl Tree {
    /// Only what differs is written, so that cargo need not build the rest again.
    pub fn copied(root: &Path) -> Tree {
        // BUILD/PROFILE/deps/NAME.
        let this = std::env::current_exe().unwrap();
        let above = |levels: usize| this.ancestors().nth(levels).unwrap();
        let profile = match above(2).file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let build = above(3).to_owned();
        let tree = Tree { path: build.join("deliberate-faults"), build, profile: profile.to_owned() };
        fs::create_dir_all(&tree.path).unwrap();
        for name in FOLDERS {
            copy(&root.join(name), &tree.path.join(name));
        }
        for name in FILES {
            let text = fs::read_to_string(root.join(name)).unwrap();
            let text = if name == "Cargo.toml" { renamed(&text) } else { text };
            // Cargo itself takes the other version into the lock file.
            if name != "Cargo.lock" || !tree.path.join(name).exists() {
                write(&tree.path.join(name), text.as_bytes());
            }
        }
        tree
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was in the file before.
    pub fn replace(&self, file: &str, text: &str) -> String {
        let file = self.path.join(file);
        let before = fs::read_to_string(&file).unwrap();
        fs::write(&file, text).unwrap();
        before
    }

    /// Programs go to a folder of the tree's own: other tests run the sound ones.
    pub fn cargo(&self, command: &[&str], arguments: &[&str]) -> Ended {
        let output = Command::new(env!("CARGO"))
            .args(command)
            .args(["--offline", "--profile", &self.profile])
            .args(arguments)
            .current_dir(&self.path)
            .env("CARGO_TARGET_DIR", self.path.join("target"))
            .env("CARGO_BUILD_BUILD_DIR", &self.build)
            .env_remove("BLUEGREEN_FAULTS")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        if output.status.success() {
            return Ended::Well;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ended::Badly(said.chars().skip(said.chars().count().saturating_sub(3_000)).collect())
    }
}

/// As another version, or cargo would take both trees' packages for the same and put one in place of the other.
fn renamed(manifest: &str) -> String {
    let version = format!("version = \"{}", env!("CARGO_PKG_VERSION"));
    let ours = |line: &str| line.starts_with("version = ") || line.contains("path = \"crates/");
    let rename = |line: &str| match ours(line) {
        true => line.replace(&version, &format!("{version}-broken")),
        false => line.to_owned(),
    };
    let renamed: Vec<String> = manifest.lines().map(rename).collect();
    assert!(renamed.iter().any(|line| line.contains("-broken")), "no {version} in Cargo.toml");
    renamed.join("\n") + "\n"
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let names = |folder: &Path| -> Vec<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let wanted = names(from);
    for gone in names(to).into_iter().filter(|name| !wanted.contains(name)) {
        let gone = to.join(gone);
        if gone.is_dir() { fs::remove_dir_all(gone) } else { fs::remove_file(gone) }.unwrap();
    }
    for name in wanted {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            write(&to, &fs::read(from).unwrap());
        }
    }
}

fn write(file: &Path, bytes: &[u8]) {
    if fs::read(file).ok().as_deref() != Some(bytes) {
        fs::write(file, bytes).unwrap();
    }
}
