"""moto behind the proxy and the ECS shim, with a network, a load balancer, a cluster and task definitions.

Prints one JSON line when ready and ends when its standard input closes.
"""

import json
import logging
import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1")
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from ecs_shim import EcsShim
from look import look
from proxy import serve


def client(service, endpoint):
    return boto3.client(service, endpoint_url=endpoint)


def build(endpoint):
    ec2, elb, ecs = (client(name, endpoint) for name in ("ec2", "elbv2", "ecs"))
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{third}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for third, zone in ((0, "eu-west-1a"), (1, "eu-west-1b"))
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets, Scheme="internet-facing", Type="application")
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nobody"}
    listeners = {
        name: elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
        )["Listeners"][0]["ListenerArn"]
        for name, port in (("production", 80), ("test", 8443))
    }
    ecs.create_cluster(clusterName="shop")
    for revision in range(1, 5):
        ecs.register_task_definition(
            family="nginx",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": "nginx",
                    "image": f"nginx:{revision}",
                    "essential": True,
                    "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
                }
            ],
        )
    return {"vpc_id": vpc, "subnets": subnets, "security_groups": [group], "listeners": listeners, "cluster": "shop"}


def main():
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    bare = f"http://{host}:{port}"
    made = build(bare)
    shim = EcsShim(client("ecs", bare), client("elbv2", bare))
    proxy = serve(f"{host}:{port}", shim)
    shim.look = lambda: look(client("ecs", endpoint), client("elbv2", bare), made)
    endpoint = f"http://127.0.0.1:{proxy.server_address[1]}"
    print(json.dumps({"endpoint": endpoint, "moto": bare, "region": "eu-west-1"} | made), flush=True)
    sys.stdin.read()
    if shim.errors:
        print("\n".join(sorted(set(shim.errors))), file=sys.stderr)
        sys.exit(1)


main()
