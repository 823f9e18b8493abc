//! What else listener rules carry: logins, tokens, transforms and regular expressions (ALB guide: "Action types",
//! "Condition types", "Transforms"; API reference: Action, RuleCondition, RuleTransform, CreateRule, ModifyRule).

use serde_json::{Value, json};

use crate::bench::{Bench, forward};

/// A bench with a group, an HTTPS listener on port 443, and a rule `secure` on it.
struct Site {
    bench: Bench,
    group: String,
    https: String,
}

fn site() -> Site {
    let mut bench = Bench::new(3);
    let group = bench.target_group("web");
    let lb =
        bench.elb("DescribeLoadBalancers", json!({})).unwrap()["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let certificate = bench.certificate("web.example.com");
    let listener = json!({
        "LoadBalancerArn": lb, "Port": 443, "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": certificate}],
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    });
    let made = bench.elb("CreateListener", listener).unwrap();
    let https = made["Listeners"][0]["ListenerArn"].as_str().unwrap().to_owned();
    Site { bench, group, https }
}

fn oidc(more: Value) -> Value {
    let mut config = json!({
        "Issuer": "https://idp.example.com/", "AuthorizationEndpoint": "https://idp.example.com/authorize",
        "TokenEndpoint": "https://idp.example.com/token", "UserInfoEndpoint": "https://idp.example.com/me",
        "ClientId": "shop",
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config})
}

fn cognito() -> Value {
    json!({"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {
        "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc",
        "UserPoolClientId": "client", "UserPoolDomain": "shop", "OnUnauthenticatedRequest": "deny",
        "AuthenticationRequestExtraParams": {"entry": {"1": {"key": "prompt", "value": "login"}}},
    }})
}

fn jwt(more: Value) -> Value {
    let mut config =
        json!({"JwksEndpoint": "https://idp.example.com/keys", "Issuer": "https://idp.example.com/"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": config})
}

fn host(name: &str) -> Value {
    json!([{"Field": "host-header", "HostHeaderConfig": {"Values": [name]}}])
}

fn rewrite(kind: &str, member: &str, regex: &str) -> Value {
    json!({"Type": kind, member: {"Rewrites": [{"Regex": regex, "Replace": "/$1"}]}})
}

impl Site {
    /// The forward, behind `first`.
    fn actions(&self, first: Value) -> Value {
        let mut last = forward(&[(&self.group, 1)])[0].clone();
        last["Order"] = json!(2);
        json!([first, last])
    }

    fn create(&mut self, listener: &str, more: Value) -> Result<Value, (String, String)> {
        let taken = self.bench.elb("DescribeRules", json!({"ListenerArn": listener})).unwrap();
        let mut params = json!({
            "ListenerArn": listener, "Priority": taken["Rules"].as_array().unwrap().len(),
            "Conditions": host("a.example.com"), "Actions": forward(&[(&self.group, 1)]),
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.bench.elb("CreateRule", params);
        made.map(|made| made["Rules"][0].clone()).map_err(|error| (error.code, error.message))
    }

    fn modify(&mut self, rule: &Value, more: Value) -> Result<Value, (String, String)> {
        let mut params = json!({"RuleArn": rule["RuleArn"]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.bench.elb("ModifyRule", params);
        made.map(|made| made["Rules"][0].clone()).map_err(|error| (error.code, error.message))
    }
}

#[test]
fn logins_and_tokens_are_told_back_with_their_defaults_and_without_the_secret() {
    let mut site = site();
    let https = site.https.clone();
    let told = site
        .create(&https, json!({"Actions": site.actions(oidc(json!({"ClientSecret": "s3cret"})))}))
        .unwrap();
    assert!(!told.to_string().contains("s3cret") && !told.to_string().contains("ClientSecret"));
    let config = &told["Actions"][0]["AuthenticateOidcConfig"];
    assert_eq!(config["SessionCookieName"], "AWSELBAuthSessionCookie");
    assert_eq!((&config["Scope"], &config["SessionTimeout"]), (&json!("openid"), &json!(604_800)));
    assert_eq!(config["OnUnauthenticatedRequest"], "authenticate");
    let order = |told: &Value| {
        let list = told["Actions"].as_array().unwrap();
        list.iter()
            .map(|it| (it["Type"].as_str().unwrap().to_owned(), it["Order"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&told), [("authenticate-oidc".into(), json!(1)), ("forward".into(), json!(2))]);

    let told = site.create(&https, json!({"Actions": site.actions(cognito())})).unwrap();
    let config = &told["Actions"][0]["AuthenticateCognitoConfig"];
    assert_eq!(config["UserPoolDomain"], "shop");
    assert_eq!(
        config["AuthenticationRequestExtraParams"]["entry"],
        json!([{"key": "prompt", "value": "login"}])
    );

    let claims = json!([{"Name": "scope", "Format": "space-separated-values", "Values": ["read"]}]);
    let told = site
        .create(&https, json!({"Actions": site.actions(jwt(json!({"AdditionalClaims": claims})))}))
        .unwrap();
    assert_eq!(told["Actions"][0]["JwtValidationConfig"]["AdditionalClaims"], claims);
    let read = site.bench.elb("DescribeRules", json!({"RuleArns": [told["RuleArn"]]})).unwrap();
    assert_eq!(read["Rules"][0], told);
}

#[test]
fn the_existing_secret_can_be_used_when_a_rule_is_modified_and_only_then() {
    let mut site = site();
    let https = site.https.clone();
    let existing = site.actions(oidc(json!({"UseExistingClientSecret": true, "Scope": "openid email"})));
    assert_eq!(site.create(&https, json!({"Actions": existing})).unwrap_err().0, "ValidationError");
    let secret = site.actions(oidc(json!({"ClientSecret": "s3cret"})));
    let rule = site.create(&https, json!({"Actions": secret})).unwrap();
    let changed = site.modify(&rule, json!({"Actions": existing})).unwrap();
    assert_eq!(changed["Actions"][0]["AuthenticateOidcConfig"]["Scope"], "openid email");
    let without = site.actions(oidc(json!({})));
    assert_eq!(site.modify(&rule, json!({"Actions": without})).unwrap_err().0, "ValidationError");
    let bare = site.create(&https, json!({})).unwrap();
    assert_eq!(site.modify(&bare, json!({"Actions": existing})).unwrap_err().0, "ValidationError");
}

#[test]
fn transforms_stay_unless_they_are_named_or_reset() {
    let mut site = site();
    let listener = site.bench.listener.clone();
    let url = rewrite("url-rewrite", "UrlRewriteConfig", "^/api/(.*)$");
    let rule = site.create(&listener, json!({"Transforms": [url]})).unwrap();
    assert_eq!(rule["Transforms"], json!([url]));
    let kept = site.modify(&rule, json!({"Conditions": host("b.example.com")})).unwrap();
    assert_eq!(kept["Transforms"], json!([url]));
    let both = json!({"Transforms": [url], "ResetTransforms": true});
    assert_eq!(site.modify(&rule, both).unwrap_err().0, "ValidationError");
    let name = rewrite("host-header-rewrite", "HostHeaderRewriteConfig", "^(.+)$");
    assert_eq!(site.modify(&rule, json!({"Transforms": [name]})).unwrap()["Transforms"], json!([name]));
    assert_eq!(site.modify(&rule, json!({"ResetTransforms": true})).unwrap()["Transforms"], json!([]));
}

#[test]
fn expressions_are_told_back_and_count_as_values() {
    let mut site = site();
    let listener = site.bench.listener.clone();
    let header = |count: usize| {
        let values: Vec<String> = (0..count).map(|n| format!("(^|; )v={n}(;|$)")).collect();
        json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "Cookie", "RegexValues": values}})
    };
    let path = json!({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/(a|b)$"]}});
    let made = site.create(&listener, json!({"Conditions": [path, header(4)]})).unwrap();
    assert_eq!(made["Conditions"][0]["PathPatternConfig"]["RegexValues"], json!(["^/(a|b)$"]));
    assert_eq!(made["Conditions"][0].get("Values"), None);
    assert_eq!(made["Conditions"][1], header(4));
    let (code, text) = site.create(&listener, json!({"Conditions": [path, header(5)]})).unwrap_err();
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ValidationError", "A rule can only have '5' condition values")
    );
}

#[test]
fn what_aws_refuses_of_them_is_refused() {
    let mut site = site();
    let (http, https) = (site.bench.listener.clone(), site.https.clone());
    let secret = || oidc(json!({"ClientSecret": "s"}));
    let mut unordered = site.actions(secret());
    unordered[0].as_object_mut().unwrap().remove("Order");
    let mut last = site.actions(secret());
    last[0]["Order"] = json!(3);
    let mut two = site.actions(secret());
    two.as_array_mut().unwrap().push(cognito());
    two[2]["Order"] = json!(3);
    two[1]["Order"] = json!(4);
    let conditions = |config: Value| json!([{"Field": "path-pattern", "PathPatternConfig": config}]);
    let url = |regex: &str| rewrite("url-rewrite", "UrlRewriteConfig", regex);
    let rows = [
        // ALB guide: "authenticate users": HTTPS listeners only; the same for JWTs.
        (&http, json!({"Actions": site.actions(secret())}), "InvalidLoadBalancerAction"),
        (&http, json!({"Actions": site.actions(cognito())}), "InvalidLoadBalancerAction"),
        (&http, json!({"Actions": site.actions(jwt(json!({})))}), "InvalidLoadBalancerAction"),
        // API reference, Action.Order; listener rules: the routing action is the last.
        (&https, json!({"Actions": unordered}), "InvalidLoadBalancerAction"),
        (&https, json!({"Actions": last}), "InvalidLoadBalancerAction"),
        (&https, json!({"Actions": [secret()]}), "InvalidLoadBalancerAction"),
        (&https, json!({"Actions": two}), "TooManyActions"),
        (
            &https,
            json!({"Actions": site.actions(oidc(json!({"ClientSecret": "s", "SessionTimeout": 604_801})))}),
            "ValidationError",
        ),
        (
            &https,
            json!({"Actions": site.actions(oidc(json!({"ClientSecret": "s", "Issuer": "http://idp"})))}),
            "ValidationError",
        ),
        (
            &https,
            json!({"Actions": site.actions(jwt(json!({"AdditionalClaims": [{"Name": "exp", "Format": "single-string", "Values": ["1"]}]})))}),
            "ValidationError",
        ),
        // Rule basics: what the expressions have not; API reference: values or expressions.
        (&http, json!({"Conditions": conditions(json!({"RegexValues": ["(?=a)"]}))}), "ValidationError"),
        (
            &http,
            json!({"Conditions": conditions(json!({"RegexValues": ["a"], "Values": ["/b"]}))}),
            "ValidationError",
        ),
        (
            &http,
            json!({"Conditions": [{"Field": "source-ip", "SourceIpConfig": {"RegexValues": ["1"]}}]}),
            "ValidationError",
        ),
        // Transform basics: one of each type.
        (&http, json!({"Transforms": [url("a"), url("b")]}), "ValidationError"),
        (&http, json!({"Transforms": [url("(")]}), "ValidationError"),
        (&http, json!({"Transforms": [{"Type": "url-rewrite"}]}), "ValidationError"),
    ];
    for (listener, more, code) in rows {
        let (refused, text) = site.create(listener, more.clone()).expect_err(&more.to_string());
        assert_eq!(refused, code, "{more}: {text}");
    }
    site.create(&https, json!({"Actions": site.actions(secret())})).unwrap();
    let to_http = json!({"ListenerArn": https, "Protocol": "HTTP", "Certificates": []});
    assert_eq!(site.bench.elb("ModifyListener", to_http).unwrap_err().code, "InvalidLoadBalancerAction");
}
