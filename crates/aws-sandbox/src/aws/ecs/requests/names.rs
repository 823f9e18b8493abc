//! The rule for names of clusters, services, families and containers.

/// 1 to `most` letters, digits, hyphens and underscores.
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
