"""What boto3 sees: rules, weights, counts, tags, in as few words as a test needs."""

import re


def plain(group):
    """A group's name without the hash that it ends in."""
    return re.sub("-[0-9a-f]{6}$", "", group["TargetGroupName"])


def tags(pairs, key="Key", value="Value"):
    return {pair[key]: pair[value] for pair in pairs}


def rule(raw, names, tagged):
    action = raw["Actions"][-1]
    forward = action.get("ForwardConfig", {})
    groups = forward.get("TargetGroups", [])
    conditions = {}
    for condition in raw["Conditions"]:
        config = next(value for key, value in condition.items() if key.endswith("Config"))
        conditions[condition["Field"]] = sorted(config["Values"])
    return {
        "arn": raw["RuleArn"],
        "priority": int(raw["Priority"]),
        "conditions": conditions,
        "weights": {names.get(group["TargetGroupArn"], "?"): group["Weight"] for group in groups},
        "sticky": forward.get("TargetGroupStickinessConfig", {}).get("Enabled", False),
        "tags": tagged[raw["RuleArn"]],
    }


def look(ecs, elb, made):
    groups = elb.describe_target_groups()["TargetGroups"]
    names = {group["TargetGroupArn"]: plain(group) for group in groups}
    raw = {
        listener: [
            rule for rule in elb.describe_rules(ListenerArn=arn)["Rules"] if not rule["IsDefault"]
        ]
        for listener, arn in made["listeners"].items()
    }
    arns = list(names) + [rule["RuleArn"] for rules in raw.values() for rule in rules]
    tagged = {}
    for at in range(0, len(arns), 20):
        for described in elb.describe_tags(ResourceArns=arns[at : at + 20])["TagDescriptions"]:
            tagged[described["ResourceArn"]] = tags(described["Tags"])
    seen = {
        "rules": {
            listener: sorted((rule(one, names, tagged) for one in rules), key=lambda one: one["priority"])
            for listener, rules in raw.items()
        },
        "groups": {},
        "services": {},
    }
    for group in groups:
        arn = group["TargetGroupArn"]
        health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        seen["groups"][plain(group)] = {
            "healthy": sum(target["TargetHealth"]["State"] == "healthy" for target in health),
            "path": group["HealthCheckPath"],
            "interval": group["HealthCheckIntervalSeconds"],
            "tags": tagged[arn],
        }
    found = ecs.describe_services(
        cluster=made["cluster"], services=["nginx-blue", "nginx-green"], include=["TAGS"]
    )
    for service in found["services"]:
        if service["status"] != "INACTIVE":
            seen["services"][service["serviceName"]] = {
                "desired": service["desiredCount"],
                "running": service["runningCount"],
                "task_definition": service["taskDefinition"].split("/")[-1],
                "tags": tags(service.get("tags", []), "key", "value"),
            }
    return seen
