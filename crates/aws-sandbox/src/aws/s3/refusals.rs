//! What S3 refuses with (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).

use crate::call::error::ApiError;

fn refused(status: u16, code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, message).with_status(status)
}

pub fn no_such_bucket() -> ApiError {
    refused(404, "NoSuchBucket", "The specified bucket does not exist")
}

pub fn no_such_key() -> ApiError {
    refused(404, "NoSuchKey", "The specified key does not exist.")
}

pub fn precondition_failed() -> ApiError {
    refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

pub fn not_modified() -> ApiError {
    refused(304, "NotModified", "Not Modified")
}

pub fn invalid_range() -> ApiError {
    refused(416, "InvalidRange", "The requested range is not satisfiable")
}

pub fn invalid_bucket_name() -> ApiError {
    refused(400, "InvalidBucketName", "The specified bucket is not valid.")
}

pub fn already_yours() -> ApiError {
    let text = "Your previous request to create the named bucket succeeded and you already own it.";
    refused(409, "BucketAlreadyOwnedByYou", text)
}

pub fn not_empty() -> ApiError {
    refused(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
}

pub fn key_too_long() -> ApiError {
    refused(400, "KeyTooLongError", "Your key is too long")
}

pub fn wrong_content() -> ApiError {
    let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    refused(400, "XAmzContentSHA256Mismatch", text)
}

pub fn bad_digest(algorithm: &str) -> ApiError {
    let text = format!("The {algorithm} you specified did not match the calculated checksum.");
    refused(400, "BadDigest", text)
}

pub fn incomplete() -> ApiError {
    let text = "You did not provide the number of bytes specified by the Content-Length HTTP header";
    refused(400, "IncompleteBody", text)
}
