output "phases" {
  description = "Where each release stands."
  value       = { for name, service in bluegreen_service.web : name => service.phase }
}

output "public" {
  description = "The side that the public sees."
  value       = { for name, service in bluegreen_service.web : name => service.production_color }
}

output "curl" {
  description = "How to ask each service at the load balancer's first node. As the office: --interface 127.0.99.7."
  value = {
    for name in keys(local.services) : name => join(" ", [
      "curl --cacert ${var.ca_pem_file}",
      "--resolve ${name}.${var.domain}:${var.listeners.https.port}:${var.nodes[0]}",
      "https://${name}.${var.domain}:${var.listeners.https.port}/",
    ])
  }
}
