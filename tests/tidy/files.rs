//! The repository's own files: what is written by hand or generated, and nothing that is built or downloaded.

use std::fs;
use std::path::{Path, PathBuf};

/// One file.
pub struct Text {
    /// From the repository's root, with forward slashes.
    pub path: String,
    pub text: String,
}

impl Text {
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> Text {
        Text { path: path.to_owned(), text: text.to_owned() }
    }

    /// Lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// A complaint at a line.
    pub fn at(&self, line: usize, complaint: impl std::fmt::Display) -> String {
        format!("{}:{line}: {complaint}", self.path)
    }

    /// Lines of code: no comments, and no strings worth speaking of.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every hand-written Rust file.
pub fn rust() -> Vec<Text> {
    ending(".rs")
}

/// Every page.
pub fn markdown() -> Vec<Text> {
    ending(".md")
}

fn ending(suffix: &str) -> Vec<Text> {
    let mut paths = Vec::new();
    walk(root(), &mut paths);
    paths.sort();
    let texts: Vec<Text> =
        paths.iter().map(|path| read(path)).filter(|text| text.path.ends_with(suffix)).collect();
    assert!(!texts.is_empty(), "no {suffix} files under {}", root().display());
    texts
}

fn read(path: &Path) -> Text {
    let relative = path.strip_prefix(root()).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    // What is no text is none of our business.
    Text { path: parts.join("/"), text: fs::read_to_string(path).unwrap_or_default() }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), found);
        } else if kind.is_file() && (name.ends_with(".rs") || name.ends_with(".md")) {
            found.push(entry.path());
        }
    }
}
