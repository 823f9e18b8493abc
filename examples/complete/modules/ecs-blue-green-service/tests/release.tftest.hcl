# A whole release against the sandbox, with the real plugin. hashicorp/aws is mocked: the task definitions are those
# that the sandbox has. How to run it is in the module's README.

mock_provider "aws" {
  override_resource {
    target = aws_ecs_task_definition.this["blue"]
    values = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/nginx:1" }
  }

  override_resource {
    target = aws_ecs_task_definition.this["green"]
    values = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/nginx:2" }
  }

  override_resource {
    target = aws_security_group.tasks
    values = { id = "sg-0a1b2c3d4e5f60001" }
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

variables {
  name         = "nginx"
  subnet_ids   = var.subnets
  listener_arn = var.listeners.https.arn
  host_headers = ["nginx.example.com"]

  load_balancer_security_group_id = "sg-0a1b2c3d4e5f60002"
  execution_role_arn              = "arn:aws:iam::123456789012:role/execution"

  blue  = { image = "nginx:1" }
  green = { image = "nginx:2" }

  canary_source_ips = ["127.0.99.0/24"]
}

run "everybody_sees_blue" {
  assert {
    condition     = output.phase == "stable" && output.production_color == "blue"
    error_message = "It is ${output.phase} on ${output.production_color}."
  }
}

run "the_candidate_is_started" {
  variables {
    enable_canary = true
  }

  assert {
    condition     = output.phase == "staged" && output.production_color == "blue"
    error_message = "It is ${output.phase} on ${output.production_color}."
  }
}

run "the_office_sees_it" {
  variables {
    enable_canary   = true
    activate_canary = true
  }

  assert {
    condition     = output.phase == "canary" && length(bluegreen_service.this.canary_rule_arns) == 1
    error_message = "It is ${output.phase}."
  }
}

run "then_everybody_does" {
  variables {
    enable_canary  = true
    promote_to_all = true
  }

  assert {
    condition     = output.phase == "promoted" && output.production_color == "green"
    error_message = "It is ${output.phase} on ${output.production_color}."
  }
}

run "and_back_again" {
  assert {
    condition     = output.phase == "stable" && output.production_color == "blue"
    error_message = "It is ${output.phase} on ${output.production_color}."
  }
}

run "a_canary_with_no_candidate_is_refused" {
  command = plan

  variables {
    activate_canary = true
  }

  expect_failures = [var.activate_canary]
}

run "a_promotion_beside_a_canary_is_refused" {
  command = plan

  variables {
    enable_canary   = true
    activate_canary = true
    promote_to_all  = true
  }

  expect_failures = [var.promote_to_all]
}

run "a_canary_behind_the_production_rule_is_refused" {
  command = plan

  variables {
    production_priority = 100
    canary_priority     = 101
  }

  expect_failures = [var.canary_priority]
}
