//! Where and as whom to call AWS, as asked for.

use std::collections::BTreeSet;
use std::fmt;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use secrecy::SecretString;

/// Further attempts after the first, where nothing else is asked for.
pub const DEFAULT_RETRIES: u32 = 5;

/// Where and as whom to call AWS. Whatever is `None` comes from where every AWS tool takes it.
#[derive(Clone)]
pub struct Settings {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub access_key: Option<String>,
    pub secret_key: Option<SecretString>,
    pub token: Option<SecretString>,
    pub ecs_endpoint: Option<String>,
    pub elb_endpoint: Option<String>,
    pub sts_endpoint: Option<String>,
    /// The only accounts to work in, and those never to work in. `None` asks nobody.
    pub allowed_account_ids: Option<BTreeSet<String>>,
    pub forbidden_account_ids: Option<BTreeSet<String>>,
    /// Further attempts after the first.
    pub max_retries: Option<u32>,
    /// Who calls, as AWS's logs show it.
    pub user_agent: Option<String>,
    /// How much faster than the wall's the other side's clock runs; 1 but for a sandbox. Request rates go by it.
    pub clock_speed: f64,
    /// How requests travel, with nothing of it shared with other connections; `None` is HTTP.
    pub transport: Option<SharedHttpClient>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            region: None,
            profile: None,
            access_key: None,
            secret_key: None,
            token: None,
            ecs_endpoint: None,
            elb_endpoint: None,
            sts_endpoint: None,
            allowed_account_ids: None,
            forbidden_account_ids: None,
            max_retries: None,
            user_agent: None,
            clock_speed: 1.0,
            transport: None,
        }
    }
}

/// Without the secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("region", &self.region)
            .field("profile", &self.profile)
            .field("ecs_endpoint", &self.ecs_endpoint)
            .field("elb_endpoint", &self.elb_endpoint)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}
