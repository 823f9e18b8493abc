//! The idea: sides, phases, audiences, plans and the guard. No IO, no clock, no AWS or Terraform words.
