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
variable "task_definitions" { type = any }

# From release.auto.tfvars.json: what a release changes.

variable "blue_revision" { type = number }
variable "green_revision" { type = number }
variable "primary" { type = string }
variable "enable_canary" { type = bool }
variable "activate_canary" { type = bool }
variable "promote_to_all" { type = bool }
variable "canary_source_ips" { type = list(string) }
