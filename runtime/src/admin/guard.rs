//! Who may ask the admin port, and how. A page of another site, open in a browser on this machine, can neither name
//! this port by a host of its own (DNS rebinding) nor put our pages into a frame.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Lets a request through that reads and that names this machine, and puts the headers on whatever is answered.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = if !names_this_machine(request.headers(), request.uri()) {
        let words = "the admin port answers to localhost and loopback addresses alone\n";
        (StatusCode::MISDIRECTED_REQUEST, words).into_response()
    } else if request.method() != Method::GET && request.method() != Method::HEAD {
        let words = "the admin port is read-only: GET and HEAD\n";
        (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], words).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(HEADERS);
    response
}

fn names_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let is_ours = host.to_str().is_ok_and(is_loopback);
    is_ours && uri.authority().is_none_or(|authority| is_loopback(authority.as_str()))
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
fn is_loopback(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return is_loopback_address(address)
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let name = match host.split_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) => return false,
        None => host,
    };
    name.eq_ignore_ascii_case("localhost") || (!name.contains(':') && is_loopback_address(name))
}

fn is_loopback_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_named() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:9901", "127.9.9.9", "[::1]", "[::1]:9901"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "localhost:",
            "localhost:80x",
            "10.0.0.1",
            "[::1",
            "[::1]80",
            "::1",
            "[::2]",
            "user@localhost",
            "0.0.0.0",
            "localhost:80:80",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
