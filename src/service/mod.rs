//! The door: the one place that knows both Terraform values and the domain.
