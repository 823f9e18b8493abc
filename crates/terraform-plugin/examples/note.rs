//! A whole provider: `note_file` keeps a text in a file. How to run it is in this crate's README.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;

use terraform_plugin::{
    Action, ApplyRequest, ApplyResponse, Attribute, AttributePath, Diagnostic, ImportResponse, PlanRequest,
    PlanResponse, Provider, ReadRequest, ReadResponse, Resource, Schema, ServeOptions, Value, async_trait,
    planning, serve,
};
use tokio::fs;
use tokio_util::sync::CancellationToken;

struct Note(Schema, NoteFile);
struct NoteFile(Schema);

#[async_trait]
impl Provider for Note {
    fn type_name(&self) -> &str {
        "note"
    }
    fn schema(&self) -> &Schema {
        &self.0
    }
    fn resource_names(&self) -> Vec<String> {
        vec!["note_file".to_owned()]
    }
    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        (type_name == "note_file").then_some(&self.1 as &dyn Resource)
    }
}

#[async_trait]
impl Resource for NoteFile {
    fn schema(&self) -> &Schema {
        &self.0
    }

    fn plan(&self, request: PlanRequest) -> PlanResponse {
        planning::draft(&self.0, &request).into()
    }

    async fn read(&self, ReadRequest { mut state, .. }: ReadRequest) -> ReadResponse {
        match fs::read_to_string(path(&state)).await {
            Ok(text) => {
                state.set("length", text.len() as i64);
                state.set("text", text);
                ReadResponse { state, ..Default::default() }
            }
            // Only what is certainly gone is null, and then Terraform plans to make it again.
            Err(error) if error.kind() == ErrorKind::NotFound => ReadResponse::default(),
            Err(error) => ReadResponse { diagnostics: blame(error).into(), ..Default::default() },
        }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        let (prior, mut state) = (request.prior.clone(), request.planned.clone());
        let text = state.get("text").as_str().unwrap_or_default();
        let (done, length) = match request.action() {
            Action::Delete => (fs::remove_file(path(&prior)).await, 0),
            Action::Create | Action::Update => (fs::write(path(&state), text).await, text.len()),
        };
        match done {
            Ok(()) if state.is_null() => ApplyResponse::default(),
            Ok(()) => {
                state.set("length", length as i64);
                ApplyResponse { state, ..Default::default() }
            }
            // What is there now is what was there before.
            Err(error) => {
                ApplyResponse { state: prior, diagnostics: blame(error).into(), ..Default::default() }
            }
        }
    }

    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        let mut state = self.0.null_object();
        state.set("path", id);
        ImportResponse { state, ..Default::default() }
    }
}

fn path(state: &Value) -> &str {
    state.get("path").as_str().unwrap_or_default()
}

fn blame(error: std::io::Error) -> Diagnostic {
    Diagnostic::error(AttributePath::from("path"), "The note cannot be kept", error.to_string())
}

fn main() -> ExitCode {
    let file = Schema::new(0, "A note in a file.")
        .attribute("path", Attribute::string("Where the file is.").required().replaces())
        .attribute("text", Attribute::string("What it says.").required())
        .attribute("length", Attribute::number("How long it is, in bytes.").computed());
    let options = ServeOptions::new("This is a plugin for terraform.").events_of(env!("CARGO_CRATE_NAME"));
    serve(Arc::new(Note(Schema::new(0, "Notes."), NoteFile(file))), &options)
}
