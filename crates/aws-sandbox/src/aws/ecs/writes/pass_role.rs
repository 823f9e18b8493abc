//! Whether a caller may pass the roles of a task definition to ECS
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_service-with-iam.html>).

use std::time::Duration;

use crate::aws::world::World;
use crate::call::error::ApiError;

impl World {
    pub(super) fn check_pass_role(
        &mut self,
        now: Duration,
        operation: &str,
        roles: &[String],
    ) -> Result<(), ApiError> {
        let Some(role) = roles.first() else { return Ok(()) };
        if !self.faults.denies_pass_role(now, operation) {
            return Ok(());
        }
        let text = format!(
            "User: arn:aws:iam::{}:user/sandbox is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy allows the iam:PassRole action",
            self.settings.place.account
        );
        Err(ApiError::new("AccessDeniedException", text))
    }
}
