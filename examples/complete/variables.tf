variable "region" {
  description = "AWS region of everything here."
  type        = string
}

variable "name" {
  description = "Name of the VPC, the cluster and the load balancer."
  type        = string
  default     = "shop"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "Use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "zone_name" {
  description = "Public Route 53 zone that the services' hosts are in, such as example.com."
  type        = string
}

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0))
    error_message = "Write a CIDR block, such as 10.20.0.0/16."
  }
}

variable "zone_count" {
  description = "Availability Zones to use; a load balancer needs two."
  type        = number
  default     = 2

  validation {
    condition     = var.zone_count >= 2 && var.zone_count <= 3
    error_message = "Use 2 or 3."
  }
}

variable "private_tasks" {
  description = "Whether tasks run in private subnets behind a NAT gateway. If not, they have public addresses in the public subnets, which costs no NAT gateway."
  type        = bool
  default     = true
}

variable "single_nat_gateway" {
  description = "One NAT gateway for all Availability Zones instead of one each: cheaper, and gone with its zone."
  type        = bool
  default     = false
}

variable "office_cidrs" {
  description = "Who sees the candidate while a canary is open: the office's and the VPN's addresses, as `curl ifconfig.me` tells them there."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.office_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Write CIDR blocks, such as 203.0.113.7/32."
  }

  validation {
    condition     = !contains(var.office_cidrs, "0.0.0.0/0")
    error_message = "0.0.0.0/0 is everybody: that is promote_to_all, not a canary."
  }
}

variable "enable_test_listener" {
  description = "A second HTTPS listener on port 8443 that always leads to the candidate, for tests before anybody is sent there."
  type        = bool
  default     = false
}

variable "test_listener_allowed_cidrs" {
  description = "Who may use the test listener."
  type        = list(string)
  default     = []

  validation {
    condition     = !var.enable_test_listener || length(var.test_listener_allowed_cidrs) > 0
    error_message = "Say who may use the test listener, or switch it off."
  }
}

variable "services" {
  description = "The services by name. Everything that a release changes is in here."
  type = map(object({
    hosts               = list(string)
    production_priority = number
    canary_priority     = number

    blue    = object({ image = string, environment = optional(map(string), {}) })
    green   = object({ image = string, environment = optional(map(string), {}) })
    primary = optional(string, "blue")

    container_port    = optional(number, 80)
    cpu               = optional(number, 256)
    memory            = optional(number, 512)
    health_check_path = optional(string, "/")

    desired_count = optional(number, 2)
    canary_count  = optional(number, 1)
    standby_count = optional(number, 0)

    enable_canary   = optional(bool, false)
    activate_canary = optional(bool, false)
    promote_to_all  = optional(bool, false)
  }))

  validation {
    condition = length(distinct(flatten([
      for service in values(var.services) : [service.production_priority, service.canary_priority]
    ]))) == 2 * length(var.services)
    error_message = "Each service needs two priorities of its own: they share one listener."
  }
}
