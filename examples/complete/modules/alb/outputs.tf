output "https_listener_arn" {
  description = "The listener on port 443."
  value       = aws_lb_listener.https.arn
}

output "test_listener_arn" {
  description = "The listener on port 8443; null where there is none."
  value       = one(aws_lb_listener.test[*].arn)
}

output "security_group_id" {
  description = "Whom tasks let in."
  value       = aws_security_group.this.id
}

output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.this.dns_name
}
