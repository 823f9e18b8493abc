//! Errors and warnings for the user, as data: what, why, and the line to blame.

use std::fmt;

use crate::value::AttributePath;
use crate::wire::tfplugin6 as wire;

/// The summary of an error that is the provider's own.
const BUG: &str = "Bug in the provider";
/// The summary of a panic.
pub(crate) const INTERNAL_ERROR: &str = "Internal error in the provider";

/// How bad it is. An error ends the operation, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on.
    Warning,
}

/// One message to the user.
///
/// Terraform shows the summary as a headline, the detail below it, and the line of the configuration that
/// the path leads to. Neither text may hold a secret: both end up in logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One short line.
    pub summary: String,
    /// Everything else: cause, present situation, what to do.
    pub detail: String,
    /// The attribute to point at; the root when there is none.
    pub path: AttributePath,
}

impl Diagnostic {
    /// An error.
    pub fn error(
        path: impl Into<AttributePath>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: path.into(),
        }
    }

    /// What no user can do anything about.
    pub(crate) fn bug(detail: impl Into<String>) -> Diagnostic {
        Diagnostic::error(AttributePath::root(), BUG, detail)
    }

    /// A warning.
    pub fn warning(
        path: impl Into<AttributePath>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(path, summary, detail) }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}", self.summary)?;
        if !self.path.is_root() {
            write!(f, " (at {})", self.path)?;
        }
        if !self.detail.is_empty() {
            write!(f, "\n{}", self.detail)?;
        }
        Ok(())
    }
}

/// The messages of one operation, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No messages.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds an error; a root path blames no line in particular.
    pub fn error(
        &mut self,
        path: impl Into<AttributePath>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.push(Diagnostic::error(path, summary, detail));
    }

    /// Adds a warning.
    pub fn warning(
        &mut self,
        path: impl Into<AttributePath>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.push(Diagnostic::warning(path, summary, detail));
    }

    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether any message is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is no message at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        self.0.extend(diagnostics);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(diagnostics: T) -> Diagnostics {
        Diagnostics(diagnostics.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// One after the other.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if place == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(feature = "host")]
impl Diagnostic {
    /// Whether it can only be mended in the provider.
    pub(crate) fn is_a_bug(&self) -> bool {
        self.summary == BUG || self.summary == INTERNAL_ERROR
    }
}

#[cfg(feature = "host")]
impl From<wire::Diagnostic> for Diagnostic {
    fn from(diagnostic: wire::Diagnostic) -> Diagnostic {
        let severity = match diagnostic.severity() {
            wire::diagnostic::Severity::Warning => Severity::Warning,
            _ => Severity::Error,
        };
        let path = diagnostic.attribute.map(AttributePath::from).unwrap_or_default();
        Diagnostic { severity, summary: diagnostic.summary, detail: diagnostic.detail, path }
    }
}

impl From<Diagnostics> for Vec<wire::Diagnostic> {
    fn from(diagnostics: Diagnostics) -> Vec<wire::Diagnostic> {
        diagnostics.into_iter().map(wire::Diagnostic::from).collect()
    }
}

impl From<Diagnostic> for wire::Diagnostic {
    fn from(diagnostic: Diagnostic) -> wire::Diagnostic {
        use wire::diagnostic::Severity as WireSeverity;
        let severity = match diagnostic.severity {
            Severity::Error => WireSeverity::Error,
            Severity::Warning => WireSeverity::Warning,
        };
        wire::Diagnostic {
            severity: severity.into(),
            summary: diagnostic.summary,
            detail: diagnostic.detail,
            attribute: (!diagnostic.path.is_root()).then(|| (&diagnostic.path).into()),
        }
    }
}
