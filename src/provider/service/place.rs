//! Account and region: one for everything a service is made of, and the provider's own.

use super::attributes::words;
use super::decode::Reading;
use crate::aws::Aws;
use terraform_plugin::{Diagnostics, Value};

/// The attributes that may be ARNs.
const ARNS: [&str; 5] =
    ["listener_arn", "test_listener.arn", "cluster", "blue.task_definition", "green.task_definition"];

/// The account that the service is in.
pub fn account(value: &Value) -> Value {
    let listener = value.get("listener_arn");
    let account = listener.as_str().and_then(words::place).map(|(_, account)| account);
    if listener.is_unknown() { Value::Unknown } else { account.into() }
}

fn places(value: &Value) -> impl Iterator<Item = (&'static str, &str, &str)> {
    ARNS.into_iter().filter_map(|path| {
        let (region, account) = words::place(value.at(path).as_str()?)?;
        Some((path, region, account))
    })
}

/// What is not where the listener is.
pub fn together(reading: &mut Reading<'_>) {
    let mut all = places(reading.value).filter(|(path, ..)| reading.knows(&[path]));
    let Some((first, region, account)) = all.next() else { return };
    let apart = all.find(|(_, other, owner)| (*other, *owner) != (region, account));
    let Some((path, other, owner)) = apart else { return };
    let detail = format!(
        "{path} is in region {other} of account {owner}, and {first} in region {region} of account {account}. \
         Everything a service is made of is in one account and region."
    );
    reading.wrong(path, "Not in the same place", detail);
}

/// What is not where the provider works.
pub fn elsewhere(planned: &Value, aws: &Aws) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (path, region, account) in places(planned) {
        if region != aws.region() {
            let detail = format!(
                "{path} is in region {region}, and this provider works in {}. Use a provider for {region}, or \
                 something in {}.",
                aws.region(),
                aws.region()
            );
            diagnostics.error(path, "In another region", detail);
        }
        if let Err(refused) = aws.admits(account) {
            let detail = format!("{path} is in account {account}, and {refused}.");
            diagnostics.error(path, "In another account", detail);
        }
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Settings;
    use crate::provider::service::validate::tests::good;

    #[tokio::test]
    async fn what_is_not_where_the_provider_works_is_named_with_both_places() {
        let settings = |region: &str, allowed: Option<&str>| Settings {
            region: Some(region.to_owned()),
            access_key: Some("key".to_owned()),
            secret_key: Some("hush".into()),
            allowed_account_ids: allowed.map(|id| [id.to_owned()].into()),
            ..Settings::default()
        };
        let said = async |settings: Settings| {
            let aws = Aws::connect(settings).await.unwrap();
            let said = elsewhere(&good(), &aws);
            said.iter().map(|said| format!("{}: {}", said.path, said.detail)).collect::<Vec<_>>()
        };
        assert_eq!(said(settings("eu-west-1", None)).await, [""; 0]);
        assert_eq!(said(settings("eu-west-1", Some("123456789012"))).await, [""; 0]);
        let other = said(settings("us-east-1", None)).await;
        assert!(other[0].starts_with("listener_arn: ") && other[0].contains("eu-west-1"), "{other:?}");
        assert!(other[0].contains("us-east-1") && other.len() == 1, "{other:?}");
        let other = said(settings("eu-west-1", Some("210987654321"))).await;
        assert!(other[0].contains("123456789012") && other[0].contains("210987654321"), "{other:?}");
    }
}
