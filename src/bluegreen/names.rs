//! The names of what we make, where users give none: stable, derived from the service's own, within the field's limits.

use sha2::{Digest, Sha256};

use super::side::Side;

/// Tag that says whose an object is; its value is `CLUSTER/NAME/ID`, with the id that its creation drew.
pub const OWNER_TAG: &str = "bluegreen:resource";
/// Tag that says what an object is for: `production`, `canary`, `test`, `parking`, `blue`, `green`.
pub const ROLE_TAG: &str = "bluegreen:role";
/// Tag on the target groups of what is being created: the seconds since 1970 when that was last said. A name that is
/// half made is known by it from one that is in use.
pub const CREATING_TAG: &str = "bluegreen:creating";

/// Tag on the BLUE target group once rules go from one listener to another: the ids of all listeners that may have
/// some. Who knows only one of them, as after a run that was killed, finds the others by it; so it is not taken away at
/// the end, when the state may not have been written yet.
pub const LISTENERS_TAG: &str = "bluegreen:listeners";

const GROUP_NAME_LIMIT: usize = 32;

/// The ECS service's name where none is given: at most 255 characters, because `name` is at most 249.
pub fn service(name: &str, side: Side) -> String {
    format!("{name}-{}", side.name())
}

/// The target group's name where none is given: letters, digits and hyphens, at most 32, never starting or ending in a
/// hyphen. It ends in a hash of `CLUSTER/NAME`, because such a name is unique in account and region, not only in a
/// cluster, and may have to be cut.
pub fn group(cluster: &str, name: &str, side: Side) -> String {
    let hash = hash(cluster, name, 3);
    let room = GROUP_NAME_LIMIT - side.name().len() - hash.len() - 2;
    let cleaned: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let cut: String = cleaned.trim_matches('-').chars().take(room).collect();
    let cut = if cut.is_empty() || cut.starts_with("internal-") {
        format!("x{cut}").chars().take(room).collect()
    } else {
        cut
    };
    format!("{}-{}-{hash}", cut.trim_end_matches('-'), side.name())
}

fn hash(cluster: &str, name: &str, bytes: usize) -> String {
    let digest = Sha256::digest(format!("{cluster}/{name}"));
    digest.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// A host name nobody can send, because `.invalid` never resolves (RFC 2606). A rule that matches only this
/// keeps its target groups attached, health-checked and free of traffic.
pub fn parked_host(cluster: &str, name: &str) -> String {
    format!("{}.bluegreen.invalid", hash(cluster, name, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_name_is_the_same_at_every_run_and_another_in_another_cluster() {
        assert_eq!(group("shop", "nginx", Side::Blue), "nginx-blue-ddf171");
        assert_ne!(group("shop", "nginx", Side::Blue), group("other", "nginx", Side::Blue));
        let long = "very-long-name-".repeat(9);
        assert_ne!(group("shop", &long, Side::Green), group("shop", &format!("{long}2"), Side::Green));
        for odd in ["a_b", "-a", "___", "internal-x", &long] {
            let name = group("shop", odd, Side::Green);
            assert!(
                name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{name}"
            );
            assert!(!name.starts_with('-') && !name.starts_with("internal-"), "{name}");
        }
    }
}
