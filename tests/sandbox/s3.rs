//! S3 as far as Terraform's state backend goes (S3 API reference; "Conditional writes"; "Checking object integrity"), and the
//! backend itself with the terraform that is on the PATH.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use hyper::{Method, Request};
use serde_json::{Value, json};

use crate::wire::{Reply, Sandbox};

const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/s3/aws4_request";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

async fn ask(sandbox: &Sandbox, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header("host", "sandbox");
    request = request.header("authorization", SCOPE);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sandbox.send(request.body(body.to_owned().into()).unwrap()).await.unwrap()
}

fn code(reply: &Reply) -> &str {
    match reply.text.contains("<Code>") {
        true => crate::wire::element(&reply.text, "Code"),
        false => "",
    }
}

#[tokio::test]
async fn objects_are_put_under_conditions_read_in_parts_listed_and_deleted() {
    let sandbox = Sandbox::fast().await;
    let bucket = format!("/{}", sandbox.running.ready.state_bucket);
    let at = |path: &str| format!("{bucket}{path}");
    let chunked = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let right = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    let wrong = "9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    let short = "9\r\n1234";
    let none = [].as_slice();
    let fresh = [("if-none-match", "*")].as_slice();
    let put = Method::PUT;
    type Row<'a> = (Method, String, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);
    let rows: Vec<Row> = vec![
        (put.clone(), at("/a"), fresh, "one", 200, ""),
        (put.clone(), at("/a"), fresh, "two", 412, "PreconditionFailed"),
        (put.clone(), at("/a"), &[("if-match", "\"x\"")], "two", 412, "PreconditionFailed"),
        (put.clone(), at("/none"), &[("if-match", "\"x\"")], "two", 404, "NoSuchKey"),
        (put.clone(), at("/sum"), &[("x-amz-content-sha256", EMPTY)], "x", 400, "XAmzContentSHA256Mismatch"),
        (put.clone(), at("/sum"), &chunked, wrong, 400, "BadDigest"),
        (put.clone(), at("/sum"), &chunked, short, 400, "IncompleteBody"),
        (put.clone(), at("/b/sum"), &chunked, right, 200, ""),
        (put.clone(), at(&format!("/{}", "k".repeat(1025))), none, "x", 400, "KeyTooLongError"),
        (put.clone(), "/nobodys/a".to_owned(), none, "x", 404, "NoSuchBucket"),
        (put.clone(), bucket.clone(), none, "", 409, "BucketAlreadyOwnedByYou"),
        (put.clone(), "/No".to_owned(), none, "", 400, "InvalidBucketName"),
        (put.clone(), "/other-bucket".to_owned(), none, "", 200, ""),
        (Method::GET, at("/none"), none, "", 404, "NoSuchKey"),
        (Method::HEAD, at("/none"), none, "", 404, ""),
        (Method::HEAD, "/nobodys".to_owned(), none, "", 404, ""),
        (Method::HEAD, bucket.clone(), none, "", 200, ""),
        (Method::GET, at("/a"), &[("range", "bytes=9-")], "", 416, "InvalidRange"),
        (Method::GET, at("/a"), &[("if-none-match", "*")], "", 304, ""),
        (Method::DELETE, bucket.clone(), none, "", 409, "BucketNotEmpty"),
        (Method::POST, at("/a?uploads"), none, "", 501, "NotImplemented"),
        (Method::DELETE, at("/none"), none, "", 204, ""),
        (Method::DELETE, "/other-bucket".to_owned(), none, "", 204, ""),
    ];
    for (method, path, headers, body, status, expected) in rows {
        let reply = ask(&sandbox, method.clone(), &path, headers, body).await;
        assert_eq!((reply.status, code(&reply)), (status, expected), "{method} {path}: {reply:?}");
    }
    let part = ask(&sandbox, Method::GET, &at("/b/sum"), &[("range", "bytes=2-4")], "").await;
    assert_eq!((part.status, part.text.as_str()), (206, "345"));
    let all = ask(&sandbox, Method::GET, &at("?list-type=2&delimiter=/"), none, "").await.text;
    assert!(all.contains("<Key>a</Key>") && all.contains("<Prefix>b/</Prefix>"), "{all}");
    let first = ask(&sandbox, Method::GET, &at("?list-type=2&max-keys=1"), none, "").await.text;
    let next = crate::wire::element(&first, "NextContinuationToken");
    let last =
        ask(&sandbox, Method::GET, &at(&format!("?list-type=2&continuation-token={next}")), none, "").await;
    assert!(last.text.contains("<Key>b/sum</Key>") && !last.text.contains("<Key>a</Key>"), "{last:?}");
    // Names with everything in them.
    let odd = at("/%C3%A9%20%2B%26%3D%25/x+y");
    assert_eq!(ask(&sandbox, Method::PUT, &odd, none, "odd").await.status, 200);
    let listed = ask(&sandbox, Method::GET, &at("?prefix=%C3%A9"), none, "").await.text;
    assert!(listed.contains("<Key>é +&amp;=%/x+y</Key>"), "{listed}");
    assert_eq!(ask(&sandbox, Method::GET, &odd, none, "").await.text, "odd");
}

const MAIN: &str = r#"
terraform {
  backend "s3" {}
}
variable "text" { default = "one" }
resource "terraform_data" "it" { input = var.text }
output "text" { value = terraform_data.it.output }
"#;

/// The real terraform in a folder, with the sandbox as its backend.
struct Project(tempfile::TempDir);

impl Project {
    fn new(sandbox: &Sandbox) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready = &sandbox.running.ready;
        let (bucket, region, endpoint) = (&ready.state_bucket, &ready.region, &ready.endpoint);
        let backend = format!(
            "bucket = \"{bucket}\"\nkey = \"shop/terraform.tfstate\"\nregion = \"{region}\"\nuse_lockfile = true\n\
             use_path_style = true\nendpoints = {{ s3 = \"{endpoint}\", sts = \"{endpoint}\" }}\n\
             skip_metadata_api_check = true\n"
        );
        std::fs::create_dir(folder.path().join("env")).unwrap();
        for (name, text) in [("main.tf", MAIN), ("env/backend.hcl", backend.as_str()), ("cli.tfrc", "")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        tokio::process::Command::new("terraform")
            .args(arguments)
            .current_dir(self.path())
            .env("TF_CLI_CONFIG_FILE", self.path().join("cli.tfrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("HOME", self.path())
            .kill_on_drop(true)
            .output()
            .await
            .expect("this test needs terraform 1.11 or newer on PATH")
    }

    async fn init(&self) {
        let ran = self.run(&["init", "-no-color", "-input=false", "-backend-config=env/backend.hcl"]).await;
        assert!(ran.status.success(), "{}", said(&ran));
    }
}

fn said(ran: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_keeps_its_state_there_and_of_two_applies_one_finds_the_lock_held() {
    let sandbox = Sandbox::fast().await;
    let (one, two) = (Project::new(&sandbox), Project::new(&sandbox));
    one.init().await;
    two.init().await;
    let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
    let ran = one.run(&apply).await;
    assert!(ran.status.success(), "{}", said(&ran));
    // What one wrote, the other reads.
    let ran = two.run(&["output", "-raw", "text"]).await;
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "one", "{}", said(&ran));

    // The first apply has taken the lock and comes no further than to its state's write.
    let fault = sandbox
        .fault(json!({"kind": "hold", "operations": ["PutObject"], "call": 2, "when": "before"}))
        .await;
    let change = [&apply[..], &["-var=text=two"]].concat();
    let (first, second) = tokio::join!(one.run(&change), async {
        let held = async {
            while sandbox.get("/_sandbox/faults").await["faults"][0]["held"][0].is_null() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), held)
            .await
            .expect("the first apply comes to its write");
        let refused = two.run(&apply).await;
        sandbox.admin(Method::POST, &format!("/_sandbox/faults/{fault}/release"), Value::Null).await;
        refused
    });
    assert!(!second.status.success(), "{}", said(&second));
    assert!(said(&second).contains("Error acquiring the state lock"), "{}", said(&second));
    assert!(said(&second).contains("PreconditionFailed"), "{}", said(&second));
    assert!(first.status.success(), "{}", said(&first));
    let ran = two.run(&["output", "-raw", "text"]).await;
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "two", "{}", said(&ran));
    // The lock is gone with the apply that held it.
    let listed =
        ask(&sandbox, Method::GET, &format!("/{}", sandbox.running.ready.state_bucket), &[], "").await;
    assert!(listed.text.contains("terraform.tfstate<") && !listed.text.contains(".tflock"), "{listed:?}");
    let ran = two.run(&["destroy", "-no-color", "-auto-approve"]).await;
    assert!(ran.status.success(), "{}", said(&ran));
}
