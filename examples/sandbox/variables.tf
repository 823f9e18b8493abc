# From env/terraform.tfvars: what a release changes.

variable "enable_canary" {
  description = "Run the candidate."
  type        = bool
}

variable "activate_canary" {
  description = "Show it to canary_source_ips, on the production URL."
  type        = bool
}

variable "promote_to_all" {
  description = "Show it to everybody."
  type        = bool
}

variable "canary_source_ips" {
  description = "The office and the VPN, as the load balancer sees them."
  type        = list(string)
}

variable "primary" {
  description = "Which side is home: blue or green."
  type        = string
}

variable "blue_revision" {
  description = "Revision of each service's task definition on BLUE."
  type        = number
}

variable "green_revision" {
  description = "Revision of each service's task definition on GREEN."
  type        = number
}

variable "desired_count" {
  description = "Tasks of each service on the side that serves the public."
  type        = number
  default     = 2
}

variable "canary_count" {
  description = "Tasks of each service's candidate until it is promoted."
  type        = number
  default     = 1
}

variable "domain" {
  description = "What the services' hosts end in."
  type        = string
  default     = "example.com"
}

# From sandbox.auto.tfvars.json; what is not used here is declared all the same, so that nothing is warned about.

variable "endpoint" { type = string }
variable "region" { type = string }
variable "account" { type = string }
variable "cluster" { type = string }
variable "cluster_arn" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "security_groups" { type = list(string) }
variable "load_balancer_arn" { type = string }
variable "nodes" { type = list(string) }
variable "listeners" { type = map(object({ arn = string, port = number, scheme = string })) }
variable "certificate_arn" { type = string }
variable "ca_pem_file" { type = string }
variable "state_bucket" { type = string }
variable "task_definitions" { type = list(string) }
