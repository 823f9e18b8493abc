//! Driving the real terraform.
