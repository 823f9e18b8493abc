# The toggles. One `terraform apply -var-file=env/terraform.tfvars` a change.
enable_canary   = false
activate_canary = false
promote_to_all  = false

# Who sees the candidate first: the office, as the load balancer sees it.
canary_source_ips = ["127.0.99.0/24"]

# What runs on each side, and which of them is home.
blue_revision  = 1
green_revision = 2
primary        = "blue"
