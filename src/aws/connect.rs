//! Clients for one account and region, made without talking to AWS.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_ecs as ecs;
use aws_sdk_ecs::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_elasticloadbalancingv2 as elb;
use aws_sdk_sts as sts;
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::account::Admission;
use super::batch::Batch;
use super::clients::Clients;
use super::errors::{Error, Kind};
use super::fetch::{FetchGroups, FetchRules, FetchServices, FetchTags};
use super::groups::flatten::Attributes;
use super::limit::{Limits, Quota};
use super::profile;
use super::quotas::Most;
use super::settings::{DEFAULT_RETRIES, Settings};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(90);
/// One account and region. Clones share connections, rate limits, batches and caches.
#[derive(Clone)]
pub struct Aws {
    pub(super) clients: Arc<Clients>,
    pub(super) shared: Arc<Shared>,
    region: String,
    stop: CancellationToken,
}

pub(super) struct Shared {
    pub services: Batch<FetchServices>,
    pub groups: Batch<FetchGroups>,
    pub rules: Batch<FetchRules>,
    pub tags: Batch<FetchTags>,
    /// Ownership tags of rules on our listeners by ARN, so that others' rules are asked about once.
    pub owners: Mutex<HashMap<String, Option<String>>>,
    /// By target group, with when they were seen.
    pub attributes: Mutex<HashMap<String, (Instant, Attributes)>>,
    pub admission: Admission,
    /// What the account may have.
    pub most: OnceCell<Most>,
}

impl fmt::Debug for Aws {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Aws").finish_non_exhaustive()
    }
}

impl Aws {
    /// Reads settings, environment and profile files; calls nobody. Credentials are looked for at the first call.
    ///
    /// # Errors
    /// `Invalid` without a region, with half a key pair, or with a profile that is not there.
    pub async fn connect(settings: Settings) -> Result<Aws, Error> {
        let region = region(&settings).await?;
        let profile = profile::credentials(&settings, &region).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(settings.max_retries.unwrap_or(DEFAULT_RETRIES).saturating_add(1)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            );
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(credentials) = keys(&settings)? {
            loader = loader.credentials_provider(credentials);
        } else if let Some(credentials) = profile {
            loader = loader.credentials_provider(credentials);
        }
        if let Some(name) = settings.user_agent.as_deref().and_then(app_name) {
            loader = loader.app_name(name);
        }
        if let Some(transport) = &settings.transport {
            loader = loader.http_client(transport.clone());
        }
        let config = loader.load().await;
        let mut ecs_config = ecs::config::Builder::from(&config);
        // Where none is given, the SDK's own sources (AWS_ENDPOINT_URL_ECS …) stay in force.
        if let Some(endpoint) = &settings.ecs_endpoint {
            ecs_config.set_endpoint_url(Some(endpoint.clone()));
        }
        let mut elb_config = elb::config::Builder::from(&config);
        if let Some(endpoint) = &settings.elb_endpoint {
            elb_config.set_endpoint_url(Some(endpoint.clone()));
        }
        let mut sts_config = sts::config::Builder::from(&config);
        if let Some(endpoint) = &settings.sts_endpoint {
            sts_config.set_endpoint_url(Some(endpoint.clone()));
        }
        if settings.transport.is_some() {
            // Otherwise all connections of a process share one budget of retries.
            let own = |bucket| RetryPartition::custom("own").token_bucket(bucket).build();
            ecs_config.set_retry_partition(Some(own(TokenBucket::default())));
            elb_config.set_retry_partition(Some(own(TokenBucket::default())));
            sts_config.set_retry_partition(Some(own(TokenBucket::default())));
        }
        let clients = Arc::new(Clients {
            ecs: ecs::Client::from_conf(ecs_config.build()),
            elb: elb::Client::from_conf(elb_config.build()),
            limits: Limits::documented(settings.clock_speed),
        });
        let admission = Admission::new(
            sts::Client::from_conf(sts_config.build()),
            settings.allowed_account_ids,
            settings.forbidden_account_ids,
        );
        let shared = Arc::new(Shared::new(&clients, admission));
        Ok(Aws { shared, clients, region: region.to_string(), stop: CancellationToken::new() })
    }

    /// Where everything is looked for and made.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The same, but it begins no write any more once it is told to stop. What has begun is finished.
    pub fn until(&self, stop: CancellationToken) -> Aws {
        Aws { stop, ..self.clone() }
    }

    /// Whether this account may be worked in, by what the settings say.
    ///
    /// # Errors
    /// What speaks against it.
    pub fn admits(&self, account: &str) -> Result<(), String> {
        self.shared.admission.judge(account)
    }

    pub(super) async fn admitted(&self) -> Result<(), Error> {
        self.shared.admission.admitted().await
    }

    /// The client for one write, once it may be sent.
    pub(super) async fn elb_to_write(&self, operation: &'static str) -> Result<&elb::Client, Error> {
        self.begin(operation, self.clients.elb(Quota::ElbWrite)).await
    }

    pub(super) async fn ecs_to_write(
        &self,
        quota: Quota,
        operation: &'static str,
    ) -> Result<&ecs::Client, Error> {
        self.begin(operation, self.clients.ecs(quota)).await
    }

    async fn begin<T>(&self, operation: &'static str, permit: impl Future<Output = T>) -> Result<T, Error> {
        self.admitted().await?;
        let permit = self.stop.run_until_cancelled(permit).await;
        self.may_still(operation)?;
        permit.ok_or_else(|| stopped(operation))
    }

    /// Asked once more by who reads between his permit and his write.
    pub(super) fn may_still(&self, operation: &'static str) -> Result<(), Error> {
        if self.stop.is_cancelled() { Err(stopped(operation)) } else { Ok(()) }
    }
}

fn stopped(operation: &'static str) -> Error {
    Error::new(operation, Kind::Stopped, "told to stop before it was sent")
}

impl Shared {
    fn new(clients: &Arc<Clients>, admission: Admission) -> Self {
        Shared {
            services: Batch::new(FetchServices(clients.clone())),
            groups: Batch::new(FetchGroups(clients.clone())),
            rules: Batch::new(FetchRules(clients.clone())),
            tags: Batch::new(FetchTags(clients.clone())),
            owners: Mutex::default(),
            attributes: Mutex::default(),
            admission,
            most: OnceCell::new(),
        }
    }
}

/// Not the SDK's own chain: that would ask an instance's metadata service and wait for it on every laptop.
async fn region(settings: &Settings) -> Result<Region, Error> {
    if let Some(region) = &settings.region {
        return Ok(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let chain =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build());
    chain.region().await.filter(|region| !region.as_ref().is_empty()).ok_or_else(|| {
        Error::new(
            "connect",
            Kind::Invalid,
            "no AWS region: set region, the environment variable AWS_REGION, or region in the profile",
        )
    })
}

fn keys(settings: &Settings) -> Result<Option<Credentials>, Error> {
    match (&settings.access_key, &settings.secret_key) {
        (Some(access), Some(secret)) => {
            let token = settings.token.as_ref().map(|token| token.expose_secret().to_owned());
            Ok(Some(Credentials::new(access, secret.expose_secret(), token, None, "settings")))
        }
        (None, None) => Ok(None),
        (access, _) => {
            let (set, missing) =
                if access.is_some() { ("access_key", "secret_key") } else { ("secret_key", "access_key") };
            let message = format!("{set} is set and {missing} is not; AWS keys come in pairs");
            Err(Error::new("connect", Kind::Invalid, message))
        }
    }
}

fn app_name(wished: &str) -> Option<AppName> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let name: String = wished.chars().map(|c| if allowed(c) { c } else { '-' }).take(50).collect();
    AppName::new(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_key_pair_is_refused_and_never_shown() {
        let settings = Settings { secret_key: Some("hush".into()), ..Settings::default() };
        let error = keys(&settings).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.message.contains("access_key is not"), "{error}");
        assert!(!format!("{settings:?}{error:?}").contains("hush"));
    }

    #[test]
    fn a_user_agent_is_made_fit() {
        assert_eq!(app_name("x/1.0 (y)").unwrap().as_ref(), "x-1.0--y-");
    }
}
