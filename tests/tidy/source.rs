//! Rules about single Rust files: length, opening sentence, names, and nothing unfinished.

use super::files::Text;

const MOST_LINES: usize = 450;

pub fn too_long(file: &Text) -> Vec<String> {
    let lines = file.lines().count();
    let long = lines > MOST_LINES;
    let complaint = format!("{lines} lines; split it, {MOST_LINES} is the most");
    long.then(|| file.at(MOST_LINES, complaint)).into_iter().collect()
}

pub fn opening(file: &Text) -> Vec<String> {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let said = first.strip_prefix("//! ").is_some_and(|sentence| !sentence.trim().is_empty());
    let complaint = "open the module with `//! ` and a sentence saying what belongs here";
    (!said).then(|| file.at(1, complaint)).into_iter().collect()
}

/// Names that say nothing, so that everything ends up there.
const EMPTY_NAMES: [&str; 5] = ["util", "helper", "common", "manager", "types"];

pub fn names(file: &Text) -> Vec<String> {
    let empty =
        |name: &str| EMPTY_NAMES.iter().any(|empty| name == *empty || name.strip_suffix('s') == Some(*empty));
    let mut complaints = Vec::new();
    let path = file.path.trim_end_matches(".rs");
    for part in path.split('/').filter(|part| empty(part)) {
        complaints.push(file.at(1, format!("\"{part}\" says nothing; name it after what it holds")));
    }
    for (number, line) in file.code() {
        let declared = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let Some(name) = declared.strip_prefix("mod ") else { continue };
        let name = name.trim_end_matches([';', '{', ' ', '}']);
        if empty(name) {
            complaints.push(
                file.at(number, format!("module \"{name}\" says nothing; name it after what it holds")),
            );
        }
    }
    complaints
}

/// Put together so that this file does not complain about itself.
const UNFINISHED: [(&str, &str); 3] = [
    (concat!("#[", "ignore"), "make the test pass, or delete it"),
    (concat!("todo", "!("), "do it, or open an issue"),
    (concat!("unimplemented", "!("), "do it, or open an issue"),
];

pub fn unfinished(file: &Text) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in file.code() {
        for (sign, what_to_do) in UNFINISHED {
            if line.contains(sign) {
                complaints.push(file.at(number, format!("{sign}: {what_to_do}")));
            }
        }
    }
    complaints
}

#[test]
fn each_of_these_rules_bites() {
    assert_eq!(
        too_long(&Text::new("a.rs", &"x\n".repeat(451))),
        ["a.rs:450: 451 lines; split it, 450 is the most"]
    );
    assert!(too_long(&Text::new("a.rs", &"x\n".repeat(450))).is_empty());
    assert_eq!(opening(&Text::new("a.rs", "use std::fs;\n//! Late.\n")).len(), 1);
    assert!(opening(&Text::new("a.rs", "//! What is here.\n")).is_empty());
    assert_eq!(names(&Text::new("src/aws/utils.rs", "pub mod helpers;\nmod types {\n")).len(), 3);
    assert!(names(&Text::new("src/aws/rules.rs", "mod typeset;\n")).is_empty());
    let open = Text::new("a.rs", concat!("#[", "ignore]\nfn f() { todo", "!() }\n"));
    assert_eq!(unfinished(&open).len(), 2);
}
