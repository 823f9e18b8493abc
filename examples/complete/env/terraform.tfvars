region    = "eu-west-1"
zone_name = "example.com"

# What `curl ifconfig.me` says in the office, and on the VPN.
office_cidrs = ["203.0.113.7/32"]

enable_test_listener        = false
test_listener_allowed_cidrs = ["203.0.113.7/32"]

services = {
  nginx = {
    hosts               = ["nginx.example.com"]
    production_priority = 100
    canary_priority     = 99

    blue    = { image = "public.ecr.aws/nginx/nginx:1.28" }
    green   = { image = "public.ecr.aws/nginx/nginx:1.29" }
    primary = "blue"

    enable_canary   = false
    activate_canary = false
    promote_to_all  = false
  }

  apache = {
    hosts               = ["apache.example.com"]
    production_priority = 200
    canary_priority     = 199

    blue    = { image = "public.ecr.aws/docker/library/httpd:2.4.65" }
    green   = { image = "public.ecr.aws/docker/library/httpd:2.4.66" }
    primary = "blue"

    enable_canary   = false
    activate_canary = false
    promote_to_all  = false
  }
}
