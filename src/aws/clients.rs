//! The SDK's clients, each call of which waits for its permit first.

use aws_sdk_ecs as ecs;
use aws_sdk_elasticloadbalancingv2 as elb;

use super::limit::{Limits, Quota};

pub(super) struct Clients {
    pub ecs: ecs::Client,
    pub elb: elb::Client,
    pub limits: Limits,
}

impl Clients {
    /// The client, once a call may be sent.
    pub async fn ecs(&self, quota: Quota) -> &ecs::Client {
        self.limits.permit(quota).await;
        &self.ecs
    }

    pub async fn elb(&self, quota: Quota) -> &elb::Client {
        self.limits.permit(quota).await;
        &self.elb
    }

    /// For who has waited already.
    pub fn elb_now(&self) -> &elb::Client {
        &self.elb
    }

    pub fn ecs_now(&self) -> &ecs::Client {
        &self.ecs
    }
}
