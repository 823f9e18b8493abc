output "execution_role_arn" {
  description = "For ECS, to start tasks with."
  value       = aws_iam_role.execution.arn

  depends_on = [aws_iam_role_policy_attachment.execution]
}

output "task_role_arns" {
  description = "For the code of each service, by name."
  value       = { for name, role in aws_iam_role.task : name => role.arn }
}

output "task_role_names" {
  description = "To attach policies to, by name of the service."
  value       = { for name, role in aws_iam_role.task : name => role.name }
}
