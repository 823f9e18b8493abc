//! Interrupts, lost connections and panics while calls are in flight.

use terraform_plugin::Value;
use terraform_plugin::testing::{Ending, Served};
use terraform_plugin::wire::tfplugin6 as wire;

use super::host::{Ear, apply_request, decode, encode, hear, plan_request, say_go, served, thing};

async fn planned(served: &Served, mode: &str, ear: &Ear) -> (Value, Value) {
    let config = thing(&[("name", "n".into()), ("mode", mode.into()), ("talk_to", ear.path.as_str().into())]);
    let mut client = served.route.client().await;
    let plan = client.plan_resource_change(plan_request(&Value::Null, &config)).await.unwrap().into_inner();
    (decode(plan.planned_state), config)
}

#[tokio::test]
async fn a_stop_reaches_the_apply_in_flight_and_not_the_next_one() {
    let (served, ear) = (served(), Ear::new());
    let (planned, config) = planned(&served, "talk", &ear).await;
    let mut client = served.route.client().await;
    let request = apply_request(&planned, &config);
    let first = tokio::spawn({
        let (mut client, request) = (client.clone(), request.clone());
        async move { client.apply_resource_change(request).await.unwrap().into_inner() }
    });
    let mut conversation = ear.started().await;
    let stopped = client.stop_provider(wire::stop_provider::Request {}).await.unwrap().into_inner();
    assert_eq!(stopped.error, "");
    assert_eq!(hear(&mut conversation).await, "stopped");
    let response = first.await.unwrap();
    assert_eq!(response.diagnostics[0].summary, "Interrupted");
    assert_eq!(decode(response.new_state).get("status").as_str(), Some("half done"));

    let second =
        tokio::spawn(async move { client.apply_resource_change(request).await.unwrap().into_inner() });
    let mut conversation = ear.started().await;
    say_go(&mut conversation).await;
    assert_eq!(hear(&mut conversation).await, "finished");
    assert_eq!(second.await.unwrap().diagnostics, []);
}

#[tokio::test]
async fn an_apply_outlives_the_connection_it_came_by() {
    let (served, ear) = (served(), Ear::new());
    let (planned, config) = planned(&served, "talk", &ear).await;
    let mut client = served.route.client().await;
    let call = tokio::spawn(async move {
        let _ = client.apply_resource_change(apply_request(&planned, &config)).await;
    });
    let mut conversation = ear.started().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    say_go(&mut conversation).await;
    assert_eq!(hear(&mut conversation).await, "finished");
}

#[tokio::test]
async fn an_end_stops_calls_and_lets_their_answers_out() {
    let (served, ear) = (served(), Ear::new());
    let (planned, config) = planned(&served, "talk", &ear).await;
    let mut client = served.route.client().await;
    let call = tokio::spawn(async move {
        client.apply_resource_change(apply_request(&planned, &config)).await.unwrap().into_inner()
    });
    let mut conversation = ear.started().await;
    served.end.send(Ending::Terminated).unwrap();
    assert_eq!(hear(&mut conversation).await, "stopped");
    assert_eq!(call.await.unwrap().diagnostics[0].summary, "Interrupted");
    assert_eq!(served.running.await.unwrap(), Ending::Terminated);
    assert!(!served.route.path.exists(), "the socket is removed");
}

#[tokio::test]
async fn a_panic_in_apply_is_a_diagnostic_and_keeps_the_prior_state() {
    let (served, ear) = (served(), Ear::new());
    let (planned, config) = planned(&served, "panic", &ear).await;
    let prior = thing(&[("name", "n".into()), ("size", 4.into())]);
    let mut request = apply_request(&planned, &config);
    request.prior_state = encode(&prior);
    let mut client = served.route.client().await;
    let response = client.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(response.diagnostics[0].summary, "Internal error in the provider");
    assert!(response.diagnostics[0].detail.contains("as you wished"));
    assert_eq!(decode(response.new_state), prior);
    assert_eq!(response.private, b"planned");
}

#[tokio::test]
async fn a_panic_in_read_keeps_what_was_known() {
    let served = served();
    let mut client = served.route.client().await;
    let state = thing(&[("name", "n".into()), ("mode", "panic in read".into())]);
    let request = wire::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: encode(&state),
        private: b"kept".to_vec(),
        ..Default::default()
    };
    let response = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!(response.diagnostics[0].severity(), wire::diagnostic::Severity::Error);
    assert_eq!((decode(response.new_state), response.private.as_slice()), (state, &b"kept"[..]));
}
