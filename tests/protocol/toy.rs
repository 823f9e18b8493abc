//! A provider with one resource, `toy_thing`, that does on apply whatever its `mode` says.

use std::sync::Arc;

use async_trait::async_trait;
use terraform_plugin::testing::serve_to;
use terraform_plugin::{
    Action, ApplyRequest, ApplyResponse, Attribute, AttributePath, Diagnostic, Diagnostics, ImportResponse,
    MoveRequest, MoveResponse, PlanRequest, PlanResponse, Provider, ReadRequest, ReadResponse, Resource,
    Schema, ServeOptions, Type, Value, planning, serve_debug,
};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

pub struct Toy {
    schema: Schema,
    thing: Thing,
}

pub struct Thing {
    schema: Schema,
}

pub fn toy() -> Arc<Toy> {
    let endpoints = Schema::new(0, "Where.").attribute("url", Attribute::string("A URL.").optional());
    let schema = Schema::new(0, "A toy.")
        .attribute("token", Attribute::string("A secret.").optional().sensitive())
        .list_block("endpoints", 1, endpoints);
    Arc::new(Toy { schema, thing: Thing { schema: thing_schema() } })
}

fn thing_schema() -> Schema {
    let side = [
        ("image", Attribute::string("What runs.").required()),
        ("count", Attribute::number("How many.").default(1)),
        ("status", Attribute::string("How it is.").computed()),
    ];
    let part = [
        ("name", Attribute::string("Its name.").required()),
        ("weight", Attribute::number("Its weight.").optional_computed()),
    ];
    let limits = [
        ("low", Attribute::number("The least.").default(0)),
        ("high", Attribute::number("The most.").default(10)),
        ("reached", Attribute::bool("Whether one was hit.").computed()),
    ];
    Schema::new(2, "A thing.")
        .attribute("id", Attribute::string("Its id.").computed().stable())
        .attribute("name", Attribute::string("Its name.").required().replaces())
        .attribute("mode", Attribute::string("What apply does.").default("ok"))
        .attribute("talk_to", Attribute::string("A socket to report to.").optional())
        .attribute("size", Attribute::number("How big.").default(1))
        .attribute("ratio", Attribute::number("How much.").optional())
        .attribute("flag", Attribute::bool("Whether.").optional())
        .attribute("labels", Attribute::set(Type::String, "Without order.").optional())
        .attribute("steps", Attribute::list(Type::String, "In order.").optional_computed())
        .attribute("tags", Attribute::map(Type::String, "By key.").optional())
        .attribute("side", Attribute::object("One side.", side).optional())
        .attribute("parts", Attribute::object_list("Parts.", part).optional())
        .attribute("limits", Attribute::object("Limits.", limits).default(Value::object([("low", 0.into())])))
        .attribute("secret", Attribute::string("A secret.").optional().sensitive())
        .attribute("status", Attribute::string("How it is.").computed())
}

#[async_trait]
impl Provider for Toy {
    fn type_name(&self) -> &str {
        "toy"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        (type_name == "toy_thing").then_some(&self.thing as &dyn Resource)
    }

    fn resource_names(&self) -> Vec<String> {
        vec!["toy_thing".to_owned()]
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.get("token").as_str() == Some("bad") {
            diagnostics.error("token", "Bad token", "Try another.");
        }
        diagnostics
    }

    async fn configure(&self, _config: &Value, terraform_version: &str) -> Diagnostics {
        // As if from the program itself: events of other crates are heard only when they warn.
        tracing::info!(target: "bluegreen_provider::toy", terraform_version, "configured");
        tracing::info!("a library chats");
        Diagnostics::new()
    }
}

#[async_trait]
impl Resource for Thing {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.at("side.image").as_str() == Some("") {
            diagnostics.error("side.image", "Empty image", "An image has a name.");
        }
        if config.get("mode").as_str() == Some("panic in validate") {
            panic!("as you wished");
        }
        diagnostics
    }

    fn upgrade(&self, version: i64, mut state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        if version == 0 {
            return Err(Diagnostic::error(AttributePath::root(), "Too old", "Version 0 is too old.").into());
        }
        // In version 1, `name` was called `title`.
        if let Some(title) = state.get("title").cloned() {
            state["name"] = title;
        }
        Ok(state)
    }

    fn plan(&self, request: PlanRequest) -> PlanResponse {
        let draft = planning::draft(&self.schema, &request);
        PlanResponse {
            planned: draft.planned,
            requires_replace: draft.requires_replace,
            private: request.private,
            diagnostics: Diagnostics::new(),
        }
    }

    fn plan_destroy(&self, prior: &Value, _private: &[u8]) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if prior.get("mode").as_str() == Some("kept") {
            diagnostics.error("mode", "Kept", "Set another mode first.");
        }
        diagnostics
    }

    async fn read(&self, request: ReadRequest) -> ReadResponse {
        match request.state.get("mode").as_str() {
            Some("gone") => ReadResponse::default(),
            Some("panic in read") => panic!("as you wished"),
            _ => ReadResponse { state: request.state, private: request.private, ..Default::default() },
        }
    }

    async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        if request.action() == Action::Delete {
            return ApplyResponse::default();
        }
        let mode = request.planned.get("mode").as_str().unwrap_or_default().to_owned();
        let mut diagnostics = Diagnostics::new();
        match mode.as_str() {
            "panic" => panic!("as you wished"),
            "unknown" => return ApplyResponse { state: request.planned, ..Default::default() },
            "nonsense" => {
                let mut state = made(&request.planned);
                state.set("size", "big");
                return ApplyResponse { state, ..Default::default() };
            }
            "talk" | "deaf" => {
                let socket = request.planned.get("talk_to").as_str().unwrap_or_default();
                let stop = if mode == "talk" { request.stop.clone() } else { CancellationToken::new() };
                if talk(socket, &stop).await == "stopped" {
                    diagnostics.error(AttributePath::root(), "Interrupted", "The thing is half done.");
                }
            }
            _ => {}
        }
        let mut state = made(&request.planned);
        if diagnostics.has_errors() {
            state.set("status", "half done");
        }
        ApplyResponse { state, private: b"applied".to_vec(), diagnostics }
    }

    fn moves_from(&self) -> &[&str] {
        &["terraform_data"]
    }

    fn move_from(&self, request: MoveRequest) -> MoveResponse {
        let mut state = self.schema.null_object();
        for (name, value) in [("name", request.state["input"]["value"].as_str()), ("status", Some("moved"))] {
            state.set(name, value);
        }
        MoveResponse { state, ..Default::default() }
    }

    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        if id == "nothing" {
            return ImportResponse::default();
        }
        let mut state = self.schema.null_object();
        for (name, value) in [("id", id.as_str()), ("name", &id), ("status", "ready"), ("mode", "ok")] {
            state.set(name, value);
        }
        state.set("size", 1);
        state.set(
            "limits",
            Value::object([("low", 0.into()), ("high", 10.into()), ("reached", false.into())]),
        );
        state.set("steps", Value::list(["made"]));
        ImportResponse { state, ..Default::default() }
    }
}

/// Fills in what the plan did not know.
fn made(planned: &Value) -> Value {
    let mut state = planned.clone();
    let mut unknown = Vec::new();
    planned.walk(&mut |path, leaf| {
        if leaf.is_unknown() {
            unknown.push(path.clone());
        }
    });
    for path in unknown {
        let value: Value = match path.to_string().as_str() {
            "steps" => Value::list(["made"]),
            text if text.ends_with("weight") => 5.into(),
            "limits.reached" => false.into(),
            "id" => format!("id-of-{}", planned.get("name").as_str().unwrap_or_default()).into(),
            _ => "ready".into(),
        };
        state.set(&path, value);
    }
    state
}

/// Says "started", then waits for an answer or the stop, and says which came.
async fn talk(socket: &str, stop: &CancellationToken) -> &'static str {
    let mut stream = BufReader::new(UnixStream::connect(socket).await.unwrap());
    stream.write_all(b"started\n").await.unwrap();
    let mut answer = String::new();
    let heard = tokio::select! {
        () = stop.cancelled() => "stopped",
        _ = stream.read_line(&mut answer) => "finished",
    };
    stream.write_all(format!("{heard}\n").as_bytes()).await.unwrap();
    heard
}

fn options() -> ServeOptions {
    ServeOptions::new("This is a toy. Let Terraform play with it.").events_of("bluegreen_provider")
}

/// Not a test: the toy provider as a process that a person starts.
#[test]
fn toy_debug_process() {
    if std::env::var_os("TOY_DEBUG").is_some() {
        let code = serve_debug(toy(), &options(), "example.com/x/toy");
        std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}

#[test]
fn the_toys_schemas_are_sound() {
    assert_eq!(toy().schema().check(), [""; 0]);
    assert_eq!(thing_schema().check(), [""; 0]);
}

/// Not a test: the toy provider as a process. `host::start` runs this very test binary with it.
#[test]
fn toy_process() {
    let Ok(handshake) = std::env::var("TOY_HANDSHAKE") else { return };
    let mut handshake = std::fs::OpenOptions::new().write(true).open(handshake).unwrap();
    let code = serve_to(toy(), &options(), &mut handshake);
    std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
}
