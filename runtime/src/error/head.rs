//! What is wrong with the head of a request, before anybody asks what it wants: status, code and words.

use http::StatusCode;

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadHead {
    /// Two readers could take it for different requests, or it is none.
    Framing,
    /// Its first line is longer than this many bytes.
    LineTooLong(usize),
    /// All of it is longer than this many bytes.
    TooLong(usize),
    /// It has more headers than this.
    TooMany(usize),
    /// It did not come in time.
    TooSlow,
    /// It names no host, two, or what is none.
    Host,
}

impl BadHead {
    pub(super) fn status(self) -> StatusCode {
        match self {
            BadHead::Framing | BadHead::Host => StatusCode::BAD_REQUEST,
            BadHead::LineTooLong(_) => StatusCode::URI_TOO_LONG,
            BadHead::TooLong(_) | BadHead::TooMany(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            BadHead::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            BadHead::Framing => "bad_framing",
            BadHead::LineTooLong(_) => "uri_too_long",
            BadHead::TooLong(_) | BadHead::TooMany(_) => "headers_too_large",
            BadHead::TooSlow => "headers_too_slow",
            BadHead::Host => "bad_host",
        }
    }

    pub(super) fn message(self) -> String {
        match self {
            BadHead::Framing => {
                "this is no HTTP request, or two readers could take it for different ones".to_owned()
            }
            BadHead::LineTooLong(limit) => format!("the request line is longer than {limit} bytes"),
            BadHead::TooLong(limit) => format!("the request line and headers are longer than {limit} bytes"),
            BadHead::TooMany(limit) => format!("the request has more than {limit} headers"),
            BadHead::TooSlow => "the headers did not come in time".to_owned(),
            BadHead::Host => {
                "the request must name one host, in `host` or in `:authority`, and the same in both"
                    .to_owned()
            }
        }
    }
}

/// In a body stands a byte that no request may have there. What a read of it fails with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BrokenFraming;

impl std::fmt::Display for BrokenFraming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body is not framed as HTTP has it")
    }
}

impl std::error::Error for BrokenFraming {}
