//! The names of what we make: stable, derived from the service's own name, within the field's limits.

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

/// ECS service name, at most 255 characters because `name` is at most 249.
pub fn service(name: &str, side: Side) -> String {
    format!("{name}-{}", side.name())
}

/// Target group name: letters, digits and hyphens, at most 32, never starting or ending in a hyphen. Where
/// the plain name does not fit, it is cut and given a short hash of `CLUSTER/NAME`, the same at every run.
pub fn group(cluster: &str, name: &str, side: Side) -> String {
    let plain = service(name, side);
    let fits = plain.len() <= GROUP_NAME_LIMIT
        && plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !plain.starts_with('-')
        && !plain.starts_with("internal-");
    if fits {
        return plain;
    }
    let hash: String =
        Sha256::digest(format!("{cluster}/{name}")).iter().take(4).map(|b| format!("{b:02x}")).collect();
    let room = GROUP_NAME_LIMIT - side.name().len() - hash.len() - 2;
    let cleaned: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let cut: String = cleaned.trim_matches('-').chars().take(room).collect();
    let cut = if cut.is_empty() || cut.starts_with("internal-") {
        format!("x{cut}").chars().take(room).collect()
    } else {
        cut
    };
    format!("{}-{hash}-{}", cut.trim_end_matches('-'), side.name())
}

/// A host name nobody can send, because `.invalid` never resolves (RFC 2606). A rule that matches only this
/// keeps its target groups attached, health-checked and free of traffic.
pub fn parked_host(cluster: &str, name: &str) -> String {
    let hash: String =
        Sha256::digest(format!("{cluster}/{name}")).iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{hash}.bluegreen.invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_kept_and_long_ones_are_cut_with_a_stable_hash() {
        assert_eq!(group("shop", "nginx", Side::Blue), "nginx-blue");
        let long = group("shop", &"very-long-name-".repeat(9), Side::Green);
        assert_eq!(long, group("shop", &"very-long-name-".repeat(9), Side::Green));
        assert!(long.len() <= 32 && long.ends_with("-green"), "{long}");
        assert_ne!(long, group("other", &"very-long-name-".repeat(9), Side::Green));
        for odd in ["a_b", "-a", "___", "internal-x"] {
            let name = group("shop", odd, Side::Green);
            assert!(
                name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{name}"
            );
            assert!(!name.starts_with('-') && !name.starts_with("internal-"), "{name}");
        }
    }
}
