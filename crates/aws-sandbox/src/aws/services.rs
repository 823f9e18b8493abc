//! The services there are: one row for each.

use std::time::Duration;

use super::quotas::Bucket;
use super::state::State;
use super::tags::Tags;
use super::world::{Settings, World};
use super::{acm, ecs, elb, s3, sts};
use crate::call::dialect::Dialect;
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::{Request, Service};

pub struct Row {
    pub dialect: &'static Dialect,
    /// Answers a read; `None` if there is none of that name.
    pub read: fn(&State, &Settings, Duration, &str, &Params) -> Option<Answer>,
    /// Does a write; `None` if there is none of that name.
    pub write: fn(&mut World, Duration, &str, &Params) -> Option<Answer>,
    pub touches: fn(&State, &str, &Params) -> Vec<(String, Tags)>,
    pub tagging: fn(&Params) -> Tags,
    pub buckets: fn(&Request) -> Vec<Bucket>,
}

static SERVICES: [Row; 5] = [
    Row {
        dialect: &ecs::DIALECT,
        read: ecs::read,
        write: ecs::write,
        touches: ecs::touches,
        tagging: ecs::tagging,
        buckets: ecs::quotas::buckets,
    },
    Row {
        dialect: &elb::DIALECT,
        read: elb::read,
        write: elb::write,
        touches: elb::touches,
        tagging: elb::tagging,
        buckets: elb::quotas::buckets,
    },
    Row {
        dialect: &sts::DIALECT,
        read: sts::read,
        write: sts::write,
        touches: |_, _, _| Vec::new(),
        tagging: |_| Tags::new(),
        buckets: sts::buckets,
    },
    Row {
        dialect: &acm::DIALECT,
        read: acm::read,
        write: acm::write,
        touches: acm::touches,
        tagging: acm::tagging,
        buckets: acm::buckets,
    },
    Row {
        dialect: &s3::DIALECT,
        read: s3::read,
        write: s3::write,
        touches: |_, _, _| Vec::new(),
        tagging: |_| Tags::new(),
        buckets: s3::buckets,
    },
];

pub fn row(service: Service) -> &'static Row {
    let found = SERVICES.iter().find(|row| row.dialect.service == service);
    found.unwrap_or(&SERVICES[0])
}

pub fn dialects() -> impl Iterator<Item = &'static Dialect> + Clone {
    SERVICES.iter().map(|row| row.dialect)
}
