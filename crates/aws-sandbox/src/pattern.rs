//! The regular expressions of listener rules, as conditions and transforms have them.

use regex::{Captures, Regex, RegexBuilder};

/// An expression, compiled; two are equal when they are written alike.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// # Errors
    /// What the load balancer does not take: lookaround, backreferences, atomic groups, possessive quantifiers,
    /// recursion, Unicode classes
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html>), or no expression.
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, String> {
        if [r"\p", r"\P"].iter().any(|class| text.contains(class)) {
            return Err("Unicode character classes are not supported".to_owned());
        }
        let mut builder = RegexBuilder::new(text);
        let regex = builder.case_insensitive(ignore_case).unicode(true).size_limit(1 << 20).build();
        let regex = regex.map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), regex })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// `text` with the match replaced, `$1` and so on standing for groups; `None` if there is no match.
    pub fn rewrite(&self, text: &str, replace: &str) -> Option<String> {
        if !self.regex.is_match(text) {
            return None;
        }
        Some(self.regex.replace(text, |found: &Captures| expand(found, replace)).into_owned())
    }
}

/// `$` and digits is a group, and nothing else is special: the library would read `$1a` as a group named `1a`.
fn expand(found: &Captures, replace: &str) -> String {
    let mut out = String::new();
    let mut parts = replace.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        match part[..digits].parse() {
            Ok(number) => out.push_str(found.get(number).map_or("", |group| group.as_str())),
            Err(_) => out.push('$'),
        }
        out.push_str(&part[digits..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_filled_in_and_nothing_else_is_special() {
        let check = |regex: &str, text: &str, replace: &str, expected: Option<&str>| {
            assert_eq!(Pattern::new(regex, false).unwrap().rewrite(text, replace).as_deref(), expected);
        };
        check("^/api/(.+)$", "/api/a?x=1", "/$1", Some("/a?x=1"));
        check(r"^(.+)\.example\.com$", "shop.example.com", "$1a.internal", Some("shopa.internal"));
        check("^/a", "/b", "/c", None);
        check("a", "aa", "$9$$", Some("$$a"));
    }

    #[test]
    fn what_the_load_balancer_does_not_take_is_refused() {
        for text in ["(?=a)", "(?<!a)b", r"(a)\1", "(?>a)", r"\p{L}", "("] {
            assert!(Pattern::new(text, false).is_err(), "{text}");
        }
    }
}
