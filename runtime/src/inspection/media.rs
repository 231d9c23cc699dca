//! What is no text: members that hold an image, a recording or a file, and base64 in them.

use crate::wire::json::Text;

/// Members of a body, a message or a content part that hold what is no text, or name what lies elsewhere.
const MEDIA_MEMBERS: [&str; 20] = [
    "image_url",
    "image",
    "images",
    "input_image",
    "input_audio",
    "audio",
    "audio_url",
    "video",
    "video_url",
    "input_video",
    "file",
    "files",
    "file_data",
    "file_id",
    "file_ids",
    "file_url",
    "input_file",
    "inline_data",
    "previous_response_id",
    "vector_store_ids",
];

/// Base64 without a media type is left out only from this length on: a shorter one costs nothing to look through, and
/// could be a word.
const BARE_BASE64_BYTES: usize = 1024;

/// The media type of a data URL is no longer than this (RFC 6838, section 4.2, allows 127 for each half).
const MEDIA_TYPE_BYTES: usize = 512;

/// Whether a member of that name is no text.
pub(super) fn is_media_key(key: Text<'_>) -> bool {
    MEDIA_MEMBERS.iter().any(|name| key.is(name))
}

/// What can be read of a text that stands in such a member: all of it, or what stands before its base64.
pub(super) fn readable(text: &str) -> &str {
    if let Some(payload_at) = data_url_payload(text) {
        return &text[..payload_at];
    }
    if text.len() >= BARE_BASE64_BYTES && is_base64(text) { "" } else { text }
}

/// Where the payload of a base64 data URL begins (RFC 2397); none for any other text.
fn data_url_payload(text: &str) -> Option<usize> {
    let is_data = text.get(..5)?.eq_ignore_ascii_case("data:");
    let comma = text.bytes().take(MEDIA_TYPE_BYTES).position(|byte| byte == b',')?;
    let is_encoded = text[..comma].to_ascii_lowercase().ends_with(";base64");
    (is_data && is_encoded && is_base64(&text[comma + 1..])).then_some(comma + 1)
}

/// RFC 4648, sections 4 and 5.
fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn base64_is_no_text_and_what_stands_beside_it_is() {
        assert_eq!(readable("data:image/png;base64,iVBORw0KGgo="), "data:image/png;base64,");
        assert_eq!(readable("DATA:image/png;name=k;BASE64,AAAA"), "DATA:image/png;name=k;BASE64,");
        for text in ["data:image/png;base64,not base64", "data:text/plain,hello", "https://a.example/x", ""] {
            assert_eq!(readable(text), text);
        }
        assert_eq!(readable(&"A".repeat(2000)), "");
        assert_eq!(readable("AKIA0123456789ABCDEF"), "AKIA0123456789ABCDEF");
        assert_eq!(readable("dåta:;base64,AA"), "dåta:;base64,AA");
    }
}
