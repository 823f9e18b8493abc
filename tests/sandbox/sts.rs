//! Roles taken on (STS API reference, AssumeRole and AssumeRoleWithWebIdentity).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::wire::{Sandbox, element};

const ROLE: &str = "arn:aws:iam::210987654321:role/deploy/release";

fn token(claims: Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims))
}

#[tokio::test]
async fn a_role_is_taken_on_by_its_own_name_and_by_a_token_of_an_identity_provider() {
    let sandbox = Sandbox::fast().await;
    let ask =
        async |params: String| sandbox.signed("sts", &format!("Version=2011-06-15&{params}")).await.unwrap();
    let asked = ask(format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=ci")).await;
    assert_eq!(
        (asked.status, element(&asked.text, "Arn")),
        (200, "arn:aws:sts::210987654321:assumed-role/release/ci")
    );
    assert!(element(&asked.text, "AccessKeyId").starts_with("ASIA"), "{}", asked.text);
    for member in ["SecretAccessKey", "SessionToken", "Expiration"] {
        assert!(!element(&asked.text, member).is_empty(), "{member}");
    }
    let claims = json!({"iss": "https://token.example.com", "sub": "repo:shop", "aud": "sts.amazonaws.com"});
    let web = "Action=AssumeRoleWithWebIdentity";
    let with = |token: &str| format!("{web}&RoleArn={ROLE}&RoleSessionName=ci&WebIdentityToken={token}");
    let asked = ask(with(&token(claims.clone()))).await;
    for (member, value) in [
        ("SubjectFromWebIdentityToken", "repo:shop"),
        ("Audience", "sts.amazonaws.com"),
        ("Provider", "token.example.com"),
    ] {
        assert_eq!(element(&asked.text, member), value);
    }

    let mut expired = claims;
    expired["exp"] = json!(1_000_000_000);
    let assume = |params: &str| format!("Action=AssumeRole&{params}");
    for (params, code) in [
        (assume("RoleSessionName=ci"), "ValidationError"),
        (assume(&format!("RoleArn={ROLE}")), "ValidationError"),
        (assume("RoleArn=arn:aws:iam::1:role/x&RoleSessionName=ci"), "ValidationError"),
        (assume(&format!("RoleArn={ROLE}&RoleSessionName=a b")), "ValidationError"),
        (assume(&format!("RoleArn={ROLE}&RoleSessionName=ci&DurationSeconds=60")), "ValidationError"),
        (with("nonsense"), "InvalidIdentityToken"),
        (with(&token(expired)), "ExpiredTokenException"),
    ] {
        let refused = ask(params.clone()).await;
        assert_eq!((refused.status, element(&refused.text, "Code")), (400, code), "{params}");
    }
}
