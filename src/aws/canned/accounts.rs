//! Whose account it is, asked before anything else.

use super::*;

fn somebody(operation: &str, body: &str) -> (u16, String) {
    match operation {
        "GetCallerIdentity" => (200, result(operation, "<Account>123456789012</Account>")),
        operation => half_there(operation, body),
    }
}

fn ids(id: &str) -> Option<std::collections::BTreeSet<String>> {
    Some([id.to_owned()].into())
}

#[tokio::test]
async fn in_an_account_that_is_not_meant_nothing_is_looked_for() {
    let mean: [fn(Settings) -> Settings; 2] = [
        |settings| Settings { allowed_account_ids: ids("210987654321"), ..settings },
        |settings| Settings { forbidden_account_ids: ids("123456789012"), ..settings },
    ];
    for settings in mean {
        let (aws, calls) = start_as(somebody, settings).await;
        let looked = aws.observe(&whose(), Depth::Facts).await.unwrap_err();
        assert_eq!(looked.kind, Kind::Denied);
        assert!(looked.message.contains("those of account 123456789012"), "{looked}");
        assert!(aws.discover(&finding::sought()).await.is_err());
        assert!(aws.check_inputs(&whose(), &acts::layout()).await.is_err());
        assert!(aws.elb_to_write("a write").await.is_err());
        assert_eq!(
            count(&calls, "GetCallerIdentity"),
            calls.lock().unwrap().len(),
            "only who we are was asked"
        );
        assert_eq!(count(&calls, "GetCallerIdentity"), 1);
    }
}

#[tokio::test]
async fn in_the_account_that_is_meant_all_goes_on_and_without_a_list_nobody_is_asked() {
    let meant: fn(Settings) -> Settings =
        |settings| Settings { allowed_account_ids: ids("123456789012"), ..settings };
    for (settings, asked) in [(meant, 1), (|settings| settings, 0)] {
        let (aws, calls) = start_as(somebody, settings).await;
        assert!(aws.observe(&whose(), Depth::Facts).await.unwrap().production().is_some());
        assert!(aws.elb_to_write("a write").await.is_ok());
        assert_eq!(count(&calls, "GetCallerIdentity"), asked);
    }
}

#[tokio::test]
async fn where_nobody_says_who_we_are_nothing_is_done() {
    let settings: fn(Settings) -> Settings =
        |settings| Settings { forbidden_account_ids: ids("210987654321"), ..settings };
    let (aws, calls) = start_as(|_, _| (403, refused("AccessDenied", "no")), settings).await;
    assert_eq!(aws.observe(&whose(), Depth::Facts).await.unwrap_err().operation, "sts:GetCallerIdentity");
    assert!(aws.elb_to_write("a write").await.is_err());
    assert_eq!(count(&calls, "DescribeRules"), 0);
}
