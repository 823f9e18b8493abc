//! What somebody puts on the production rule by hand, and what the configuration says of it, in whole lives of a service
//! against the sandbox: no condition and no login is lost on the way.
#![allow(clippy::unwrap_used)]

#[path = "../golden/book.rs"]
#[allow(dead_code, reason = "nothing is recorded here")]
mod book;
#[path = "../hostile/callers.rs"]
#[allow(dead_code, reason = "only the data plane is used")]
mod callers;
#[path = "../golden/line.rs"]
#[allow(dead_code, reason = "nobody strikes while a call runs")]
mod line;
#[path = "../hostile/plane.rs"]
#[allow(dead_code, reason = "nobody asks what callers saw")]
mod plane;
#[path = "../golden/product.rs"]
mod product;
#[path = "../golden/project.rs"]
#[allow(dead_code, reason = "nothing is planned without being applied")]
mod project;
#[path = "../support/socketless.rs"]
mod socketless;
#[path = "../golden/stage.rs"]
#[allow(dead_code, reason = "shared with the recorded stories")]
mod stage;
#[path = "../support/toggles.rs"]
mod toggles;

use serde_json::{Value as Json, json};

use stage::{Stage, play};

const PHASES: [(&str, usize); 5] =
    [("canary", 2), ("promoted", 1), ("canary", 2), ("staged", 1), ("stable", 1)];

/// How often something is on the rules of the production listener.
async fn times(stage: &mut Stage, what: &str) -> usize {
    let listener = stage.written()["listener_arn"].clone();
    stage.ask("DescribeRules", json!({ "ListenerArn": listener })).await.matches(what).count()
}

fn host_and(more: Json) -> Json {
    json!([{ "Field": "host-header", "HostHeaderConfig": { "Values": ["nginx.example.com"] } }, more])
}

fn header(value: &str) -> Json {
    json!({ "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": "X-Cdn", "Values": [value] } })
}

/// Logins are for HTTPS.
async fn secure(stage: &mut Stage) {
    let listener = stage.production_listener().replacen(":listener/", ":loadbalancer/", 1);
    let (balancer, _) = listener.rsplit_once('/').unwrap();
    // Of the listener that has one already.
    let told = stage.ask("DescribeListeners", json!({ "LoadBalancerArn": balancer })).await;
    let certificate = told.split("<CertificateArn>").nth(1).and_then(|it| it.split('<').next()).unwrap();
    let listener = json!({
        "LoadBalancerArn": balancer, "Port": 443, "Protocol": "HTTPS",
        "Certificates": [{ "CertificateArn": certificate }],
        "DefaultActions": [{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "404" } }],
    });
    let arn = stage.make("CreateListener", listener, "ListenerArn").await;
    stage.set(json!({ "listener_arn": arn }));
}

/// `first` before the forward to BLUE, by hand.
async fn before_the_forward(stage: &mut Stage, first: Json) {
    let (rule, blue, green) = (
        stage.arn("production_rule_arn"),
        stage.arn("blue_target_group_arn"),
        stage.arn("green_target_group_arn"),
    );
    let groups = json!([{ "TargetGroupArn": blue, "Weight": 100 }, { "TargetGroupArn": green, "Weight": 0 }]);
    let forward = json!({ "Type": "forward", "Order": 2, "ForwardConfig": { "TargetGroups": groups } });
    stage.by_hand("ModifyRule", json!({ "RuleArn": rule, "Actions": [first, forward] })).await;
}

fn jwt() -> Json {
    let config =
        json!({ "JwksEndpoint": "https://idp.example.com/keys", "Issuer": "https://idp.example.com/" });
    json!({ "Type": "jwt-validation", "Order": 1, "JwtValidationConfig": config })
}

fn oidc(secret: Json) -> Json {
    let mut config = json!({
        "Issuer": "https://idp.example.com/", "AuthorizationEndpoint": "https://idp.example.com/authorize",
        "TokenEndpoint": "https://idp.example.com/token", "UserInfoEndpoint": "https://idp.example.com/me",
        "ClientId": "shop",
    });
    config.as_object_mut().unwrap().extend(secret.as_object().unwrap().clone());
    json!({ "Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config })
}

#[test]
fn a_header_put_on_rule_100_by_hand_outlives_a_whole_release() {
    play(async |stage| {
        stage.apply("create").await;
        let rule = stage.arn("production_rule_arn");
        stage
            .by_hand("ModifyRule", json!({ "RuleArn": rule, "Conditions": host_and(header("s3cret")) }))
            .await;
        for (phase, rules) in PHASES {
            stage.phase(phase).apply(phase).await;
            assert_eq!(times(stage, "<HttpHeaderName>X-Cdn").await, rules, "{phase}");
        }
        stage.by_hand("DeleteRule", json!({ "RuleArn": rule })).await;
        stage.apply("the rule deleted").await;
        assert_eq!(times(stage, "<HttpHeaderName>X-Cdn").await, 1);
        stage.set(json!({ "conditions": [] })).apply("none wanted").await;
        assert_eq!(times(stage, "<HttpHeaderName>X-Cdn").await, 0);
        stage.destroy("destroy").await;
    });
}

#[test]
fn a_check_of_tokens_put_on_rule_100_by_hand_is_on_the_canary_too() {
    play(async |stage| {
        secure(stage).await;
        stage.apply("create").await;
        before_the_forward(stage, jwt()).await;
        for (phase, rules) in PHASES {
            stage.phase(phase).apply(phase).await;
            assert_eq!(times(stage, "<JwksEndpoint>").await, rules, "{phase}");
        }
        stage.destroy("destroy").await;
    });
}

#[test]
fn a_canary_over_a_login_whose_secret_is_not_known_is_refused_and_with_it_opens() {
    play(async |stage| {
        secure(stage).await;
        stage.apply("create").await;
        before_the_forward(stage, oidc(json!({ "ClientSecret": "s3cret" }))).await;
        stage.phase("promoted").apply("promote").await;
        stage.phase("stable").apply("back").await;
        stage.phase("canary").apply_fails("canary").await;
        stage.set(json!({ "authenticate_oidc": {
            "issuer": "https://idp.example.com/", "authorization_endpoint": "https://idp.example.com/authorize",
            "token_endpoint": "https://idp.example.com/token", "user_info_endpoint": "https://idp.example.com/me",
            "client_id": "shop", "client_secret": "s3cret",
        }}));
        for (phase, rules) in PHASES {
            stage.phase(phase).apply(phase).await;
            assert_eq!(times(stage, "<AuthenticateOidcConfig>").await, rules, "{phase}");
        }
        stage.set(json!({ "authenticate_oidc": {} })).apply("no login").await;
        assert_eq!(times(stage, "<AuthenticateOidcConfig>").await, 0);
        stage.destroy("destroy").await;
    });
}

#[test]
fn what_the_configuration_asks_for_is_on_every_rule_and_put_right_when_edited() {
    play(async |stage| {
        secure(stage).await;
        stage.set(json!({
            "conditions": [
                { "http_header": { "http_header_name": "X-Cdn", "values": ["s3cret"] } },
                { "query_string": [{ "key": "v", "value": "2" }] },
            ],
            "transforms": [{ "type": "url-rewrite", "regex": "^/a/(.*)$", "replace": "/$1" }],
            "jwt_validation": { "issuer": "https://idp.example.com/", "jwks_endpoint": "https://idp.example.com/keys" },
            "authenticate_cognito": {},
        }));
        stage.phase("canary").apply("create").await;
        for what in ["<HttpHeaderName>X-Cdn", "<Key>v</Key>", "<UrlRewriteConfig>", "<JwksEndpoint>"] {
            assert_eq!(times(stage, what).await, 2, "{what}");
        }
        let rule = stage.arn("production_rule_arn");
        stage
            .by_hand("ModifyRule", json!({ "RuleArn": rule, "Conditions": host_and(header("other")) }))
            .await;
        stage.apply("edited by hand").await;
        assert_eq!((times(stage, "s3cret").await > 0, times(stage, "<Key>v</Key>").await), (true, 2));
        assert_eq!(times(stage, "<member>other</member>").await, 0);
        stage.forget();
        assert!(stage.import("shop/nginx").await);
        stage.apply("imported").await;
        stage.destroy("destroy").await;
    });
}
