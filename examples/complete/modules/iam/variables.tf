variable "name" {
  description = "Begins the name of every role."
  type        = string
}

variable "services" {
  description = "Names of the services that get a task role."
  type        = list(string)
}
