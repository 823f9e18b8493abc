//! The sandbox's own API, under `/_sandbox`.

use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};

use crate::console;
use crate::core::Core;
use crate::faults::fault::Fault;
use crate::reply::{Reply, reply};

/// HTTP status and body.
type Result = std::result::Result<Value, (u16, String)>;

pub fn answer(core: &Arc<Core>, method: &Method, path: &str, query: &str, body: &[u8]) -> Reply {
    if (method, path) == (&Method::GET, "/_sandbox/ca.pem") {
        return match core.with(|world, _| world.authority.pem().map(str::to_owned)) {
            Ok(pem) => reply(200, "application/x-pem-file", "", pem),
            Err(error) => reply(500, "text/plain", "", error.to_string()),
        };
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let result = match (method.as_str(), parts.as_slice()) {
        ("GET", ["state"]) => {
            let speed = core.clock.speed();
            Ok(core.with(|world, now| console::state_json(world, now, speed)))
        }
        ("GET", ["calls"]) => calls(core, query),
        ("GET", ["violations"]) => Ok(core.with(|world, _| world.violations_json())),
        ("DELETE", ["violations"]) => {
            core.with(|world, _| world.forget_violations());
            Ok(json!({}))
        }
        ("GET", ["faults"]) => Ok(core.with(|world, _| world.faults.json())),
        ("POST", ["faults"]) => add(core, body),
        ("DELETE", ["faults"]) => change(core, |core| {
            core.with(|world, _| world.faults.clear());
            true
        }),
        ("DELETE", ["faults", id]) => {
            with_id(core, id, |core, id| core.with(|world, _| world.faults.remove(id)))
        }
        ("POST", ["faults", id, "release"]) => {
            with_id(core, id, |core, id| core.with(|world, _| world.faults.release(id)))
        }
        ("GET", ["speed"]) => Ok(json!({"speed": core.clock.speed()})),
        ("POST", ["speed"]) => speed(core, body),
        _ => Err((404, format!("the sandbox has no {method} {path}"))),
    };
    match result {
        Ok(value) => reply(200, "application/json", "", value.to_string()),
        Err((status, error)) => reply(status, "application/json", "", json!({"error": error}).to_string()),
    }
}

fn calls(core: &Arc<Core>, query: &str) -> Result {
    let mut since = 0;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "since" => since = value.parse().map_err(|_| (400, "since must be a number".to_owned()))?,
            _ => return Err((400, format!("no such parameter: {name}"))),
        }
    }
    Ok(core.with(|world, _| world.journal.json(since)))
}

fn add(core: &Arc<Core>, body: &[u8]) -> Result {
    let fault: Fault = serde_json::from_slice(body).map_err(|error| (400, error.to_string()))?;
    let id = core.with(|world, now| world.fault(now, fault)).map_err(|error| (400, error))?;
    Ok(json!({"id": id}))
}

fn change(core: &Arc<Core>, act: impl FnOnce(&Arc<Core>) -> bool) -> Result {
    let found = act(core);
    core.released.notify_waiters();
    if found { Ok(json!({})) } else { Err((404, "no such fault".to_owned())) }
}

fn with_id(core: &Arc<Core>, id: &str, act: impl FnOnce(&Arc<Core>, u64) -> bool) -> Result {
    let id = id.parse().map_err(|_| (404, "no such fault".to_owned()))?;
    change(core, |core| act(core, id))
}

fn speed(core: &Arc<Core>, body: &[u8]) -> Result {
    let asked: Value = serde_json::from_slice(body).map_err(|error| (400, error.to_string()))?;
    let speed = asked["speed"].as_f64().filter(|speed| (1e-3..=1e6).contains(speed));
    let speed = speed.ok_or((400, "speed must be a number between 0.001 and 1000000".to_owned()))?;
    core.clock.set_speed(speed);
    Ok(json!({"speed": speed}))
}
