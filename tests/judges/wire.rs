//! botocore as the referee of what goes over the wire.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::python::{scripts, tool};

/// Which half of each call is judged.
#[derive(Clone, Copy)]
pub enum Judged {
    Requests,
    Both,
}

/// How many calls of each operation were judged, and what is wrong with them.
pub fn judge(calls: &Value, what: Judged) -> (Value, Vec<String>) {
    let what = match what {
        Judged::Requests => "requests",
        Judged::Both => "both",
    };
    let mut referee = Command::new(tool("python"))
        .arg(scripts().join("referee.py"))
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    referee.stdin.take().unwrap().write_all(calls.to_string().as_bytes()).unwrap();
    let output = referee.wait_with_output().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned());
    (said["judged"].clone(), findings.collect())
}

fn call(service: &str, operation: &str, request: &str, status: u16, response: &str) -> Value {
    let (content_type, request) = match service {
        "ecs" => ("application/x-amz-json-1.1", request.to_owned()),
        _ => {
            let more = if request.is_empty() { String::new() } else { format!("&{request}") };
            ("application/x-www-form-urlencoded", format!("Action={operation}&Version=2015-12-01{more}"))
        }
    };
    json!({
        "service": service,
        "operation": operation,
        "content_type": content_type,
        "request": request,
        "status": status,
        "headers": { "x-amzn-RequestId": "1" },
        "response": response,
    })
}

#[test]
fn the_referee_sees_each_kind_of_mistake() {
    let deleted = |inside: &str| {
        format!(
            "<DeleteRuleResponse><DeleteRuleResult>{inside}</DeleteRuleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DeleteRuleResponse>"
        )
    };
    let refused = |code: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    };
    let delete = |request: &str| call("elbv2", "DeleteRule", request, 200, &deleted(""));
    let answered = |status: u16, answer: &str| call("elbv2", "DeleteRule", "RuleArn=a", status, answer);
    let list = |request: &str, answer: &str| call("ecs", "ListTasks", request, 200, answer);
    let weighed = |weight: &str| {
        let tuple = "Actions.member.1.ForwardConfig.TargetGroups.member.1";
        let request = format!(
            "RuleArn=a&Actions.member.1.Type=forward&{tuple}.TargetGroupArn=b&{tuple}.Weight={weight}"
        );
        call("elbv2", "ModifyRule", &request, 200, &deleted("").replace("Delete", "Modify"))
    };
    let cases = [
        (delete("RuleArn=a"), ""),
        (delete(""), "request.RuleArn is required and missing"),
        (delete("RuleArn=a&Force=true"), "not in the model: ['Force']"),
        (call("elbv2", "DropRule", "", 200, ""), "no such operation"),
        (answered(400, &refused("RuleNotFound")), ""),
        (answered(400, &refused("RuleNotFoundException")), "spelled RuleNotFoundException"),
        (answered(400, &refused("ListenerNotFound")), "the operation has no error ListenerNotFound"),
        (answered(400, &refused("Throttling")), ""),
        (answered(200, ""), "cannot be read"),
        (answered(200, &deleted("").replace("DeleteRuleResult", "Result")), "0 times <DeleteRuleResult>"),
        (list("{}", r#"{"taskArns":["a"]}"#), ""),
        (list(r#"{"maxResults":"1"}"#, "{}"), "is no integer"),
        (list(r#"{"desiredStatus":"GONE"}"#, "{}"), "is none of"),
        (list(r#"{"taskArns":[]}"#, "{}"), "request.taskArns is not in the model"),
        (list("{}", r#"{"taskArns":"a"}"#), "is no list"),
        (list("{}", r#"{"arns":[]}"#), "answer.arns is not in the model"),
        (weighed("0"), ""),
        (weighed("none"), "'none' is no integer"),
    ];
    let calls: Vec<&Value> = cases.iter().map(|(made, _)| made).collect();
    let (_, found) = judge(&json!(calls), Judged::Both);
    let expected: Vec<&str> = cases.iter().map(|(_, finding)| *finding).filter(|f| !f.is_empty()).collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for finding in expected {
        assert!(found.iter().any(|f| f.contains(finding)), "{finding} is not in {found:#?}");
    }
}
