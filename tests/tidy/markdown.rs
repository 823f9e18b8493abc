//! Rules about pages: links lead somewhere, and nothing on them is true on one machine only.

use super::files::{self, Text};

pub fn broken_links(page: &Text) -> Vec<String> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut complaints = Vec::new();
    for (number, line) in prose(page) {
        for target in targets(line) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains(':') {
                continue;
            }
            let file = files::root().join(folder).join(path);
            if !path.is_empty() && !file.exists() {
                complaints.push(page.at(number, format!("the link to {target} leads nowhere; correct the path, it is taken from this page's folder")));
            } else if !anchor.is_empty() && (path.is_empty() || path.ends_with(".md")) {
                let other = std::fs::read_to_string(&file).unwrap_or_default();
                let text = if path.is_empty() { &page.text } else { &other };
                if !anchors(text).iter().any(|known| known == anchor) {
                    complaints.push(
                        page.at(number, format!("there is no heading or anchor #{anchor} there; correct it")),
                    );
                }
            }
        }
    }
    complaints
}

/// Lines outside of code blocks.
fn prose(page: &Text) -> impl Iterator<Item = (usize, &str)> {
    let mut code = false;
    page.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// What `[text](target)` and `[name]: target` point to.
fn targets(line: &str) -> Vec<&str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline.chain(defined).map(|target| target.split_whitespace().next().unwrap_or_default()).collect()
}

/// The anchors a page offers: GitHub's for its headings, and those written out.
fn anchors(text: &str) -> Vec<String> {
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    };
    let written = |line: &str| {
        let (_, rest) = line.split_once("<a id=\"")?;
        Some(rest.split('"').next()?.to_owned())
    };
    text.lines().filter_map(|line| heading(line).or_else(|| written(line))).collect()
}

/// Folders that are only on the writer's machine.
const MACHINE: [&str; 6] = ["/home/", "/Users/", "/root/", "/work/", "/mnt/", "C:\\Users\\"];

pub fn machine_paths(page: &Text) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in page.lines() {
        for folder in MACHINE {
            // In the middle of a longer path, or of a URL, it means something else.
            let begins = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~'))
            };
            if line.match_indices(folder).any(|(at, _)| begins(at)) {
                complaints.push(page.at(
                    number,
                    format!("{folder}… is on one machine only; write a path that is true everywhere"),
                ));
            }
        }
    }
    complaints
}

#[test]
fn a_link_into_nothing_and_a_path_from_home_are_found() {
    let page = |text: &str| Text::new("docs/page.md", text);
    assert_eq!(
        broken_links(&page("[a](../README.md) [b](https://example.com) [c](#there) [d](#here)\n# Here\n"))
            .len(),
        1
    );
    assert_eq!(broken_links(&page("[a](nowhere.md) and [b]\n\n[b]: also/nowhere\n")).len(), 2);
    assert!(broken_links(&page("```\n[a](nowhere.md)\n```\n[a](../src/lib.rs)\n")).is_empty());
    assert_eq!(machine_paths(&page("see `/home/me/x` and /work/y")).len(), 2);
    assert!(machine_paths(&page("https://example.com/home/x and ./work/y")).is_empty());
    assert_eq!(targets("[a](b \"title\") ![c](d.png)"), ["b", "d.png"]);
}
