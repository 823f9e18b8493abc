"""The same questions to moto and to another endpoint: `differential.py MOTO OTHER`, each a JSON object like the
ready lines' (endpoint, vpc_id, subnets, security_groups).

Prints a list of [question, expected, moto's answer, the other's answer]. What is expected is from AWS's
documentation; an answer is an error code or the members asked for.
"""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import asked_more

KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
AT = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
NO_LISTENER = f"{AT}:listener/app/none/50dc6c495c0c9188/f2f7dc8efc522ab2"
NO_RULE = f"{AT}:listener-rule/app/none/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
NO_GROUP = f"{AT}:targetgroup/none/50dc6c495c0c9188"


class Stage:
    def __init__(self, at):
        options = {"endpoint_url": at["endpoint"], "config": Config(retries={"total_max_attempts": 1}), **KEYS}
        self.elb, self.ecs, self.at = boto3.client("elbv2", **options), boto3.client("ecs", **options), at
        asked_more.clients(self, options)
        balancer = self.elb.create_load_balancer(Name="asked", Subnets=at["subnets"], Scheme="internal")
        self.balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
        listener = self.elb.create_listener(
            LoadBalancerArn=self.balancer, Protocol="HTTP", Port=18081, DefaultActions=fixed
        )
        self.listener = listener["Listeners"][0]["ListenerArn"]
        self.a, self.b = self.group("asked-a"), self.group("asked-b")
        self.first, self.second = self.rule(10), self.rule(20)
        self.ecs.create_cluster(clusterName="asked")
        self.task = self.definition()
        self.service("web")

    def group(self, name, port=80):
        made = self.elb.create_target_group(
            Name=name, Protocol="HTTP", Port=port, VpcId=self.at["vpc_id"], TargetType="ip"
        )
        return made["TargetGroups"][0]["TargetGroupArn"]

    def forward(self, a=100, b=0, group=None):
        groups = [{"TargetGroupArn": self.a, "Weight": a}, {"TargetGroupArn": group or self.b, "Weight": b}]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]

    def conditions(self, **values):
        config = {
            "host": ("host-header", "HostHeaderConfig"),
            "path": ("path-pattern", "PathPatternConfig"),
            "source": ("source-ip", "SourceIpConfig"),
        }
        return [{"Field": config[k][0], config[k][1]: {"Values": v}} for k, v in values.items()]

    def create_rule(self, priority, listener=None, actions=None, conditions=None, tags=(("team", "web"),)):
        made = self.elb.create_rule(
            ListenerArn=listener or self.listener,
            Priority=priority,
            Conditions=conditions or self.conditions(host=[f"{priority}.example.com"]),
            Actions=actions or self.forward(),
            Tags=[{"Key": key, "Value": value} for key, value in tags],
        )
        return made["Rules"][0]

    def rule(self, priority, **options):
        return self.create_rule(priority, **options)["RuleArn"]

    def definition(self, family="asked"):
        made = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "web", "image": "web:1", "essential": True, "portMappings": [{"containerPort": 80}]}
            ],
        )
        return made["taskDefinition"]["taskDefinitionArn"]

    def service(self, name, cluster="asked", task=None, count=1):
        network = {"subnets": self.at["subnets"], "securityGroups": self.at["security_groups"]}
        made = self.ecs.create_service(
            cluster=cluster,
            serviceName=name,
            taskDefinition=task or self.task,
            desiredCount=count,
            launchType="FARGATE",
            loadBalancers=[{"targetGroupArn": self.a, "containerName": "web", "containerPort": 80}],
            networkConfiguration={"awsvpcConfiguration": network},
            tags=[{"key": "team", "value": "web"}],
        )
        return made["service"]


def weights(stage, rule):
    action = rule["Actions"][0]
    return [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]]


def fields(rule):
    found = {}
    for condition in rule["Conditions"]:
        config = next(value for key, value in condition.items() if key.endswith("Config"))
        found[condition["Field"]] = config["Values"]
    return found


def tags(stage, arn):
    described = stage.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    return {tag["Key"]: tag["Value"] for tag in described}


def changed_tags(s):
    arn = s.rule(31, tags=[("a", "1"), ("b", "2")])
    s.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "9"}, {"Key": "c", "Value": ""}])
    s.elb.remove_tags(ResourceArns=[arn], TagKeys=["b", "none"])
    return tags(s, arn)


def priorities(s, *pairs):
    pairs = [{"RuleArn": arn, "Priority": priority} for arn, priority in pairs]
    changed = s.elb.set_rule_priorities(RulePriorities=pairs)["Rules"]
    return sorted(rule["Priority"] for rule in changed)


def health_check(s):
    changed = s.elb.modify_target_group(
        TargetGroupArn=s.b, HealthCheckPath="/up", HealthCheckIntervalSeconds=20, Matcher={"HttpCode": "200-299"}
    )["TargetGroups"][0]
    return [changed[name] for name in ("HealthCheckPath", "HealthCheckIntervalSeconds", "Matcher", "TargetType")]


def attributes(s):
    key = "deregistration_delay.timeout_seconds"
    s.elb.modify_target_group_attributes(TargetGroupArn=s.b, Attributes=[{"Key": key, "Value": "7"}])
    shown = s.elb.describe_target_group_attributes(TargetGroupArn=s.b)["Attributes"]
    return {a["Key"]: a["Value"] for a in shown if a["Key"] in (key, "slow_start.duration_seconds")}


def tagged_service(s):
    arn = s.ecs.describe_services(cluster="asked", services=["web"])["services"][0]["serviceArn"]
    s.ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
    s.ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    return s.ecs.list_tags_for_resource(resourceArn=arn)["tags"]


def gone(s):
    s.service("gone", count=0)
    s.ecs.delete_service(cluster="asked", service="gone", force=True)
    for _ in range(100):
        seen = [x["status"] for x in s.ecs.describe_services(cluster="asked", services=["gone"])["services"]]
        if seen != ["DRAINING"]:
            break
        time.sleep(0.1)
    return seen


def reasons(answer):
    return [failure["reason"] for failure in answer["failures"]]


# Question, what AWS answers, how to ask.
QUESTIONS = [
    ("rules of no listener", "ListenerNotFound", lambda s: s.elb.describe_rules(ListenerArn=NO_LISTENER)),
    ("no rule", "RuleNotFound", lambda s: s.elb.describe_rules(RuleArns=[NO_RULE])),
    ("change no rule", "RuleNotFound", lambda s: s.elb.modify_rule(RuleArn=NO_RULE, Actions=s.forward())),
    ("a taken priority", "PriorityInUse", lambda s: s.rule(10)),
    ("a rule to no group", "TargetGroupNotFound", lambda s: s.rule(40, actions=s.forward(group=NO_GROUP))),
    ("a rule on no listener", "ListenerNotFound", lambda s: s.rule(41, listener=NO_LISTENER)),
    ("delete a group in use", "ResourceInUse", lambda s: s.elb.delete_target_group(TargetGroupArn=s.a)),
    ("no group of that name", "TargetGroupNotFound", lambda s: s.elb.describe_target_groups(Names=["none"])),
    (
        "one name of two",
        "TargetGroupNotFound",
        lambda s: s.elb.describe_target_groups(Names=["asked-a", "none"]),
    ),
    (
        "no group of that ARN",
        "TargetGroupNotFound",
        lambda s: s.elb.describe_target_groups(TargetGroupArns=[NO_GROUP]),
    ),
    ("no load balancer", "LoadBalancerNotFound", lambda s: s.elb.describe_load_balancers(Names=["none"])),
    ("no listener", "ListenerNotFound", lambda s: s.elb.describe_listeners(ListenerArns=[NO_LISTENER])),
    ("health of no group", "TargetGroupNotFound", lambda s: s.elb.describe_target_health(TargetGroupArn=NO_GROUP)),
    ("tags of no rule", "RuleNotFound", lambda s: tags(s, NO_RULE)),
    ("tags of no group", "TargetGroupNotFound", lambda s: tags(s, NO_GROUP)),
    ("the same group again", True, lambda s: s.group("asked-a") == s.a),
    ("another group of that name", "DuplicateTargetGroupName", lambda s: s.group("asked-a", port=81)),
    ("weights", [0, 7], lambda s: weights(s, s.elb.modify_rule(RuleArn=s.first, Actions=s.forward(0, 7))["Rules"][0])),
    (
        "conditions",
        {"host-header": ["a.example.com"], "path-pattern": ["/a/*"], "source-ip": ["10.0.0.0/8"]},
        lambda s: fields(
            s.create_rule(30, conditions=s.conditions(host=["a.example.com"], path=["/a/*"], source=["10.0.0.0/8"]))
        ),
    ),
    ("tags of a rule", {"a": "9", "c": ""}, changed_tags),
    ("free priorities", ["11", "21"], lambda s: priorities(s, (s.first, 11), (s.second, 21))),
    ("swapped priorities", ["11", "21"], lambda s: priorities(s, (s.first, 21), (s.second, 11))),
    ("another's priority", "PriorityInUse", lambda s: priorities(s, (s.first, 30))),
    ("priority of no rule", "RuleNotFound", lambda s: priorities(s, (NO_RULE, 77))),
    ("health check", ["/up", 20, {"HttpCode": "200-299"}, "ip"], health_check),
    (
        "attributes",
        {"deregistration_delay.timeout_seconds": "7", "slow_start.duration_seconds": "0"},
        attributes,
    ),
    ("delete a rule twice", "RuleNotFound", lambda s: [s.elb.delete_rule(RuleArn=s.second) for _ in range(2)]),
    ("no service", ["MISSING"], lambda s: reasons(s.ecs.describe_services(cluster="asked", services=["none"]))),
    (
        "services of no cluster",
        "ClusterNotFoundException",
        lambda s: s.ecs.describe_services(cluster="none", services=["web"]),
    ),
    ("no cluster", ["MISSING"], lambda s: reasons(s.ecs.describe_clusters(clusters=["none"]))),
    (
        "change no service",
        "ServiceNotFoundException",
        lambda s: s.ecs.update_service(cluster="asked", service="none", desiredCount=1),
    ),
    ("a service of no task definition", "ClientException", lambda s: s.service("x", task="none:1")),
    ("a service in no cluster", "ClusterNotFoundException", lambda s: s.service("x", cluster="none")),
    ("no task definition", "ClientException", lambda s: s.ecs.describe_task_definition(taskDefinition="none:1")),
    (
        "the next revision",
        True,
        lambda s: int(s.definition().rsplit(":", 1)[1]) == int(s.task.rsplit(":", 1)[1]) + 1,
    ),
    (
        "delete a service that has tasks",
        "InvalidParameterException",
        lambda s: s.ecs.delete_service(cluster="asked", service="web"),
    ),
    (
        "more tasks",
        2,
        lambda s: s.ecs.update_service(cluster="asked", service="web", desiredCount=2)["service"]["desiredCount"],
    ),
    ("tags of a service", [{"key": "a", "value": "1"}], tagged_service),
    ("a deleted service", ["INACTIVE"], gone),
    (
        "change a deleted service",
        "ServiceNotActiveException",
        lambda s: s.ecs.update_service(cluster="asked", service="gone", desiredCount=1),
    ),
    (
        "the same name with other settings",
        "InvalidParameterException",
        lambda s: s.service("web", count=3),
    ),
    (
        "delete a cluster that has services",
        "ClusterContainsServicesException",
        lambda s: s.ecs.delete_cluster(cluster="asked"),
    ),
    ("tasks of no service", "ServiceNotFoundException", lambda s: s.ecs.list_tasks(cluster="asked", serviceName="none")),
]  # fmt: skip


def ask(stage, question):
    try:
        return question(stage)
    except ClientError as error:
        return error.response["Error"]["Code"]


stages = [Stage(json.loads(argument)) for argument in sys.argv[1:]]
answers = [[name, expected, *(ask(stage, how) for stage in stages)] for name, expected, how in QUESTIONS + asked_more.QUESTIONS]
json.dump(answers, sys.stdout, default=str)
