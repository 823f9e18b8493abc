# env/terraform.tfvars is the only file that a release changes, one `terraform apply -var-file=env/terraform.tfvars` a change:
#
#   enable_canary     = false             # true starts GREEN
#   activate_canary   = false             # true sends canary_source_ips to GREEN
#   promote_to_all    = false             # true, with activate_canary = false, sends everybody to GREEN
#   canary_source_ips = ["203.0.113.0/24", "198.51.100.7"]

variable "enable_canary" {
  type    = bool
  default = false
}

variable "activate_canary" {
  type    = bool
  default = false
}

variable "promote_to_all" {
  type    = bool
  default = false
}

variable "canary_source_ips" {
  type    = list(string)
  default = []
}

resource "bluegreen_service" "nginx" {
  name         = "nginx"
  cluster      = "shop"
  vpc_id       = "vpc-0a1b2c3d4e5f60718"
  listener_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"
  host_headers = ["nginx.example.com"]

  blue  = { task_definition = "nginx:41" }
  green = { task_definition = "nginx:42" }

  desired_count = 4
  canary_count  = 1

  container_name = "nginx"
  container_port = 80

  network_configuration = {
    subnets         = ["subnet-0a1b2c3d4e5f60718", "subnet-1b2c3d4e5f6071829"]
    security_groups = ["sg-0a1b2c3d4e5f60718"]
  }

  health_check = {
    path = "/health"
  }

  enable_canary     = var.enable_canary
  activate_canary   = var.activate_canary
  promote_to_all    = var.promote_to_all
  canary_source_ips = var.canary_source_ips

  tags = {
    team = "web"
  }
}
