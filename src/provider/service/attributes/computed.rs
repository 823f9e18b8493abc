//! What the provider says itself.

use terraform_plugin::{Attribute, Type};

/// Each attribute with its path.
pub fn rows() -> Vec<(&'static str, Attribute)> {
    let string = |description: &str| Attribute::string(description).computed();
    let list = |description: &str| Attribute::list(Type::String, description).computed();
    vec![
        ("id", string("`CLUSTER/NAME`.")),
        ("account_id", string("The AWS account that the service is in.")),
        // In the state and not beside it in the private part, so that people find it: it ends the tag of every object.
        (
            "creation_id",
            string(
                "Drawn when the resource is created. What belongs to it carries `CLUSTER/NAME/CREATION_ID` in the tag `bluegreen:resource`.",
            ),
        ),
        (
            "phase",
            string(
                "`stable`, `staged`, `canary`, `promoted`, or `in_transition` when what is there is none of them.",
            ),
        ),
        ("production_color", string("The side that serves the public, `blue` or `green`.")),
        ("rollout_steps", list("The steps the apply takes, in order, known when planning.")),
        ("blue_service_arn", string("ARN of the BLUE service.")),
        ("green_service_arn", string("ARN of the GREEN service.")),
        ("blue_target_group_arn", string("ARN of the BLUE target group.")),
        ("green_target_group_arn", string("ARN of the GREEN target group.")),
        ("production_rule_arn", string("ARN of the production rule.")),
        ("canary_rule_arns", list("ARNs of the canary rules; empty when no canary is open.")),
        ("test_rule_arn", string("ARN of the test listener's rule; null while there is none.")),
        ("tags_all", Attribute::map(Type::String, "All tags users asked for.").computed()),
    ]
}
