"""Plays the part of ECS that moto does not have: tasks, their targets, deployments.

Everything else is moto's own answer, untouched. What is added or changed, and which lie of moto 5.2.5 asks for it:

* ListTasks, DescribeTasks: moto has no tasks for services.
* Targets: moto registers none. The shim registers each running task's address in the service's target group
  (in moto, by RegisterTargets) and takes it out again; health stays moto's own answer.
* runningCount, pendingCount: moto leaves a new service at 0 for ever, and an updated one is where it should be
  at once. They follow the tasks.
* deployments: moto never touches them. Each deployment is IN_PROGRESS until its tasks run and the old ones
  are gone.
* taskDefinition: after UpdateService moto says what was typed ("nginx:2") in place of the ARN.
* settings of CreateService and UpdateService that moto forgets (`FORGOTTEN`): given back as they were sent.
* SetRulePriorities: moto refuses a number that a rule of the same call still has. AWS asks only for "no priority
  conflicts in the new order", so the rules are moved out of the way first.
"""

import json
import threading
import time
import uuid
from urllib.parse import parse_qs

from proxy import Shim

# A task is PENDING for this long before it runs.
START = 0.25
TICK = 0.05
FORGOTTEN = {
    "deploymentConfiguration": None,
    "healthCheckGracePeriodSeconds": 0,
    "platformVersion": "LATEST",
    "enableExecuteCommand": False,
    "enableECSManagedTags": False,
    "availabilityZoneRebalancing": "DISABLED",
    "capacityProviderStrategy": None,
    "propagateTags": "NONE",
    "networkConfiguration": None,
    "loadBalancers": None,
}


class Task:
    numbers = iter(range(2, 60000))

    def __init__(self, service, definition):
        number = next(Task.numbers)
        self.address = f"10.9.{number // 250}.{number % 250 + 1}"
        self.arn = service.arn.replace(":service/", ":task/").rsplit("/", 1)[0] + "/" + uuid.uuid4().hex
        self.definition, self.service, self.born, self.running = definition, service, time.time(), False

    def shown(self):
        state = "RUNNING" if self.running else "PENDING"
        details = [{"name": "privateIPv4Address", "value": self.address}]
        return {
            "taskArn": self.arn,
            "clusterArn": self.service.cluster_arn,
            "group": f"service:{self.service.name}",
            "taskDefinitionArn": self.definition,
            "lastStatus": state,
            "desiredStatus": "RUNNING",
            "launchType": "FARGATE",
            "createdAt": self.born,
            "attachments": [
                {"id": str(uuid.uuid4()), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}
            ],
            "containers": [],
        }


class Deployment:
    def __init__(self, definition, desired):
        self.id = f"ecs-svc/{uuid.uuid4().int % 10**19}"
        self.definition, self.desired, self.born, self.done = definition, desired, time.time(), False

    def shown(self, status, tasks, launch_type):
        running = sum(task.running for task in tasks)
        state = "COMPLETED" if self.done else "IN_PROGRESS"
        return {
            "id": self.id,
            "status": status,
            "taskDefinition": self.definition,
            "desiredCount": self.desired,
            "runningCount": running,
            "pendingCount": len(tasks) - running,
            "failedTasks": 0,
            "createdAt": self.born,
            "updatedAt": self.born,
            "launchType": launch_type,
            "rolloutState": state,
            "rolloutStateReason": f"ECS deployment {self.id} {'completed' if self.done else 'in progress'}.",
        }


class Service:
    def __init__(self, answer):
        self.arn, self.name, self.cluster_arn = answer["serviceArn"], answer["serviceName"], answer["clusterArn"]
        self.sent, self.desired, self.tasks, self.gone = {}, 0, [], False
        self.deployments = []

    def follow(self, sent, definition):
        """Takes over what CreateService or UpdateService sent."""
        self.sent.update({name: sent[name] for name in FORGOTTEN if sent.get(name) is not None})
        self.desired = sent.get("desiredCount", self.desired)
        current = self.deployments[0] if self.deployments else None
        deploys = {"forceNewDeployment", "platformVersion", "networkConfiguration", "loadBalancers", "launchType"}
        deploys |= {"capacityProviderStrategy", "enableExecuteCommand", "propagateTags", "enableECSManagedTags"}
        if current is None or definition or any(sent.get(name) for name in deploys):
            self.deployments.insert(0, Deployment(definition or current.definition, self.desired))
        self.deployments[0].desired = self.desired

    def groups(self):
        for balancer in self.sent.get("loadBalancers") or []:
            yield balancer["targetGroupArn"], balancer["containerPort"]

    def tick(self, elb):
        now, primary = time.time(), self.deployments[0]
        wished = 0 if self.gone else self.desired
        mine = [task for task in self.tasks if task.deployment is primary]
        for _ in range(wished - len(mine)):
            task = Task(self, primary.definition)
            task.deployment = primary
            self.tasks.append(task)
        for task in self.tasks:
            if not task.running and now - task.born > START:
                self.targets(elb.register_targets, task)
                task.running = True
        mine = [task for task in self.tasks if task.deployment is primary]
        started = sum(task.running for task in mine) >= wished
        # Old ones go when the new ones run, the newest of too many go first.
        surplus = mine[wished:] + [task for task in self.tasks if task.deployment is not primary and started]
        for task in surplus:
            self.tasks.remove(task)
            self.targets(elb.deregister_targets, task)
        if started and len(self.tasks) == wished:
            primary.done = True
            del self.deployments[1:]

    def targets(self, call, task):
        for group, port in self.groups():
            try:
                call(TargetGroupArn=group, Targets=[{"Id": task.address, "Port": port}])
            except Exception as error:  # The group may be gone by now, as in AWS.
                if "TargetGroupNotFound" not in str(error):
                    raise

    def patch(self, shown):
        """Over moto's answer."""
        for name, default in FORGOTTEN.items():
            if shown.get(name) in (None, [], {}) or name in self.sent:
                value = self.sent.get(name, default)
                if value is not None:
                    shown[name] = value
        running = sum(task.running for task in self.tasks)
        shown["runningCount"], shown["pendingCount"] = running, len(self.tasks) - running
        shown["taskDefinition"] = self.deployments[0].definition
        launch_type = shown.get("launchType", "FARGATE")
        shown["deployments"] = [
            deployment.shown(
                "PRIMARY" if deployment is self.deployments[0] else "ACTIVE",
                [task for task in self.tasks if task.deployment is deployment],
                launch_type,
            )
            for deployment in self.deployments
        ]


class EcsShim(Shim):
    def __init__(self, ecs, elb):
        self.ecs, self.elb = ecs, elb
        self.services, self.lock = {}, threading.Lock()
        self.errors = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            time.sleep(TICK)
            with self.lock:
                for service in list(self.services.values()):
                    try:
                        service.tick(self.elb)
                    except Exception as error:
                        self.errors.append(repr(error))

    def key(self, cluster, service):
        return (cluster or "default").split("/")[-1], (service or "").split("/")[-1]

    def before(self, call):
        if call.operation == "SetRulePriorities":
            return self.out_of_the_way(call)
        if call.service != "ecs" or call.operation not in ("ListTasks", "DescribeTasks"):
            return None
        sent = json.loads(call.body)
        with self.lock:
            if call.operation == "ListTasks":
                return self.list_tasks(sent)
            wished = set(sent.get("tasks", []))
            tasks = [task for service in self.services.values() for task in service.tasks if task.arn in wished]
            found = {task.arn for task in tasks}
            failures = [{"arn": arn, "reason": "MISSING"} for arn in sorted(wished - found)]
            return answer({"tasks": [task.shown() for task in tasks], "failures": failures})

    def out_of_the_way(self, call):
        sent = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        arns = [value for name, value in sorted(sent.items()) if name.endswith(".RuleArn")]
        rules = [{"RuleArn": arn, "Priority": 49000 + number} for number, arn in enumerate(arns)]
        self.elb.set_rule_priorities(RulePriorities=rules)

    def list_tasks(self, sent):
        service = self.services.get(self.key(sent.get("cluster"), sent.get("serviceName")))
        if service is None:
            return answer({"__type": "ServiceNotFoundException", "message": "Service not found."}, 400)
        stopped = sent.get("desiredStatus") == "STOPPED"
        return answer({"taskArns": [] if stopped else [task.arn for task in service.tasks]})

    def after(self, call):
        if call.service != "ecs" or call.status != 200:
            return
        sent, shown = json.loads(call.body), json.loads(call.answer)
        with self.lock:
            if call.operation in ("CreateService", "UpdateService"):
                name = sent.get("serviceName") or sent.get("service")
                key = self.key(sent.get("cluster"), name)
                service = self.services.get(key)
                if service is None or service.gone:
                    service = self.services[key] = Service(shown["service"])
                service.follow(sent, self.definition(sent.get("taskDefinition")))
                service.patch(shown["service"])
            elif call.operation == "DeleteService":
                service = self.services.get(self.key(sent.get("cluster"), sent.get("service")))
                if service:
                    service.gone = True
            elif call.operation == "DescribeServices":
                for described in shown["services"]:
                    service = self.services.get(self.key(described["clusterArn"], described["serviceName"]))
                    if service:
                        service.patch(described)
            else:
                return
        call.answer = json.dumps(shown).encode()

    def definition(self, name):
        if name is None or name.startswith("arn:"):
            return name
        return self.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["taskDefinitionArn"]


def answer(body, status=200):
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps(body).encode()
