//! Pagination: an opaque marker that names the last item given, so pages stay right while the
//! list changes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// One page of `items` (sorted by their keys) after `marker`; `Err(())` if the marker is not ours.
pub fn page<T>(
    items: impl IntoIterator<Item = (String, T)>,
    marker: Option<&str>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), ()> {
    let after = match marker.filter(|marker| !marker.is_empty()) {
        None => None,
        Some(marker) => {
            let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(drop)?;
            let text = String::from_utf8(bytes).map_err(drop)?;
            Some(text.strip_prefix("after:").ok_or(())?.to_owned())
        }
    };
    let mut found = Vec::new();
    let mut last = String::new();
    for (key, item) in items {
        if after.as_ref().is_some_and(|after| key <= *after) {
            continue;
        }
        if found.len() == size {
            return Ok((found, Some(URL_SAFE_NO_PAD.encode(format!("after:{last}")))));
        }
        last = key;
        found.push(item);
    }
    Ok((found, None))
}
