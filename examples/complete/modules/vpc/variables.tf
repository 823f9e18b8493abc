variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "cidr_block" {
  description = "Addresses of the VPC, at least a /20."
  type        = string
}

variable "zone_count" {
  description = "Availability Zones to use."
  type        = number
}

variable "private_tasks" {
  description = "Whether there are private subnets, with NAT gateways."
  type        = bool
}

variable "single_nat_gateway" {
  description = "One NAT gateway for all Availability Zones instead of one each."
  type        = bool
}
