variable "name" {
  description = "Name of the load balancer."
  type        = string
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets, in two Availability Zones or more."
  type        = list(string)
}

variable "zone_name" {
  description = "Public Route 53 zone; the certificate is for it and for every name in it."
  type        = string
}

variable "hosts" {
  description = "Names in the zone that lead to the load balancer."
  type        = list(string)
}

variable "enable_test_listener" {
  description = "Whether there is an HTTPS listener on port 8443."
  type        = bool
}

variable "test_listener_allowed_cidrs" {
  description = "Who reaches port 8443."
  type        = list(string)
}
