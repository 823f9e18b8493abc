variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "container_insights" {
  description = "enhanced, enabled or disabled."
  type        = string
  default     = "enhanced"

  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "Write enhanced, enabled or disabled."
  }
}
