//! Whether a proof is for the URL that was asked (RFC 9449 section 4.3, step 9).
//!
//! Promises: both sides are brought into one form, by the same two parsers, before they are compared: scheme, host and
//! port by the URL standard, the path by [`CanonicalPath`]. Query and fragment of the proof's URL are passed over, as the
//! RFC wants. The gateway speaks HTTPS alone; only where the host asked is this machine itself, as in a local run, may a
//! proof say `http`.
//!
//! Refuses URLs that two parsers read differently: what a client took for another host must not be a proof for us.

use url::Url;

use crate::request::{CanonicalRequest, path::CanonicalPath};

/// The hosts that are this machine, as [`crate::request::authority::Authority`] spells them.
const THIS_MACHINE: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

/// Whether `htu` is the request's URL.
pub(super) fn is_of(htu: &str, request: &CanonicalRequest) -> bool {
    let Some(proven) = plain(htu) else {
        return false;
    };
    let scheme = proven.scheme();
    let scheme_fits = match scheme {
        "https" => true,
        "http" => THIS_MACHINE.contains(&request.host()),
        _ => false,
    };
    let Ok(asked) = Url::parse(&format!("{scheme}://{}/", request.authority().text())) else {
        return false;
    };
    // The port of the scheme is the same as none. Whatever port `Host` names, the gateway is at the scheme's: a proof for
    // another server of that name is not for us.
    let is_here = THIS_MACHINE.contains(&request.host()) || proven.port_or_known_default() == Some(443);
    let same_port = proven.port_or_known_default() == asked.port_or_known_default();
    let same_place = proven.host() == asked.host() && same_port && is_here;
    let same_path = || CanonicalPath::parse(proven.path()).is_ok_and(|path| path.text() == request.path().text());
    scheme_fits && same_place && same_path()
}

/// The URL, if it has the one form `scheme://host…` that all parsers read in the same way: in visible ASCII, without
/// user information, without `\`, which the URL standard takes for a slash and RFC 3986 does not, and without a `%` in the
/// host, which the URL standard decodes, and from which it takes away what can't be seen.
fn plain(htu: &str) -> Option<Url> {
    if !htu.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return None;
    }
    let url = Url::parse(htu).ok()?;
    let after_scheme = htu.get(url.scheme().len()..)?.strip_prefix("://")?;
    let authority = after_scheme.split(['/', '?', '#']).next()?;
    (!authority.is_empty() && !authority.contains(['@', '%'])).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{request::Head, secret::Secret};

    fn request(host: &str, target: &str) -> CanonicalRequest {
        CanonicalRequest::new(&Head {
            method: "GET".to_owned(),
            target: target.to_owned(),
            values: vec![("host", Secret::new(host.as_bytes().to_vec()))],
            ..Head::default()
        })
        .unwrap()
    }

    #[test]
    fn one_url_in_many_spellings() {
        for (name, host, target, htu) in [
            ("plain", "a.example", "/v1/x", "https://a.example/v1/x"),
            (
                "query and fragment",
                "a.example",
                "/v1/x?q=1",
                "https://a.example/v1/x?z=2#f",
            ),
            ("query asked alone", "a.example", "/v1/x?q=1", "https://a.example/v1/x"),
            ("case of scheme and host", "A.example", "/", "HTTPS://a.EXAMPLE/"),
            ("no path", "a.example", "/", "https://a.example"),
            ("no path but a query", "a.example", "/", "https://a.example?x"),
            ("default port proven", "a.example", "/x", "https://a.example:443/x"),
            ("default port asked", "a.example:443", "/x", "https://a.example/x"),
            (
                "encoded where it need not be",
                "a.example",
                "/~u",
                "https://a.example/%7eu",
            ),
            ("the other way around", "a.example", "/%7Eu", "https://a.example/~u"),
            (
                "case of an encoding",
                "a.example",
                "/%c3%a9",
                "https://a.example/%C3%A9",
            ),
            ("encoded slash", "a.example", "/a%2fb", "https://a.example/a%2Fb"),
            ("dot segments", "a.example", "/b", "https://a.example/a/../b"),
            ("this machine", "localhost:7676", "/x", "http://localhost:7676/x"),
            ("this machine without port", "localhost", "/x", "http://localhost:80/x"),
            (
                "this machine by number",
                "127.0.0.1:7676",
                "/x",
                "http://127.0.0.1:7676/x",
            ),
            ("this machine in IPv6", "[::1]:7676", "/x", "http://[0:0::1]:7676/x"),
            (
                "this machine with TLS",
                "localhost:7676",
                "/x",
                "https://localhost:7676/x",
            ),
            (
                "international",
                "xn--mnchen-3ya.example",
                "/",
                "https://xn--mnchen-3ya.example/",
            ),
        ] {
            assert!(is_of(htu, &request(host, target)), "{name}");
        }
    }

    #[test]
    fn other_urls() {
        for (name, host, target, htu) in [
            ("empty", "a.example", "/x", ""),
            ("path alone", "a.example", "/x", "/x"),
            ("no scheme", "a.example", "/x", "//a.example/x"),
            ("http", "a.example", "/x", "http://a.example/x"),
            ("http on its port", "a.example:80", "/x", "http://a.example/x"),
            ("another scheme", "a.example", "/x", "wss://a.example/x"),
            ("another scheme of this machine", "localhost", "/x", "ftp://localhost/x"),
            ("another host", "a.example", "/x", "https://b.example/x"),
            ("a host below", "a.example", "/x", "https://x.a.example/x"),
            ("a host above", "x.a.example", "/x", "https://a.example/x"),
            ("a dot more", "a.example", "/x", "https://a.example./x"),
            ("another port", "a.example", "/x", "https://a.example:8443/x"),
            (
                "another server of the name",
                "a.example:8443",
                "/x",
                "https://a.example:8443/x",
            ),
            ("no port", "a.example:8443", "/x", "https://a.example/x"),
            ("port of the other scheme", "a.example", "/x", "https://a.example:80/x"),
            (
                "this machine, another port",
                "localhost:7676",
                "/x",
                "http://localhost/x",
            ),
            (
                "almost this machine",
                "localhost.example",
                "/x",
                "http://localhost.example/x",
            ),
            ("this machine, another name", "localhost", "/x", "http://127.0.0.1/x"),
            ("another path", "a.example", "/x", "https://a.example/y"),
            ("case of the path", "a.example", "/x", "https://a.example/X"),
            ("a slash more", "a.example", "/x", "https://a.example/x/"),
            ("a slash less", "a.example", "/x/", "https://a.example/x"),
            ("a double slash", "a.example", "/x", "https://a.example//x"),
            (
                "a slash that is encoded",
                "a.example",
                "/a/b",
                "https://a.example/a%2Fb",
            ),
            ("an encoding that is none", "a.example", "/x", "https://a.example/x%"),
            ("user information", "a.example", "/x", "https://u@a.example/x"),
            ("empty user information", "a.example", "/x", "https://@a.example/x"),
            ("a backslash for a slash", "a.example", "/x", "https://a.example\\x"),
            (
                "a backslash before user information",
                "a.example",
                "/@b/x",
                "https://a.example\\@b/x",
            ),
            ("a host that is encoded", "a.example", "/x", "https://a%2eexample/x"),
            (
                "a host with nothing encoded",
                "a.example",
                "/x",
                "https://a%C2%AD.example/x",
            ),
            ("one slash", "a.example", "/x", "https:/a.example/x"),
            ("no slash", "a.example", "/x", "https:a.example/x"),
            ("three slashes", "a.example", "/x", "https:///a.example/x"),
            ("a space before", "a.example", "/x", " https://a.example/x"),
            ("a tab inside", "a.example", "/x", "https://a.exa\tmple/x"),
            ("a line end", "a.example", "/x", "https://a.example/x\n"),
            ("not ASCII", "xn--mnchen-3ya.example", "/", "https://münchen.example/"),
        ] {
            assert!(!is_of(htu, &request(host, target)), "{name}");
        }
    }
}
