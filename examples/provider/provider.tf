terraform {
  required_providers {
    bluegreen = {
      source  = "ecs-bluegreen/bluegreen"
      version = "~> 0.1"
    }
  }
}

# Credentials come from the environment, the shared configuration files or the role of the machine, as for
# every AWS tool.
provider "bluegreen" {
  region = "eu-west-1"
}
