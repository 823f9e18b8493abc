output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "For the load balancer."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "task_subnet_ids" {
  description = "For tasks: the private subnets, or the public ones where there are none."
  value       = [for zone in local.zones : var.private_tasks ? aws_subnet.private[zone].id : aws_subnet.public[zone].id]

  # A task that starts pulls its image at once.
  depends_on = [aws_route.public, aws_route.private, aws_route_table_association.public, aws_route_table_association.private]
}
