output "urls" {
  description = "Where the public goes."
  value       = { for name, service in var.services : name => [for host in service.hosts : "https://${host}/"] }
}

output "test_urls" {
  description = "Where the candidate is, for those whom the test listener lets in."
  value = var.enable_test_listener ? {
    for name, service in var.services : name => [for host in service.hosts : "https://${host}:8443/"]
  } : {}
}

output "phases" {
  description = "stable, staged, canary or promoted, for each service."
  value       = { for name, service in module.service : name => service.phase }
}

output "production" {
  description = "The side that serves the public, for each service."
  value       = { for name, service in module.service : name => service.production_color }
}

output "load_balancer_dns_name" {
  description = "For a look before DNS leads here."
  value       = module.alb.dns_name
}
