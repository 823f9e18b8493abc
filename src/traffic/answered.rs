//! Who gave an answer, as far as the answer tells.

use std::fmt;

use super::connection::Answer;

/// How much of a body's first words is kept; enough to tell two pages apart in a table.
const TEXT_KEPT: usize = 40;

/// Two answers from the same answerer are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answered {
    pub status: u16,
    /// Header `x-service`, or empty.
    pub service: String,
    /// Header `x-task-definition`, or empty.
    pub task_definition: String,
    /// First 40 characters of the body's first line.
    pub text: String,
}

impl Answered {
    pub fn by(answer: &Answer) -> Self {
        Self {
            status: answer.status.as_u16(),
            service: answer.header("x-service").to_owned(),
            task_definition: answer.header("x-task-definition").to_owned(),
            text: first_words(answer),
        }
    }

    /// `blue` or `green`: how the name of the service that answered ends.
    pub fn side(&self) -> Option<&'static str> {
        ["blue", "green"].into_iter().find(|side| self.service.ends_with(&format!("-{side}")))
    }
}

/// The first 40 characters of the first line that says something.
pub fn first_words(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(TEXT_KEPT).collect()
}

/// The status, and the service and its task definition or else the text.
impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let identity = [self.service.as_str(), self.task_definition.as_str()];
        let known = identity.iter().any(|part| !part.is_empty());
        let told: &[&str] = if known { &identity } else { &[self.text.as_str()] };
        told.iter().filter(|part| !part.is_empty()).try_for_each(|part| write!(f, " {part}"))
    }
}
