//! As much of Terraform as a story needs, in this process, with everything it hears written down.

use tokio::time::Instant;

use crate::book::Book;
use crate::line::Line;
use crate::product::{
    ApplyRequest, Bluegreen, PlanRequest, PlanResponse, Provider as _, ReadRequest, Resource, Value,
};
use terraform_plugin::testing::rules::{assert_compatible, assert_plan_valid, proposed_new};

pub struct Project {
    provider: Bluegreen,
    line: Line,
    pub book: Book,
    pub config: Value,
    pub state: Value,
    private: Vec<u8>,
}

impl Project {
    pub async fn new(line: &Line) -> Project {
        let provider = Bluegreen::connected(line.connect().await, 1.0);
        let null = || Value::Null;
        Project {
            provider,
            line: line.clone(),
            book: Book::default(),
            config: null(),
            state: null(),
            private: Vec::new(),
        }
    }

    pub fn resource(&self) -> &dyn Resource {
        self.provider.resource("bluegreen_service").unwrap()
    }

    /// Validates, refreshes and plans; `None` when Terraform would go no further.
    async fn planned(&mut self) -> Option<PlanResponse> {
        let found = self.resource().validate(&self.config);
        if found.has_errors() {
            self.book.line("validate:");
            self.book.diagnostics(&found);
            return None;
        }
        if !self.refresh().await {
            return None;
        }
        let request = || PlanRequest {
            prior: self.state.clone(),
            proposed: proposed_new(self.resource().schema(), &self.state, &self.config),
            config: self.config.clone(),
            private: self.private.clone(),
        };
        let planned = self.resource().plan(request());
        assert!(planned.planned == self.resource().plan(request()).planned, "the plan is not pure");
        self.book.line("plan:");
        self.book.diagnostics(&planned.diagnostics);
        if planned.diagnostics.has_errors() {
            return None;
        }
        assert_plan_valid(self.resource().schema(), &self.state, &self.config, &planned.planned);
        if planned.planned == self.state {
            self.book.line("  no changes");
        } else if self.state.is_null() {
            self.book.creation(&planned.planned);
        } else {
            self.book.changes(&self.state, &planned.planned);
        }
        for path in &planned.requires_replace {
            self.book.line(format!("  replaced because of {path}"));
        }
        Some(planned)
    }

    /// Whether it worked.
    async fn refresh(&mut self) -> bool {
        if self.state.is_null() {
            return true;
        }
        let stop = self.line.interruptible();
        let request = ReadRequest { state: self.state.clone(), private: self.private.clone(), stop };
        let read = self.resource().read(request).await;
        self.book.line("refresh:");
        self.book.calls(self.line.take());
        self.book.diagnostics(&read.diagnostics);
        if read.diagnostics.has_errors() {
            return false;
        }
        self.book.changes(&self.state, &read.state);
        (self.state, self.private) = (read.state, read.private);
        true
    }

    /// What Terraform finds when it looks at once again: a line, if that is nothing.
    pub async fn again(&mut self) {
        let before = std::mem::take(&mut self.book);
        let planned = self.planned().await;
        let quiet = self.book.quiet() && planned.is_some_and(|planned| planned.planned == self.state);
        let after = std::mem::replace(&mut self.book, before);
        self.book.line(if quiet { "and then: no changes" } else { "and then:" });
        self.book.take_up(after, quiet);
    }

    pub async fn plan(&mut self) {
        self.planned().await;
    }

    /// Whether it succeeded.
    pub async fn apply(&mut self) -> bool {
        let Some(planned) = self.planned().await else { return false };
        assert!(planned.requires_replace.is_empty(), "replacements are only planned here");
        if planned.planned == self.state {
            return true;
        }
        let request = ApplyRequest {
            prior: self.state.clone(),
            planned: planned.planned.clone(),
            config: self.config.clone(),
            private: planned.private,
            stop: self.line.interruptible(),
            ..ApplyRequest::default()
        };
        let done = self.run(request, &planned.planned).await;
        if done {
            assert_compatible(self.resource().schema(), &planned.planned, &self.state);
        }
        done
    }

    pub async fn destroy(&mut self) -> bool {
        if !self.refresh().await || self.state.is_null() {
            return self.state.is_null();
        }
        let stop = self.line.interruptible();
        let (prior, private) = (self.state.clone(), self.private.clone());
        let request = ApplyRequest { prior, private, stop, ..Default::default() };
        self.run(request, &Value::Null).await
    }

    async fn run(&mut self, request: ApplyRequest, planned: &Value) -> bool {
        let began = Instant::now();
        let result = self.resource().apply(request).await;
        self.book.line("apply:");
        self.book.calls(self.line.take());
        let failed = result.diagnostics.has_errors();
        let how = if failed { "failed" } else { "done" };
        self.book.line(format!("{how} after {} s:", began.elapsed().as_secs_f64().round()));
        self.book.diagnostics(&result.diagnostics);
        // After an error null keeps what was there.
        if failed && result.state.is_null() {
            self.book.line("  (the state stays)");
        } else {
            assert!(result.state.is_wholly_known(), "something is unknown after apply: {:?}", result.state);
            // What differs from the plan; after a failure, from what was there.
            self.book.changes(if failed { &self.state } else { planned }, &result.state);
            (self.state, self.private) = (result.state, result.private);
        }
        !failed
    }

    /// Whether something was found.
    pub async fn import(&mut self, id: &str) -> bool {
        let stop = self.line.interruptible();
        let imported = self.resource().import(id.to_owned(), stop).await;
        self.book.calls(self.line.take());
        self.book.diagnostics(&imported.diagnostics);
        if imported.diagnostics.has_errors() {
            return false;
        }
        self.book.changes(&Value::Null, &imported.state);
        (self.state, self.private) = (imported.state, imported.private);
        true
    }

    /// Terraform forgets it; AWS does not.
    pub fn forget(&mut self) {
        (self.state, self.private) = (Value::Null, Vec::new());
    }
}
