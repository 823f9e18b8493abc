//! What is written down of a story, and how it is compared with what was written before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::line::Call;
use crate::product::{Diagnostics, Value};

/// Lines of context around a difference.
const CONTEXT: usize = 3;
/// Lines of a difference that are shown.
const MOST: usize = 120;

#[derive(Default)]
pub struct Book {
    text: String,
    /// The first creation's plan; later ones differ in little.
    creation: Option<Value>,
    /// Every question ever asked, as AWS saw it.
    asked: BTreeSet<(String, String)>,
}

impl Book {
    pub fn heading(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n## {title}");
    }

    pub fn line(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.text, "{}", line.as_ref());
    }

    /// Nothing but counts of reads, headings and "no changes".
    pub fn quiet(&self) -> bool {
        let told = |line: &&str| !line.ends_with(':') && !line.starts_with("  (") && *line != "  no changes";
        self.text.lines().find(told).is_none()
    }

    /// Goes on with what was asked meanwhile, and unless that was quiet, with what was said.
    pub fn take_up(&mut self, other: Book, quiet: bool) {
        self.asked.extend(other.asked);
        if !quiet {
            self.text.push_str(&other.text);
        }
    }

    /// What was written since the last heading.
    pub fn tail(&self) -> &str {
        self.text.rsplit("\n## ").next().unwrap_or_default()
    }

    /// Writes as they were sent, and how many reads of which kind came between them.
    pub fn calls(&mut self, calls: Vec<Call>) {
        let mut reads: BTreeMap<String, u64> = BTreeMap::new();
        for call in calls {
            let error = call.error.as_ref().map(|error| format!(" -> {error}")).unwrap_or_default();
            if call.writes() {
                self.reads(&mut reads);
                self.line(format!("  {} {}{error}", call.operation, call.body));
            } else {
                *reads.entry(format!("{}{error}", call.operation)).or_default() += 1;
                self.asked.insert((call.operation, unordered(call.body).to_string()));
            }
        }
        self.reads(&mut reads);
    }

    fn reads(&mut self, reads: &mut BTreeMap<String, u64>) {
        let counts: Vec<String> =
            std::mem::take(reads).into_iter().map(|(name, count)| format!("{name} {count}")).collect();
        if !counts.is_empty() {
            self.line(format!("  ({})", counts.join(", ")));
        }
    }

    pub fn diagnostics(&mut self, diagnostics: &Diagnostics) {
        for it in diagnostics {
            let at = if it.path.is_root() { String::new() } else { format!(" at {}", it.path) };
            self.line(format!("  {:?}{at}: {}", it.severity, it.summary));
            it.detail
                .lines()
                .filter(|line| !line.is_empty())
                .for_each(|line| self.line(format!("    {line}")));
        }
    }

    /// The attributes that differ, the new value of each; the steps one a line.
    pub fn changes(&mut self, before: &Value, after: &Value) {
        let Some(members) = after.as_map() else {
            if before != after {
                self.line("  (gone)");
            }
            return;
        };
        for (name, value) in members.iter().filter(|(name, value)| before.get(name) != *value) {
            match value.as_list().filter(|list| name == "rollout_steps" && !list.is_empty()) {
                Some(steps) => {
                    self.line("  rollout_steps:");
                    (1..).zip(steps).for_each(|(n, step)| {
                        self.line(format!("    {n}. {}", step.as_str().unwrap_or("?")));
                    });
                }
                None => self.line(format!("  {name} = {}", json(value))),
            }
        }
    }

    /// A plan to create, as far as it differs from the first one of the story.
    pub fn creation(&mut self, planned: &Value) {
        let first = self.creation.take();
        if first.is_some() {
            self.line("  as the first, but:");
        }
        self.changes(first.as_ref().unwrap_or(&Value::Null), planned);
        self.creation = Some(first.unwrap_or_else(|| planned.clone()));
    }

    /// Compares with `tests/golden/NAME.txt`, or writes that file.
    pub fn close(mut self, name: &str) {
        self.line("\n## every question asked");
        for (operation, body) in std::mem::take(&mut self.asked) {
            self.line(format!("  {operation} {body}"));
        }
        let text = plain(self.text.trim_start());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            text == golden,
            "{name} is not as recorded (- before, + now); if that is meant, run with BLESS=1\n{}",
            difference(&golden, &text)
        );
    }
}

/// A value as JSON; what is not known is the text `(known after apply)`.
fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => Json::from("(known after apply)"),
        Value::Bool(it) => Json::from(*it),
        Value::Number(it) => it.as_i64().map_or_else(|| Json::from(it.to_string()), Json::from),
        Value::String(it) => Json::from(it.as_str()),
        Value::List(elements) => elements.iter().map(json).collect(),
        Value::Map(members) => members.iter().map(|(name, it)| (name.clone(), json(it))).collect(),
    }
}

/// Which order names are asked for in means nothing.
fn unordered(value: Json) -> Json {
    match value {
        Json::Array(elements) => {
            let mut elements: Vec<Json> = elements.into_iter().map(unordered).collect();
            elements.sort_by_key(Json::to_string);
            Json::Array(elements)
        }
        Json::Object(members) => members.into_iter().map(|(name, it)| (name, unordered(it))).collect(),
        other => other,
    }
}

/// Ids that AWS draws, numbered as they appear.
fn plain(text: &str) -> String {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let drawn = word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if drawn {
            let next = numbers.len() + 1;
            let _ = write!(out, "#{}", numbers.entry(word).or_insert(next));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out + rest
}

/// The lines that went and came, with some around them.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // Longest common subsequence, from the end.
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    let near = |at: usize| {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(lines.len()));
        lines[from..to].iter().any(|(sign, _)| *sign != ' ')
    };
    let shown = lines.iter().enumerate().filter(|(at, (_, line))| near(*at) || line.starts_with("##"));
    shown.take(MOST).map(|(_, (sign, line))| format!("{sign} {line}\n")).collect()
}
