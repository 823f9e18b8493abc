variable "name" {
  description = "Name of the service, of its container and of the task definitions' family."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.name))
    error_message = "Use 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "region" {
  description = "AWS region, for the logs."
  type        = string
}

variable "cluster" {
  description = "Name of the ECS cluster."
  type        = string

  validation {
    condition     = !startswith(var.cluster, "arn:")
    error_message = "Write the cluster's name: it is part of other names here."
  }
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the tasks."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "Tasks need a subnet."
  }
}

variable "assign_public_ip" {
  description = "Give each task a public address: needed in public subnets, to pull images."
  type        = bool
  default     = false
}

variable "load_balancer_security_group_id" {
  description = "The load balancer's security group, which the tasks let in."
  type        = string
}

variable "security_group_ids" {
  description = "Further security groups of the tasks, at most four."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.security_group_ids) <= 4
    error_message = "A task has at most five security groups, and one of them is this module's."
  }
}

variable "listener_arn" {
  description = "The HTTPS listener that the public comes by."
  type        = string

  validation {
    condition     = can(regex(":listener/app/", var.listener_arn))
    error_message = "Write the ARN of an Application Load Balancer's listener."
  }
}

variable "host_headers" {
  description = "Hosts that belong to this service."
  type        = list(string)

  validation {
    condition     = length(var.host_headers) > 0
    error_message = "Name at least one host."
  }
}

variable "production_priority" {
  description = "Priority of the production rule."
  type        = number
  default     = 100

  validation {
    condition     = var.production_priority >= 1 && var.production_priority <= 50000
    error_message = "A listener rule's priority is a number from 1 to 50000."
  }
}

variable "canary_priority" {
  description = "Priority of the canary rule; lower numbers come first. Left out, the one before the production rule's."
  type        = number
  default     = null

  validation {
    condition     = var.canary_priority == null || try(var.canary_priority < var.production_priority, false)
    error_message = "The canary rule has to come before the production rule: give it a lower number."
  }
}

variable "test_listener" {
  description = "A listener of the same load balancer that always leads to the candidate, and who may use it."
  type        = object({ arn = string, allowed_cidrs = list(string), priority = number })
  default     = null
}

variable "execution_role_arn" {
  description = "Role that ECS starts tasks with."
  type        = string
}

variable "task_role_arn" {
  description = "Role of the service's own code."
  type        = string
  default     = null
}

variable "blue" {
  description = "What BLUE runs."
  type        = object({ image = string, environment = optional(map(string), {}) })
}

variable "green" {
  description = "What GREEN runs."
  type        = object({ image = string, environment = optional(map(string), {}) })
}

variable "primary" {
  description = "Which side is home. The other one is where the next version is tried."
  type        = string
  default     = "blue"

  validation {
    condition     = contains(["blue", "green"], var.primary)
    error_message = "Write blue or green."
  }
}

variable "container_port" {
  description = "Port that the container listens on."
  type        = number
  default     = 80
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384 units."
  }
}

variable "memory" {
  description = "MiB of memory of a task."
  type        = number
  default     = 512
}

variable "health_check_path" {
  description = "Path that answers 200 when a task is well."
  type        = string
  default     = "/"

  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "A path begins with a slash."
  }
}

variable "desired_count" {
  description = "Tasks on the side that serves the public."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_count >= 1
    error_message = "The public needs at least one task."
  }
}

variable "canary_count" {
  description = "Tasks on the candidate while it is staged or a canary is open."
  type        = number
  default     = 1

  validation {
    condition     = var.canary_count >= 1
    error_message = "A canary needs at least one task."
  }
}

variable "standby_count" {
  description = "Tasks kept on the side that serves nobody, for a way back without a start."
  type        = number
  default     = 0
}

variable "settle_time" {
  description = "How long a changed routing stands before the side left behind is stopped."
  type        = string
  default     = "30s"
}

variable "enable_canary" {
  description = "Start the candidate."
  type        = bool
  default     = false
}

variable "activate_canary" {
  description = "Send canary_source_ips to the candidate."
  type        = bool
  default     = false

  validation {
    condition     = !var.activate_canary || var.enable_canary
    error_message = "Start the candidate first: enable_canary = true."
  }
}

variable "promote_to_all" {
  description = "Send everybody to the candidate."
  type        = bool
  default     = false

  validation {
    condition     = !var.promote_to_all || (var.enable_canary && !var.activate_canary)
    error_message = "Promotion needs enable_canary = true and activate_canary = false."
  }
}

variable "canary_source_ips" {
  description = "CIDR blocks that see the candidate while a canary is open."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "deletion_protection" {
  description = "Refuse to destroy the service."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of the ECS services, target groups and rules."
  type        = map(string)
  default     = {}
}
