//! Everything that can be asked about. Reads are answered from this and never change it, so a read can as well be answered
//! from an older copy.

use std::time::Duration;

use super::acm::Acm;
use super::ecs::model::Ecs;
use super::elb::model::Elb;
use super::place::Place;
use super::s3::S3;

#[derive(Clone, Debug)]
pub struct State {
    pub ecs: Ecs,
    pub elb: Elb,
    pub acm: Acm,
    pub s3: S3,
}

impl State {
    pub fn new(place: Place) -> Self {
        let acm = Acm::new(place.clone());
        let s3 = S3::new(place.clone());
        Self { ecs: Ecs::new(place.clone()), elb: Elb::new(place), acm, s3 }
    }

    /// A copy in which nothing made after `then` is there yet.
    pub(super) fn without_younger_than(&self, then: Duration) -> Self {
        let mut copy = self.clone();
        copy.ecs.clusters.retain(|_, it| it.created <= then);
        copy.ecs.services.retain(|_, it| it.created <= then);
        copy.elb.rules.retain(|_, it| it.created <= then);
        copy.elb.target_groups.retain(|_, it| it.created <= then);
        copy.elb.load_balancers.retain(|_, it| it.created <= then);
        copy.acm.certificates.retain(|_, it| it.created <= then);
        copy.s3.buckets.values_mut().for_each(|it| it.objects.retain(|_, it| it.modified <= then));
        copy
    }
}
