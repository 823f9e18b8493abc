//! Calls that describe many objects at once and fail whole when one of them is not there.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;

use super::clients::Clients;
use super::errors::Error;
use super::limit::Quota;

/// Asks for all `keys`, and for halves of them until the rest is known; `None` where there is none. The leave for
/// the first call has been taken.
pub(super) async fn describe<V, F>(
    clients: &Clients,
    keys: Vec<String>,
    ask: impl Fn(Client, Vec<String>) -> F,
) -> Result<BTreeMap<String, Option<V>>, Error>
where
    F: Future<Output = Result<Vec<(String, V)>, Error>>,
{
    let mut found: BTreeMap<String, Option<V>> = keys.iter().map(|key| (key.clone(), None)).collect();
    let mut rest = vec![keys];
    let mut waited = true;
    while let Some(mut some) = rest.pop() {
        let client = if waited { clients.elb_now() } else { clients.elb(Quota::ElbRead).await };
        waited = false;
        match ask(client.clone(), some.clone()).await {
            Err(error) if error.not_found() && some.len() > 1 => {
                rest.push(some.split_off(some.len() / 2));
                rest.push(some);
            }
            Err(error) if error.not_found() => {}
            answer => found.extend(answer?.into_iter().map(|(key, value)| (key, Some(value)))),
        }
    }
    Ok(found)
}
