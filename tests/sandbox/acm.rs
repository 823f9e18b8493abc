//! Certificate Manager, and which certificates a listener may have (ACM API reference and user guide; ELB API reference;
//! what hashicorp/aws asks: facts/aws-provider/calls.md).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::wire::{Reply, Sandbox, element};

/// A certificate with its key, made for a test; a root can issue others.
pub struct Keyed {
    pub pem: String,
    pub der: CertificateDer<'static>,
    key: String,
    issuer: Option<Issuer<'static, KeyPair>>,
}

impl Keyed {
    fn made(mut params: CertificateParams, by: Option<&Keyed>) -> Self {
        let key = KeyPair::generate().unwrap();
        let is_ca = matches!(params.is_ca, IsCa::Ca(_));
        params.use_authority_key_identifier_extension = by.is_some();
        let made = match by {
            None => params.self_signed(&key).unwrap(),
            Some(by) => params.signed_by(&key, by.issuer.as_ref().unwrap()).unwrap(),
        };
        let (pem, der, key_pem) = (made.pem(), made.der().clone(), key.serialize_pem());
        Self { pem, der, key: key_pem, issuer: is_ca.then(|| Issuer::new(params, key)) }
    }

    fn authority(name: &str, by: Option<&Keyed>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self::made(params, by)
    }

    pub fn root(name: &str) -> Self {
        Self::authority(name, None)
    }

    pub fn issue(&self, names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        Self::made(CertificateParams::new(names).unwrap(), Some(self))
    }

    pub async fn import(&self, sandbox: &Sandbox, chain: Option<&str>, over: Option<&str>) -> Reply {
        let params = json!({
            "Certificate": STANDARD.encode(&self.pem), "PrivateKey": STANDARD.encode(&self.key),
            "CertificateChain": chain.map(|it| STANDARD.encode(it)), "CertificateArn": over,
        });
        sandbox.acm("ImportCertificate", params).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// User guide, "DNS validation"; API reference, RequestCertificate and DescribeCertificate.
#[test]
fn a_requested_certificate_is_validated_after_a_while_and_tells_its_records_on_the_way() {
    let mut bench = Bench::new(5);
    let request = json!({
        "DomainName": "Shop.example.com", "SubjectAlternativeNames": ["*.shop.example.com", "shop.example.com"],
        "ValidationMethod": "DNS", "IdempotencyToken": "one", "Tags": [{"Key": "a", "Value": "b"}],
    });
    let arn = bench.acm("RequestCertificate", request.clone()).unwrap()["CertificateArn"].clone();
    assert_eq!(bench.acm("RequestCertificate", request).unwrap()["CertificateArn"], arn);
    let describe =
        |bench: &mut Bench| bench.acm("DescribeCertificate", json!({"CertificateArn": arn})).unwrap();
    let young = describe(&mut bench)["Certificate"].clone();
    assert_eq!((text(&young["Status"]), text(&young["Type"])), ("PENDING_VALIDATION", "AMAZON_ISSUED"));
    assert_eq!(young["SubjectAlternativeNames"], json!(["shop.example.com", "*.shop.example.com"]));
    assert_eq!(young["DomainValidationOptions"][0].get("ResourceRecord"), None, "it takes a moment");
    assert_eq!(young["KeyAlgorithm"], "RSA-2048");
    let refused = bench.acm("GetCertificate", json!({"CertificateArn": arn})).unwrap_err();
    assert_eq!(refused.code, "RequestInProgressException");

    bench.now += std::time::Duration::from_secs(5);
    let waiting = describe(&mut bench)["Certificate"].clone();
    let records: Vec<&Value> = waiting["DomainValidationOptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| &option["ResourceRecord"])
        .collect();
    assert_eq!(records[0], records[1], "a wildcard is proved by its domain's record");
    assert_eq!(records[0]["Type"], "CNAME");
    assert!(text(&records[0]["Name"]).ends_with(".shop.example.com."), "{waiting}");
    assert!(text(&records[0]["Value"]).ends_with(".acm-validations.aws."), "{waiting}");

    bench.now += std::time::Duration::from_secs(60);
    let issued = describe(&mut bench)["Certificate"].clone();
    assert_eq!(issued["Status"], "ISSUED");
    assert_eq!(issued["DomainValidationOptions"][0]["ValidationStatus"], "SUCCESS");
    assert!(issued["IssuedAt"].is_f64() && issued["NotAfter"].is_i64(), "{issued}");
    let got = bench.acm("GetCertificate", json!({"CertificateArn": arn})).unwrap();
    for member in ["Certificate", "CertificateChain"] {
        assert!(text(&got[member]).starts_with("-----BEGIN CERTIFICATE-----"), "{member}");
    }
    let listed = bench.acm("ListCertificates", json!({"CertificateStatuses": ["ISSUED"]})).unwrap();
    assert_eq!(listed["CertificateSummaryList"][0]["CertificateArn"], arn);
}

#[test]
fn nobodys_domains_and_mailboxes_nobody_reads_are_never_validated() {
    let mut bench = Bench::new(6);
    for request in [
        json!({"DomainName": "shop.invalid", "ValidationMethod": "DNS"}),
        json!({"DomainName": "shop.example.com", "ValidationMethod": "EMAIL"}),
    ] {
        let arn = bench.acm("RequestCertificate", request).unwrap()["CertificateArn"].clone();
        bench.now += std::time::Duration::from_secs(86_400);
        let told = bench.acm("DescribeCertificate", json!({"CertificateArn": arn})).unwrap();
        assert_eq!(told["Certificate"]["Status"], "PENDING_VALIDATION");
    }
}

/// User guide, "Prerequisites for importing certificates"; hashicorp/terraform-provider-aws#19400.
#[tokio::test]
async fn only_a_certificate_with_its_own_key_and_a_chain_in_order_is_imported() {
    let sandbox = Sandbox::fast().await;
    let root = Keyed::root("Root");
    let between = Keyed::authority("Between", Some(&root));
    let (one, other) = (between.issue(&["one.example.com"]), between.issue(&["other.example.com"]));
    let chain = format!("{}{}", between.pem, root.pem);
    let imported = one.import(&sandbox, Some(&chain), None).await;
    assert_eq!(imported.status, 200, "{}", imported.text);
    let arn = imported.json()["CertificateArn"].clone();
    let told = sandbox.acm("DescribeCertificate", json!({"CertificateArn": arn})).await.json();
    let told = &told["Certificate"];
    assert_eq!((text(&told["Type"]), text(&told["Status"])), ("IMPORTED", "ISSUED"));
    assert_eq!(
        (text(&told["DomainName"]), text(&told["KeyAlgorithm"])),
        ("one.example.com", "EC-prime256v1")
    );
    assert_eq!(told["Issuer"], "CN=Between");

    let encode = |text: &str| STANDARD.encode(text);
    let bundle = format!("{}{}", one.pem, between.pem);
    let disordered = format!("{}{}", root.pem, between.pem);
    for (certificate, key, chain, words) in [
        (one.pem.as_str(), other.key.as_str(), None, "private key does not match"),
        (
            &one.pem,
            &one.key,
            Some(disordered.as_str()),
            "Could not validate the certificate with the certificate chain.",
        ),
        (
            &one.pem,
            &one.key,
            Some(root.pem.as_str()),
            "Could not validate the certificate with the certificate chain.",
        ),
        (&bundle, &one.key, None, "The certificate field contains more than one certificate."),
        ("no PEM", &one.key, None, "certificate could not be parsed"),
        (&one.pem, "no PEM", None, "private key could not be parsed"),
        (&one.pem, &one.key, Some("no PEM"), "chain could not be parsed"),
    ] {
        let params = json!({
            "Certificate": encode(certificate), "PrivateKey": encode(key), "CertificateChain": chain.map(encode),
        });
        let refused = sandbox.acm("ImportCertificate", params).await;
        assert_eq!(
            (refused.status, text(&refused.json()["__type"])),
            (400, "ValidationException"),
            "{words}"
        );
        assert!(text(&refused.json()["message"]).contains(words), "{words}: {}", refused.text);
    }
    // In use: it can be replaced, and not deleted.
    let again = other.import(&sandbox, Some(&chain), arn.as_str()).await;
    assert_eq!(again.json()["CertificateArn"], arn);
}

/// The listeners' side of it.
#[tokio::test]
async fn a_listener_takes_only_certificates_that_are_there_issued_and_of_its_region() {
    let sandbox = Sandbox::fast().await;
    let ready = &sandbox.running.ready;
    let (lb, own, listener) =
        (&ready.load_balancer_arn, ready.certificate_arn.as_str(), &ready.listeners.https.arn);
    let pending = json!({"DomainName": "shop.invalid", "ValidationMethod": "DNS"});
    let pending = sandbox.acm("RequestCertificate", pending).await.json()["CertificateArn"].clone();
    let abroad = own.replace("eu-west-1", "us-east-1");
    let fixed = "DefaultActions.member.1.Type=fixed-response&DefaultActions.member.1.FixedResponseConfig.StatusCode=404";
    let create = format!("LoadBalancerArn={lb}&Port=7443&Protocol=HTTPS&{fixed}");
    let with = |arn: &str| format!("Certificates.member.1.CertificateArn={arn}");
    let not_found = format!("Certificate '{abroad}' not found");
    for (operation, params, code, words) in [
        (
            "CreateListener",
            create.clone(),
            "ValidationError",
            "A certificate must be specified for HTTPS listeners",
        ),
        ("CreateListener", format!("{create}&{}", with(&abroad)), "CertificateNotFound", not_found.as_str()),
        (
            "CreateListener",
            format!("{create}&{}", with(text(&pending))),
            "UnsupportedCertificate",
            "must have a fully-qualified domain name, a supported signature, and a supported key size.",
        ),
        ("CreateListener", format!("{create}&{}", with("x")), "ValidationError", "Certificate ARN"),
        (
            "CreateListener",
            format!("{create}&{}&SslPolicy=x", with(own)),
            "SSLPolicyNotFound",
            "SSL policy 'x' not found",
        ),
        (
            "CreateListener",
            format!("{create}&{}&Certificates.member.2.CertificateArn={own}", with(own)),
            "ValidationError",
            "one default certificate",
        ),
        ("ModifyListener", format!("ListenerArn={listener}&{}", with(&abroad)), "CertificateNotFound", ""),
        ("ModifyListener", format!("ListenerArn={listener}&SslPolicy=x"), "SSLPolicyNotFound", ""),
        (
            "AddListenerCertificates",
            format!("ListenerArn={listener}&{}", with(&abroad)),
            "CertificateNotFound",
            "",
        ),
        (
            "AddListenerCertificates",
            format!("ListenerArn={}&{}", sandbox.listener(), with(own)),
            "ValidationError",
            "HTTP listeners",
        ),
        (
            "RemoveListenerCertificates",
            format!("ListenerArn={listener}&{}", with(own)),
            "OperationNotPermitted",
            "",
        ),
        ("DescribeListenerCertificates", format!("ListenerArn={listener}x"), "ListenerNotFound", ""),
        ("DescribeSSLPolicies", "Names.member.1=x".to_owned(), "SSLPolicyNotFound", ""),
    ] {
        let refused = sandbox.elb(operation, &params).await;
        assert_eq!((refused.status, element(&refused.text, "Code")), (400, code), "{operation} {params}");
        assert!(refused.text.replace("&apos;", "'").contains(words), "{operation}: {}", refused.text);
    }
    // Twice in the answer, if it is in the list as well.
    sandbox.elb("AddListenerCertificates", &format!("ListenerArn={listener}&{}", with(own))).await;
    let told = sandbox.elb("DescribeListenerCertificates", &format!("ListenerArn={listener}")).await.text;
    assert_eq!((told.matches(own).count(), told.matches("<IsDefault>true<").count()), (2, 1), "{told}");
    sandbox.elb("RemoveListenerCertificates", &format!("ListenerArn={listener}&{}", with(own))).await;
    let told = sandbox.elb("DescribeListenerCertificates", &format!("ListenerArn={listener}")).await.text;
    assert_eq!(told.matches(own).count(), 1, "{told}");
}

/// API reference, DeleteCertificate, AddTagsToCertificate, RemoveTagsFromCertificate; common errors.
#[tokio::test]
async fn certificates_in_use_stay_and_wrong_calls_are_refused() {
    let sandbox = Sandbox::fast().await;
    let ready = &sandbox.running.ready;
    let arn = &ready.certificate_arn;
    let told = sandbox.acm("DescribeCertificate", json!({"CertificateArn": arn})).await.json();
    assert_eq!(told["Certificate"]["InUseBy"], json!([ready.load_balancer_arn]));
    let gone = format!("{}0", arn);
    let crowd: Vec<Value> = (0..51).map(|n| json!({"Key": format!("k{n}")})).collect();
    for (operation, params, code) in [
        ("DeleteCertificate", json!({"CertificateArn": arn}), "ResourceInUseException"),
        ("DeleteCertificate", json!({"CertificateArn": gone}), "ResourceNotFoundException"),
        ("DescribeCertificate", json!({"CertificateArn": gone}), "ResourceNotFoundException"),
        ("DescribeCertificate", json!({"CertificateArn": "x"}), "InvalidArnException"),
        ("DescribeCertificate", json!({}), "ValidationException"),
        ("RequestCertificate", json!({"DomainName": "localhost"}), "ValidationException"),
        ("RequestCertificate", json!({"DomainName": "-a.example.com"}), "ValidationException"),
        ("RequestCertificate", json!({"DomainName": "a.*.example.com"}), "ValidationException"),
        (
            "RequestCertificate",
            json!({"DomainName": "a.example.com", "KeyAlgorithm": "x"}),
            "ValidationException",
        ),
        ("AddTagsToCertificate", json!({"CertificateArn": arn, "Tags": crowd}), "TooManyTagsException"),
        (
            "AddTagsToCertificate",
            json!({"CertificateArn": arn, "Tags": [{"Key": "aws:x"}]}),
            "InvalidTagException",
        ),
        ("ListCertificates", json!({"NextToken": "x"}), "ValidationException"),
        ("DescribeNothing", json!({}), "UnknownOperationException"),
    ] {
        let refused = sandbox.acm(operation, params.clone()).await;
        assert_eq!((refused.status, text(&refused.json()["__type"])), (400, code), "{operation} {params}");
    }
    let tags = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c"}]);
    sandbox.acm("AddTagsToCertificate", json!({"CertificateArn": arn, "Tags": tags})).await;
    let some = json!([{"Key": "a"}, {"Key": "b", "Value": "other"}]);
    sandbox.acm("RemoveTagsFromCertificate", json!({"CertificateArn": arn, "Tags": some})).await;
    let left = sandbox.acm("ListTagsForCertificate", json!({"CertificateArn": arn})).await.json();
    assert_eq!(left["Tags"], json!([{"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]));
    sandbox.elb("DeleteListener", &format!("ListenerArn={}", ready.listeners.https.arn)).await;
    assert_eq!(sandbox.acm("DeleteCertificate", json!({"CertificateArn": arn})).await.status, 200);
}
