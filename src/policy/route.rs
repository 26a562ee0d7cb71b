//! Which route a request takes.
//!
//! Promises: default deny. The host must be one of the site's; of the routes that take path and method, the first in
//! order of precedence wins; there is no fall-back route.

use crate::{
    policy::site::{Route, Site},
    rejection::Rejection,
    request::CanonicalRequest,
};

/// Finds the route of a request.
///
/// # Errors
/// [`Rejection::RouteUnknown`], or [`Rejection::MethodNotAllowed`] where the path is known with other methods.
pub fn find<'s>(site: &'s Site, request: &CanonicalRequest) -> Result<&'s Route, Rejection> {
    let parts = site.parts();
    if !parts.hosts.iter().any(|host| host == request.host()) {
        return Err(Rejection::RouteUnknown);
    }
    let mut allowed: Vec<String> = Vec::new();
    for route in parts.routes.iter().filter(|route| route.path.takes(request.path())) {
        if route.takes_method(request.method()) {
            return Ok(route);
        }
        allowed.extend(route.methods.iter().cloned());
    }
    if allowed.is_empty() {
        return Err(Rejection::RouteUnknown);
    }
    if allowed.iter().any(|method| method == "GET") {
        allowed.push("HEAD".to_owned());
    }
    allowed.sort_unstable();
    allowed.dedup();
    Err(Rejection::MethodNotAllowed { allowed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::compile::compile_text, request::Head, secret::Secret};

    const POLICY: &str = r#"
        [gateway]
        hosts = ["a.example"]
        [[routes]]
        path = "/v1/orders/{id}"
        methods = ["GET"]
        allow = "anyone"
        respond = { status = 200, body = "template" }
        [[routes]]
        path = "/v1/orders/special"
        methods = ["PUT"]
        allow = "anyone"
        respond = { status = 200, body = "literal" }
        [[routes]]
        path = "/v1/{rest...}"
        methods = ["DELETE"]
        allow = "anyone"
        respond = { status = 200, body = "rest" }
    "#;

    fn request(host: &str, method: &str, target: &str) -> CanonicalRequest {
        CanonicalRequest::new(&Head {
            method: method.to_owned(),
            target: target.to_owned(),
            values: vec![("host", Secret::new(host.as_bytes().to_vec()))],
            ..Head::default()
        })
        .unwrap()
    }

    #[test]
    fn requests_find_their_route_or_nothing() {
        let site = compile_text(POLICY).unwrap();
        let method_not_allowed = |allowed: &[&str]| {
            Err(Rejection::MethodNotAllowed {
                allowed: allowed.iter().map(|&m| m.to_owned()).collect(),
            })
        };
        for (name, host, method, target, expected) in [
            (
                "template",
                "a.example",
                "GET",
                "/v1/orders/7",
                Ok("GET /v1/orders/{id}"),
            ),
            (
                "HEAD goes with GET",
                "a.example",
                "HEAD",
                "/v1/orders/7",
                Ok("GET /v1/orders/{id}"),
            ),
            (
                "literal first",
                "a.example",
                "PUT",
                "/v1/orders/special",
                Ok("PUT /v1/orders/special"),
            ),
            (
                "next that has the method",
                "a.example",
                "GET",
                "/v1/orders/special",
                Ok("GET /v1/orders/{id}"),
            ),
            (
                "rest last",
                "a.example",
                "DELETE",
                "/v1/orders/special",
                Ok("DELETE /v1/{rest...}"),
            ),
            (
                "port is no matter",
                "a.example:7676",
                "GET",
                "/v1/orders/7",
                Ok("GET /v1/orders/{id}"),
            ),
            (
                "other host",
                "b.example",
                "GET",
                "/v1/orders/7",
                Err(Rejection::RouteUnknown),
            ),
            ("other path", "a.example", "GET", "/v2", Err(Rejection::RouteUnknown)),
            (
                "other case",
                "a.example",
                "GET",
                "/V1/orders/7",
                Err(Rejection::RouteUnknown),
            ),
            (
                "other method",
                "a.example",
                "POST",
                "/v1/orders/special",
                method_not_allowed(&["DELETE", "GET", "HEAD", "PUT"]),
            ),
        ] {
            let found = find(&site, &request(host, method, target)).map(Route::name);
            assert_eq!(found, expected.map(str::to_owned), "{name}");
        }
    }
}
