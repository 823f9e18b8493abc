output "phase" {
  description = "stable, staged, canary or promoted."
  value       = bluegreen_service.this.phase
}

output "production_color" {
  description = "The side that serves the public, blue or green."
  value       = bluegreen_service.this.production_color
}

output "rollout_steps" {
  description = "What the last apply did, in order."
  value       = bluegreen_service.this.rollout_steps
}

output "task_definition_arns" {
  description = "What each side runs, by side."
  value       = { for side, definition in aws_ecs_task_definition.this : side => definition.arn }
}

output "service_arns" {
  description = "The ECS services, by side."
  value = {
    blue  = bluegreen_service.this.blue_service_arn
    green = bluegreen_service.this.green_service_arn
  }
}

output "target_group_arns" {
  description = "The target groups, by side: for alarms and scaling."
  value = {
    blue  = bluegreen_service.this.blue_target_group_arn
    green = bluegreen_service.this.green_target_group_arn
  }
}

output "security_group_id" {
  description = "The tasks' security group: for whatever they are to reach."
  value       = aws_security_group.tasks.id
}

output "log_group_name" {
  description = "Where both sides log."
  value       = aws_cloudwatch_log_group.this.name
}
