//! A person's session with awscli against the sandbox: everything made, looked at, changed and taken away by hand.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::python::tool;
use super::sandbox::Stage;

struct Person {
    endpoint: String,
}

impl Person {
    /// `line` is what a person types after `aws`; arguments with blanks are not needed here.
    fn types(&self, line: &str) -> Output {
        Command::new(tool("aws"))
            .args(line.split_whitespace())
            .args(["--endpoint-url", &self.endpoint, "--region", "eu-west-1", "--output", "json"])
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_PAGER", "")])
            .envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")])
            .output()
            .unwrap()
    }

    /// The answer of a command that must succeed.
    fn aws(&self, line: &str) -> Value {
        let output = self.types(line);
        assert!(output.status.success(), "aws {line}: {}", String::from_utf8_lossy(&output.stderr));
        match output.stdout.trim_ascii() {
            [] => Value::Null,
            text => serde_json::from_slice(text).unwrap(),
        }
    }

    fn text(&self, line: &str, pointer: &str) -> String {
        let answer = self.aws(line);
        let text = answer.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("aws {line}: no {pointer} in {answer:#}")).to_owned()
    }

    /// A command that must be refused with that code.
    fn refused(&self, line: &str, code: &str) {
        let output = self.types(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(&format!("({code})")), "aws {line}: {said}");
    }

    /// A waiter of awscli's. It looks at once and then every 15 seconds, and the sandbox's clock is faster than
    /// that: the state is there before, and the waiter must see so at its first look.
    fn waits(&self, line: &str) {
        let started = Instant::now();
        self.aws(line);
        assert!(started.elapsed() < Duration::from_secs(14), "aws {line} did not see it at its first look");
    }

    /// Everything, one at a time. For elbv2 awscli takes `--page-size` for the API's own PageSize and does not
    /// turn the pages itself.
    fn page_by_page(&self, line: &str, name: &str) -> Vec<Value> {
        let (mut found, mut marker) = (Vec::new(), String::new());
        loop {
            let page = self.aws(&format!("{line} --page-size 1{marker}"));
            let elb = line.starts_with("elbv2");
            assert!(!elb || count(&page, name) == 1, "{page:#}");
            found.extend(page[name].as_array().unwrap().iter().cloned());
            match page["NextMarker"].as_str() {
                Some(next) => marker = format!(" --marker {next}"),
                None => return found,
            }
        }
    }

    fn until(&self, line: &str, is_there: impl Fn(&Value) -> bool) {
        let started = Instant::now();
        loop {
            let answer = self.aws(line);
            if is_there(&answer) {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(90), "aws {line}: {answer:#}");
        }
    }
}

fn count(answer: &Value, name: &str) -> usize {
    answer[name].as_array().unwrap_or_else(|| panic!("no {name} in {answer:#}")).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_makes_looks_at_changes_and_deletes_everything_by_hand() {
    let stage = Stage::new().await;
    let person = Person { endpoint: stage.endpoint().to_owned() };
    let at = stage.at.clone();
    tokio::task::spawn_blocking(move || session(&person, &at)).await.unwrap();
    stage.end().await;
}

fn session(person: &Person, at: &Value) {
    let subnets = format!("{} {}", at["subnets"][0].as_str().unwrap(), at["subnets"][1].as_str().unwrap());
    let (vpc, group) = (at["vpc_id"].as_str().unwrap(), at["security_groups"][0].as_str().unwrap());

    // A cluster, a load balancer with a listener, two target groups, a rule.
    let cluster = person.text("ecs create-cluster --cluster-name by-hand", "/cluster/clusterName");
    let made = format!(
        "elbv2 create-load-balancer --name by-hand --subnets {subnets} --scheme internal --tags Key=team,Value=web"
    );
    let balancer = person.text(&made, "/LoadBalancers/0/LoadBalancerArn");
    person.until(&format!("elbv2 describe-load-balancers --load-balancer-arns {balancer}"), |answer| {
        answer["LoadBalancers"][0]["State"]["Code"] == "active"
    });
    person.waits(&format!("elbv2 wait load-balancer-available --load-balancer-arns {balancer}"));
    let listener = person.text(
        &format!("elbv2 create-listener --load-balancer-arn {balancer} --protocol HTTP --port 18080 --default-actions Type=fixed-response,FixedResponseConfig={{StatusCode=404}}"),
        "/Listeners/0/ListenerArn",
    );
    let groups = ["by-hand-a", "by-hand-b"].map(|name| {
        person.text(
            &format!("elbv2 create-target-group --name {name} --protocol HTTP --port 80 --vpc-id {vpc} --target-type ip --health-check-interval-seconds 10 --health-check-timeout-seconds 5 --healthy-threshold-count 2"),
            "/TargetGroups/0/TargetGroupArn",
        )
    });
    let forward = |a: u32, b: u32| {
        format!(
            r#"[{{"Type":"forward","ForwardConfig":{{"TargetGroups":[{{"TargetGroupArn":"{}","Weight":{a}}},{{"TargetGroupArn":"{}","Weight":{b}}}]}}}}]"#,
            groups[0], groups[1]
        )
    };
    let rule = |priority: u32, host: &str| {
        format!(
            "elbv2 create-rule --listener-arn {listener} --priority {priority} --conditions Field=host-header,Values={host} --actions {}",
            forward(100, 0)
        )
    };
    let first = person.text(&rule(10, "a.example.com"), "/Rules/0/RuleArn");
    let second = person.text(&rule(20, "b.example.com"), "/Rules/0/RuleArn");
    person.refused(&rule(10, "c.example.com"), "PriorityInUse");
    person.refused(&format!("elbv2 delete-target-group --target-group-arn {}", groups[0]), "ResourceInUse");

    // A service of two tasks.
    let task = person.text(
        r#"ecs register-task-definition --family by-hand --network-mode awsvpc --requires-compatibilities FARGATE --cpu 256 --memory 512 --container-definitions [{"name":"web","image":"web:1","essential":true,"portMappings":[{"containerPort":80}]}]"#,
        "/taskDefinition/taskDefinitionArn",
    );
    person.aws(&format!("ecs create-service --cluster {cluster} --service-name web --task-definition {task} --desired-count 2 --launch-type FARGATE --load-balancers targetGroupArn={},containerName=web,containerPort=80 --network-configuration awsvpcConfiguration={{subnets=[{}],securityGroups=[{group}]}}", groups[0], subnets.replace(' ', ",")));
    person.until(&format!("ecs describe-services --cluster {cluster} --services web"), |answer| {
        let service = &answer["services"][0];
        service["runningCount"] == 2 && service["deployments"][0]["rolloutState"] == "COMPLETED"
    });
    person.waits(&format!("ecs wait services-stable --cluster {cluster} --services web"));
    person.until(&format!("elbv2 describe-target-health --target-group-arn {}", groups[0]), |answer| {
        let targets = answer["TargetHealthDescriptions"].as_array().unwrap();
        targets.len() == 2 && targets.iter().all(|target| target["TargetHealth"]["State"] == "healthy")
    });
    person.waits(&format!("elbv2 wait target-in-service --target-group-arn {}", groups[0]));

    // Small pages say the same as large ones.
    for (line, name) in [
        (format!("ecs list-tasks --cluster {cluster} --service-name web"), "taskArns"),
        (format!("elbv2 describe-rules --listener-arn {listener}"), "Rules"),
        ("elbv2 describe-target-groups".to_owned(), "TargetGroups"),
        ("elbv2 describe-load-balancers".to_owned(), "LoadBalancers"),
        ("ecs list-clusters".to_owned(), "clusterArns"),
    ] {
        let (whole, paged) = (person.aws(&line), person.page_by_page(&line, name));
        assert!(count(&whole, name) >= 2, "{whole:#}");
        assert_eq!(*whole[name].as_array().unwrap(), paged, "{line}");
        let one = person.aws(&format!("{line} --max-items 1"));
        assert_eq!((count(&one, name), &one[name][0]), (1, &whole[name][0]), "{line}");
        let token = one["NextToken"].as_str().unwrap();
        let rest = person.aws(&format!("{line} --starting-token {token}"));
        assert_eq!(count(&rest, name), count(&whole, name) - 1, "{line}");
    }
    let tasks = person.aws(&format!("ecs list-tasks --cluster {cluster} --service-name web"));
    let arn = tasks["taskArns"][0].as_str().unwrap();
    let task_seen = person.aws(&format!("ecs describe-tasks --cluster {cluster} --tasks {arn}"));
    assert_eq!(task_seen["tasks"][0]["lastStatus"], "RUNNING", "{task_seen:#}");

    // Tags, weights, priorities.
    person.aws(&format!("elbv2 add-tags --resource-arns {first} {second} --tags Key=a,Value=1"));
    person.aws(&format!("elbv2 remove-tags --resource-arns {second} --tag-keys a"));
    let tags = person.aws(&format!("elbv2 describe-tags --resource-arns {first} {second} {balancer}"));
    let tags: Vec<usize> = (0..3).map(|i| count(&tags["TagDescriptions"][i], "Tags")).collect();
    assert_eq!(tags, [1, 0, 1]);
    let changed = person.aws(&format!("elbv2 modify-rule --rule-arn {first} --actions {}", forward(0, 7)));
    let weights = &changed["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"];
    assert_eq!((&weights[0]["Weight"], &weights[1]["Weight"]), (&0.into(), &7.into()), "{changed:#}");
    // Each takes the other's place at once.
    person.aws(&format!(
        "elbv2 set-rule-priorities --rule-priorities RuleArn={first},Priority=20 RuleArn={second},Priority=10"
    ));
    let rules = person.aws(&format!("elbv2 describe-rules --listener-arn {listener}"));
    let order: Vec<&str> = (0..3).map(|i| rules["Rules"][i]["Priority"].as_str().unwrap()).collect();
    assert_eq!(order, ["10", "20", "default"]);
    assert_eq!(rules["Rules"][0]["RuleArn"], *second);

    // And away with it all.
    person.refused(
        &format!("ecs delete-service --cluster {cluster} --service web"),
        "InvalidParameterException",
    );
    person.refused(&format!("ecs delete-cluster --cluster {cluster}"), "ClusterContainsServicesException");
    person.aws(&format!("ecs update-service --cluster {cluster} --service web --desired-count 0"));
    person.aws(&format!("ecs delete-service --cluster {cluster} --service web --force"));
    person.until(&format!("ecs describe-services --cluster {cluster} --services web"), |answer| {
        answer["services"][0]["status"] == "INACTIVE"
    });
    person.waits(&format!("ecs wait services-inactive --cluster {cluster} --services web"));
    person.refused(
        &format!("ecs update-service --cluster {cluster} --service web --desired-count 1"),
        "ServiceNotActiveException",
    );
    person.aws(&format!("ecs delete-cluster --cluster {cluster}"));
    person.aws(&format!("elbv2 delete-rule --rule-arn {first}"));
    person.refused(&format!("elbv2 delete-rule --rule-arn {first}"), "RuleNotFound");
    person.aws(&format!("elbv2 delete-listener --listener-arn {listener}"));
    for group in &groups {
        person.aws(&format!("elbv2 delete-target-group --target-group-arn {group}"));
    }
    person.refused(
        &format!("elbv2 describe-target-groups --target-group-arns {}", groups[0]),
        "TargetGroupNotFound",
    );
    person.aws(&format!("elbv2 delete-load-balancer --load-balancer-arn {balancer}"));
    person.refused(
        &format!("elbv2 describe-load-balancers --load-balancer-arns {balancer}"),
        "LoadBalancerNotFound",
    );
}
