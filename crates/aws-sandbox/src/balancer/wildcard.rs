//! The `*` and `?` patterns of listener rules.

/// Whether `text` matches `pattern` as a whole: `*` is any run of bytes, `?` any one byte, and a
/// backslash makes the next byte mean itself (elasticloadbalancing, "Condition types for listener
/// rules": query string conditions).
pub(super) fn matches(pattern: &str, text: &str, case: Case) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let (one, width) = match pattern[p..] {
            [b'*', ..] => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            [b'?', ..] => (true, 1),
            [b'\\', literal, ..] => (case.same(literal, text[t]), 2),
            [literal, ..] => (case.same(literal, text[t]), 1),
            [] => (false, 0),
        };
        match star {
            _ if one => {
                p += width;
                t += 1;
            }
            Some((at, swallowed)) => {
                star = Some((at, swallowed + 1));
                p = at + 1;
                t = swallowed + 1;
            }
            None => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

impl Case {
    fn same(self, a: u8, b: u8) -> bool {
        match self {
            Case::Matters => a == b,
            Case::Ignored => a.eq_ignore_ascii_case(&b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let yes =
            [("*", ""), ("a*c", "abbbc"), ("a?c", "abc"), ("*.example.com", "a.b.example.com"), ("**", "x")];
        for (pattern, text) in yes {
            assert!(matches(pattern, text, Case::Matters), "{pattern} {text}");
        }
        let no = [
            ("", "a"),
            ("a?c", "ac"),
            ("*.example.com", "example.com"),
            ("/img/*", "/IMG/1"),
            ("a*b", "abc"),
        ];
        for (pattern, text) in no {
            assert!(!matches(pattern, text, Case::Matters), "{pattern} {text}");
        }
        assert!(matches(r"a\*?", "a*b", Case::Matters) && !matches(r"a\*?", "abb", Case::Matters));
        assert!(matches("NGINX.*.com", "nginx.Example.COM", Case::Ignored));
    }
}
