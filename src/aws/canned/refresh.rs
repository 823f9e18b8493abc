//! What a refresh of many services costs.

use super::*;

/// Values of a list in a query body.
fn members(body: &str, list: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(body.as_bytes()).into_owned();
    pairs.filter(|(key, _)| key.starts_with(list)).map(|(_, value)| value).collect()
}

fn everything_there(operation: &str, body: &str) -> (u16, String) {
    let rule = |n: usize| {
        let target = |side: &str| {
            let weight = if side == "blue" { 100 } else { 0 };
            format!(
                "<member><TargetGroupArn>tg/s{n}-{side}</TargetGroupArn><Weight>{weight}</Weight></member>"
            )
        };
        let groups = format!("{}{}", target("blue"), target("green"));
        let action = format!(
            "<Actions><member><Type>forward</Type><ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig></member></Actions>"
        );
        let arn = LISTENER.replace(":listener/", ":listener-rule/");
        format!("<member><RuleArn>{arn}/s{n}</RuleArn><Priority>{}</Priority>{action}</member>", n + 1)
    };
    let text = match operation {
        "DescribeTargetGroups" => {
            let group = |name: &String| {
                format!(
                    "<member><TargetGroupArn>tg/{name}</TargetGroupArn><TargetGroupName>{name}</TargetGroupName></member>"
                )
            };
            let groups: String = members(body, "Names").iter().map(group).collect();
            result(operation, &format!("<TargetGroups>{groups}</TargetGroups>"))
        }
        "DescribeRules" => {
            result(operation, &format!("<Rules>{}</Rules>", (0..100).map(rule).collect::<String>()))
        }
        "DescribeTags" => {
            let described = |arn: &String| {
                let name = arn.rsplit('/').next().unwrap().split('-').next().unwrap();
                format!(
                    "<member><ResourceArn>{arn}</ResourceArn><Tags><member><Key>bluegreen:resource</Key><Value>shop/{name}/1</Value></member></Tags></member>"
                )
            };
            let all: String = members(body, "ResourceArns").iter().map(described).collect();
            result(operation, &format!("<TagDescriptions>{all}</TagDescriptions>"))
        }
        "DescribeTargetGroupAttributes" => result(operation, "<Attributes></Attributes>"),
        "DescribeServices" => {
            let asked: serde_json::Value = serde_json::from_str(body).unwrap();
            let names = asked["services"].as_array().unwrap().iter();
            let service =
                |name| serde_json::json!({"serviceName": name, "serviceArn": name, "status": "ACTIVE"});
            serde_json::json!({"services": names.map(service).collect::<Vec<_>>()}).to_string()
        }
        other => panic!("{other}"),
    };
    (200, text)
}

#[tokio::test]
async fn a_refresh_of_a_hundred_services_costs_at_most_three_calls_each() {
    let (aws, calls) = start(everything_there).await;
    let turns = Arc::new(tokio::sync::Semaphore::new(10));
    let looks: Vec<_> = (0..100)
        .map(|n| {
            let (aws, turns) = (aws.clone(), turns.clone());
            tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                let whose = called(&format!("s{n}"));
                let seen = aws.observe(&whose, Depth::Facts).await.unwrap();
                assert!(seen.production().is_some_and(|rule| rule.sends.all_to(Side::Blue)));
                assert_eq!(seen.neighbours.len(), 99);
            })
        })
        .collect();
    for look in looks {
        look.await.unwrap();
    }
    let calls = calls.lock().unwrap();
    let mut by_operation = std::collections::BTreeMap::<&str, usize>::new();
    for (operation, _) in calls.iter() {
        *by_operation.entry(operation).or_default() += 1;
    }
    assert!(calls.len() <= 300, "{} calls: {by_operation:?}", calls.len());
}
