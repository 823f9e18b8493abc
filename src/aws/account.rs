//! In whose account we are, and whether we are to be there.

use std::collections::BTreeSet;

use aws_sdk_sts as sts;
use tokio::sync::OnceCell;

use super::errors::{Error, Explain, Kind};

const WHO: &str = "sts:GetCallerIdentity";

/// The accounts that may be worked in. Who we are is asked once, and only where it decides.
pub(super) struct Admission {
    sts: sts::Client,
    allowed: Option<BTreeSet<String>>,
    forbidden: Option<BTreeSet<String>>,
    account: OnceCell<String>,
}

impl Admission {
    pub fn new(
        sts: sts::Client,
        allowed: Option<BTreeSet<String>>,
        forbidden: Option<BTreeSet<String>>,
    ) -> Admission {
        Admission { sts, allowed, forbidden, account: OnceCell::new() }
    }

    /// Why this account may not be worked in, if so.
    pub fn judge(&self, account: &str) -> Result<(), String> {
        if let Some(allowed) = self.allowed.as_ref().filter(|allowed| !allowed.contains(account)) {
            let allowed = allowed.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(format!("allowed_account_ids has only {allowed}"));
        }
        if self.forbidden.as_ref().is_some_and(|forbidden| forbidden.contains(account)) {
            return Err(format!("forbidden_account_ids has {account}"));
        }
        Ok(())
    }

    /// Before anything is looked for or written: in an account that is not meant, everything would seem to be gone.
    pub async fn admitted(&self) -> Result<(), Error> {
        if self.allowed.is_none() && self.forbidden.is_none() {
            return Ok(());
        }
        let account = self.account.get_or_try_init(|| self.ask()).await?;
        self.judge(account).map_err(|refused| {
            let credentials = format!("the credentials are those of account {account}, and {refused}");
            Error::new(WHO, Kind::Denied, credentials)
        })
    }

    async fn ask(&self) -> Result<String, Error> {
        let answer = self.sts.get_caller_identity().send().await.explain(WHO)?;
        answer.account.ok_or_else(|| Error::lost(WHO))
    }
}
