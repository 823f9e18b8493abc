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
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.cluster}/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_security_group" "tasks" {
  name        = "${var.cluster}-${var.name}-tasks"
  description = "Tasks of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.cluster}-${var.name}-tasks" }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "Load balancer"
  referenced_security_group_id = var.load_balancer_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.tasks.id
  description       = "Images, logs, and whatever the service calls"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# One revision a side. The ones before stay registered, so that the way back never meets one that is gone.
resource "aws_ecs_task_definition" "this" {
  for_each = { blue = var.blue, green = var.green }

  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn
  skip_destroy             = true

  container_definitions = jsonencode([{
    name         = var.name
    image        = each.value.image
    essential    = true
    portMappings = [{ containerPort = var.container_port, protocol = "tcp" }]
    environment  = [for name, value in each.value.environment : { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

resource "bluegreen_service" "this" {
  name    = var.name
  cluster = var.cluster
  vpc_id  = var.vpc_id

  listener_arn        = var.listener_arn
  host_headers        = var.host_headers
  production_priority = var.production_priority
  canary_priority     = var.canary_priority
  test_listener       = var.test_listener

  blue    = { task_definition = aws_ecs_task_definition.this["blue"].arn }
  green   = { task_definition = aws_ecs_task_definition.this["green"].arn }
  primary = var.primary

  container_name = var.name
  container_port = var.container_port

  network_configuration = {
    subnets          = var.subnet_ids
    security_groups  = concat([aws_security_group.tasks.id], var.security_group_ids)
    assign_public_ip = var.assign_public_ip
  }

  health_check = {
    path = var.health_check_path
  }

  desired_count = var.desired_count
  canary_count  = var.canary_count
  standby_count = var.standby_count
  settle_time   = var.settle_time

  enable_canary     = var.enable_canary
  activate_canary   = var.activate_canary
  promote_to_all    = var.promote_to_all
  canary_source_ips = var.canary_source_ips

  deletion_protection = var.deletion_protection
  tags                = var.tags

  # A task that starts needs these at once.
  depends_on = [
    aws_vpc_security_group_ingress_rule.load_balancer,
    aws_vpc_security_group_egress_rule.all,
  ]
}
