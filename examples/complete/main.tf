terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    bluegreen = {
      source  = "ecs-bluegreen/bluegreen"
      version = "~> 0.1"
    }
  }

  # Completed by `terraform init -backend-config=env/backend.hcl`.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

provider "bluegreen" {
  region = var.region
}

locals {
  tags = {
    project = var.name
    managed = "terraform"
  }
}

module "vpc" {
  source = "./modules/vpc"

  name               = var.name
  cidr_block         = var.vpc_cidr
  zone_count         = var.zone_count
  private_tasks      = var.private_tasks
  single_nat_gateway = var.single_nat_gateway
}

module "iam" {
  source = "./modules/iam"

  name     = var.name
  services = keys(var.services)
}

module "alb" {
  source = "./modules/alb"

  name       = var.name
  vpc_id     = module.vpc.vpc_id
  subnet_ids = module.vpc.public_subnet_ids

  zone_name = var.zone_name
  hosts     = flatten([for service in values(var.services) : service.hosts])

  enable_test_listener        = var.enable_test_listener
  test_listener_allowed_cidrs = var.test_listener_allowed_cidrs
}

module "ecs_cluster" {
  source = "./modules/ecs-cluster"

  name = var.name
}

module "service" {
  source   = "./modules/ecs-blue-green-service"
  for_each = var.services

  name    = each.key
  region  = var.region
  cluster = module.ecs_cluster.name

  vpc_id                          = module.vpc.vpc_id
  subnet_ids                      = module.vpc.task_subnet_ids
  assign_public_ip                = !var.private_tasks
  load_balancer_security_group_id = module.alb.security_group_id

  listener_arn        = module.alb.https_listener_arn
  host_headers        = each.value.hosts
  production_priority = each.value.production_priority
  canary_priority     = each.value.canary_priority

  test_listener = var.enable_test_listener ? {
    arn           = module.alb.test_listener_arn
    allowed_cidrs = var.test_listener_allowed_cidrs
    priority      = each.value.production_priority
  } : null

  execution_role_arn = module.iam.execution_role_arn
  task_role_arn      = module.iam.task_role_arns[each.key]

  blue           = each.value.blue
  green          = each.value.green
  primary        = each.value.primary
  container_port = each.value.container_port
  cpu            = each.value.cpu
  memory         = each.value.memory

  health_check_path = each.value.health_check_path
  desired_count     = each.value.desired_count
  canary_count      = each.value.canary_count
  standby_count     = each.value.standby_count

  enable_canary     = each.value.enable_canary
  activate_canary   = each.value.activate_canary
  promote_to_all    = each.value.promote_to_all
  canary_source_ips = var.office_cidrs

  tags = local.tags
}
