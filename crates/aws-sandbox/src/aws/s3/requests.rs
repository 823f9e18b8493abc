//! Reads and checks what requests to S3 carry: bodies in chunks, checksums, names.
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::refusals::{bad_digest, incomplete, wrong_content};
use crate::call::error::ApiError;
use crate::call::params::Params;

/// Headers of an upload that are told back with the object.
const KEPT: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-language",
    "expires",
    "x-amz-server-side-encryption",
];

pub const CHECKSUM: &str = "x-amz-checksum-";

/// An upload: its content, and the headers that stay with it.
pub fn upload(params: &Params) -> Result<(Vec<u8>, BTreeMap<String, String>), ApiError> {
    let sent = params.text("Body")?.unwrap_or_default();
    let sent = STANDARD.decode(sent).map_err(|_| incomplete())?;
    let headers = params.object("Headers")?;
    let header = |name: &str| headers.and_then(|it| it.text(name).ok().flatten());
    let digest = header("x-amz-content-sha256").unwrap_or_default();
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    let all = headers.and_then(|it| it.raw().as_object()).into_iter().flatten();
    for (name, value) in all.filter_map(|(name, value)| Some((name, value.as_str()?))) {
        let own = name.starts_with("x-amz-meta-") || name.starts_with(CHECKSUM);
        if (own || KEPT.contains(&name.as_str())) && name != "x-amz-checksum-algorithm" {
            kept.insert(name.clone(), value.to_owned());
        }
    }
    let encodings: Vec<&str> =
        header("content-encoding").unwrap_or_default().split(',').map(str::trim).collect();
    let rest: Vec<&str> = encodings.into_iter().filter(|it| !it.is_empty() && *it != "aws-chunked").collect();
    if !rest.is_empty() {
        kept.insert("content-encoding".to_owned(), rest.join(","));
    }
    let body = if digest.starts_with("STREAMING-") {
        let (body, trailers) = unchunk(&sent).ok_or_else(incomplete)?;
        let length = header("x-amz-decoded-content-length").and_then(|text| text.parse().ok());
        if length.is_some_and(|length: usize| length != body.len()) {
            return Err(incomplete());
        }
        kept.extend(trailers.into_iter().filter(|(name, _)| name.starts_with(CHECKSUM)));
        body
    } else {
        let hex = digest.len() == 64;
        if hex && !digest.eq_ignore_ascii_case(&hexadecimal(&Sha256::digest(&sent))) {
            return Err(wrong_content());
        }
        sent
    };
    check(&body, &kept)?;
    Ok((body, kept))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksums that can be computed here; others are believed.
fn check(body: &[u8], headers: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let told = |name: &str| headers.get(&format!("{CHECKSUM}{name}"));
    if told("crc32").is_some_and(|told| *told != STANDARD.encode(crc32(body).to_be_bytes())) {
        return Err(bad_digest("CRC32"));
    }
    if told("sha256").is_some_and(|told| *told != STANDARD.encode(Sha256::digest(body))) {
        return Err(bad_digest("SHA256"));
    }
    Ok(())
}

/// The checksum of zlib and Ethernet. A state file is small enough for the slow way.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

type Trailers = Vec<(String, String)>;

/// `SIZE[;chunk-signature=…]CRLF data CRLF …`, ended by a chunk of no size and trailers.
fn unchunk(mut sent: &[u8]) -> Option<(Vec<u8>, Trailers)> {
    let mut body = Vec::new();
    loop {
        let (line, rest) = line(sent)?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            sent = rest;
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        sent = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while let Some((text, rest)) = line(sent) {
        if let Some((name, value)) = text.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        sent = rest;
    }
    Some((body, trailers))
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub fn is_bucket_name(name: &str) -> bool {
    let edge = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|letter| edge(letter) || letter == '-' || letter == '.')
        && name.starts_with(edge)
        && name.ends_with(edge)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_and_their_trailers_read() {
        let sent = b"5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n";
        let trailers = vec![("x-amz-checksum-crc32".to_owned(), "x".to_owned())];
        assert_eq!(unchunk(sent), Some((b"hello!".to_vec(), trailers)));
        assert_eq!(unchunk(b"5\r\nhel"), None);
        assert_eq!(unchunk(b"ffffffffffffffff\r\nx"), None);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
