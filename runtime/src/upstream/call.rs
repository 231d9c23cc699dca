//! A call as it is sent: its head written out, and behind it slices of the caller's bytes. Pure.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Uri};

/// Room for a usual head.
const HEAD_BYTES: usize = 640;

/// A `POST` over HTTP/1.1.
pub(crate) struct Call {
    head: Vec<u8>,
    body: Vec<Bytes>,
}

impl Call {
    /// To a path of that host, with a body that is sent one piece behind the other under one known length.
    pub(super) fn post(host: &HeaderValue, path: &Uri, body: Vec<Bytes>) -> Call {
        let mut call = Call { head: Vec::with_capacity(HEAD_BYTES), body };
        let length: usize = call.body.iter().map(Bytes::len).sum();
        let path = path.path_and_query().map_or("/", |path| path.as_str());
        for text in ["POST ", path, " HTTP/1.1\r\n"] {
            call.head.extend_from_slice(text.as_bytes());
        }
        call.header(&http::header::HOST, host);
        call.header(&http::header::CONTENT_LENGTH, &HeaderValue::from(length));
        call
    }

    /// Adds a header; neither type can hold the end of a line.
    pub(crate) fn header(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.head.extend_from_slice(name.as_str().as_bytes());
        self.head.extend_from_slice(b": ");
        self.head.extend_from_slice(value.as_bytes());
        self.head.extend_from_slice(b"\r\n");
    }

    /// All of it, to be sent one behind the other.
    pub(super) fn slices(mut self) -> Vec<Bytes> {
        self.head.extend_from_slice(b"\r\n");
        self.body.insert(0, Bytes::from(self.head));
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header;

    #[test]
    fn a_call_is_its_head_and_its_pieces() {
        let path = Uri::from_static("/v1/x?a=b");
        let pieces = vec![Bytes::from_static(b"{"), Bytes::new(), Bytes::from_static(b"}")];
        let mut call = Call::post(&HeaderValue::from_static("a.example:81"), &path, pieces);
        call.header(&header::ACCEPT, &HeaderValue::from_static("text/event-stream"));
        let written = call.slices().concat();
        let expected = "POST /v1/x?a=b HTTP/1.1\r\nhost: a.example:81\r\ncontent-length: 2\r\n\
                        accept: text/event-stream\r\n\r\n{}";
        assert_eq!(String::from_utf8_lossy(&written), expected);
    }
}
