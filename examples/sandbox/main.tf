# Two services on one load balancer, released through the toggles in release.auto.tfvars.json.
# The values of sandbox.auto.tfvars.json come from `terraform-provider-bluegreen sandbox`.

terraform {
  required_providers {
    bluegreen = {
      source = "ecs-bluegreen/bluegreen"
    }
  }
}

provider "bluegreen" {
  region     = var.region
  access_key = "sandbox"
  secret_key = "sandbox"

  endpoints {
    ecs                    = var.endpoint
    elasticloadbalancingv2 = var.endpoint
  }
}

resource "bluegreen_service" "web" {
  for_each = toset(["apache", "nginx"])

  name         = each.key
  cluster      = var.cluster
  vpc_id       = var.vpc_id
  listener_arn = var.listeners.production.arn
  host_headers = ["${each.key}.example.com"]

  production_priority = each.key == "nginx" ? 100 : 200
  canary_priority     = each.key == "nginx" ? 99 : 199

  blue    = { task_definition = "${each.key}:${var.blue_revision}" }
  green   = { task_definition = "${each.key}:${var.green_revision}" }
  primary = var.primary

  desired_count = 2
  canary_count  = 1

  container_name = each.key
  container_port = 80

  network_configuration = {
    subnets         = var.subnets
    security_groups = var.security_groups
  }

  enable_canary     = var.enable_canary
  activate_canary   = var.activate_canary
  promote_to_all    = var.promote_to_all
  canary_source_ips = var.canary_source_ips
}

output "phases" {
  value = { for name, service in bluegreen_service.web : name => service.phase }
}
