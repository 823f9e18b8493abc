//! The service scheduler and the lives of tasks (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html>).

mod counting;
mod look;
mod pace;
mod rollout;
mod surplus;
mod task_end;
mod task_start;
mod timings;
