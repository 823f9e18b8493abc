# Two services on one load balancer, on HTTPS. A release changes env/terraform.tfvars and nothing else.
#
#   terraform init -backend-config=env/backend.hcl
#   terraform apply -var-file=env/terraform.tfvars
#
# What an account would have is the sandbox's: `terraform-provider-bluegreen sandbox --port 4600 --dir .` in this
# folder, which writes sandbox.auto.tfvars.json.

terraform {
  required_version = ">= 1.11"

  backend "s3" {}

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

locals {
  services = {
    nginx  = { production_priority = 100, canary_priority = 99 }
    apache = { production_priority = 200, canary_priority = 199 }
  }
}

resource "bluegreen_service" "web" {
  for_each = local.services

  name         = each.key
  cluster      = var.cluster
  vpc_id       = var.vpc_id
  listener_arn = var.listeners.https.arn
  host_headers = ["${each.key}.${var.domain}"]

  production_priority = each.value.production_priority
  canary_priority     = each.value.canary_priority

  blue    = { task_definition = "${each.key}:${var.blue_revision}" }
  green   = { task_definition = "${each.key}:${var.green_revision}" }
  primary = var.primary

  desired_count = var.desired_count
  canary_count  = var.canary_count

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
