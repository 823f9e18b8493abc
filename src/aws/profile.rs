//! The profile that the settings name: it is there, and it wins over the keys of the environment.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::errors::{Error, Kind};
use super::settings::Settings;

/// The setting, as an error names it.
pub const PROFILE: &str = "profile";

/// The environment's access key, which is not used because the settings name a profile.
pub fn passed_over(settings: &Settings) -> Option<&'static str> {
    const KEY: &str = "AWS_ACCESS_KEY_ID";
    let beside = settings.profile.is_some() && settings.access_key.is_none();
    (beside && std::env::var_os(KEY).is_some_and(|key| !key.is_empty())).then_some(KEY)
}

/// The credentials of the profile that is named, which is certainly there.
pub(super) async fn credentials(
    settings: &Settings,
    region: &Region,
) -> Result<Option<ProfileFileCredentialsProvider>, Error> {
    let Some(name) = &settings.profile else { return Ok(None) };
    exists(name, &Fs::real(), &Env::real()).await?;
    let mut config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()));
    if let Some(transport) = &settings.transport {
        config = config.with_http_client(transport.clone());
    }
    Ok(Some(ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build()))
}

async fn exists(name: &str, fs: &Fs, env: &Env) -> Result<(), Error> {
    let refused = |why: String| Error::new(PROFILE, Kind::Invalid, why);
    let files = EnvConfigFiles::default();
    let known = aws_config::profile::load(fs, env, &files, None)
        .await
        .map_err(|error| refused(format!("the profiles of AWS cannot be read: {error}")))?;
    if known.get_profile(name).is_some() {
        return Ok(());
    }
    // <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
    let looked_in =
        [("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")]
            .map(|(variable, usual)| env.get(variable).unwrap_or_else(|_| usual.to_owned()));
    let mut names: Vec<&str> = known.profiles().collect();
    names.sort_unstable();
    let has = if names.is_empty() { "no profile".to_owned() } else { format!("only {}", names.join(", ")) };
    Err(refused(format!("there is no profile {name}: {} have {has}", looked_in.join(" and "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::ProvideCredentials as _;

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_named_with_the_files_looked_in() {
        let fs = Fs::from_slice(&[
            ("/c", "[profile dev]\nregion = eu-west-1\n"),
            ("/s", "[ops]\naws_access_key_id = A\n"),
        ]);
        let env = Env::from_slice(&[
            ("AWS_CONFIG_FILE", "/c"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/s"),
            ("HOME", "/h"),
        ]);
        let error = exists("prod", &fs, &env).await.unwrap_err();
        assert_eq!(error.message, "there is no profile prod: /c and /s have only dev, ops");
        assert!(exists("dev", &fs, &env).await.is_ok() && exists("ops", &fs, &env).await.is_ok());
    }

    /// What the environment says can only be tried in a process of its own.
    #[tokio::test]
    async fn a_profile_wins_over_the_keys_of_the_environment() {
        let settings = Settings {
            region: Some("eu-west-1".to_owned()),
            profile: Some("prod".to_owned()),
            ..Settings::default()
        };
        if std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| key == "environments") {
            assert_eq!(passed_over(&settings), Some("AWS_ACCESS_KEY_ID"));
            assert_eq!(passed_over(&Settings::default()), None);
            let found = credentials(&settings, &Region::new("eu-west-1")).await.unwrap().unwrap();
            assert_eq!(found.provide_credentials().await.unwrap().access_key_id(), "profiles");
            let other = Settings { profile: Some("nobody".to_owned()), ..settings };
            let error = super::super::Aws::connect(other).await.unwrap_err();
            assert!(error.message.contains("no profile nobody"), "{error}");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        std::fs::write(&file, "[prod]\naws_access_key_id = profiles\naws_secret_access_key = hush\n")
            .unwrap();
        let again = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "aws::profile::tests::a_profile_wins_over_the_keys_of_the_environment"])
            .env("AWS_ACCESS_KEY_ID", "environments")
            .env("AWS_SECRET_ACCESS_KEY", "hush")
            .env("AWS_SHARED_CREDENTIALS_FILE", &file)
            .env("AWS_CONFIG_FILE", folder.path().join("none"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && said.contains("1 passed"), "{said}");
    }
}
