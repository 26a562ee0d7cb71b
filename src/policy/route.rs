//! Whether a route takes a request, and if not, why.
//!
//! Promises: default deny, and one place that judges: routing at the edge, `tollgate explain` and the naive search of
//! the tests all ask [`mismatch`]. What a route asks of a header or a query parameter must be readable in one way: one
//! that comes twice makes the request ambiguous.

use crate::{
    policy::site::route::Route,
    request::{Ambiguity, CanonicalRequest, spelling::fold},
    secret::Secret,
};

/// Reads all values of a header, by its lower-case name, from the request as the platform holds it.
pub type HeaderValues<'a> = &'a dyn Fn(&str) -> Vec<Secret<Vec<u8>>>;

/// What routes are held against.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The request.
    pub request: &'a CanonicalRequest,
    /// Its headers. They are read only where a route or a revision asks for one.
    pub headers: HeaderValues<'a>,
}

/// Why a route does not take a request: the first reason, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The host is another.
    Host,
    /// The path is another.
    Path,
    /// The method is another.
    Method,
    /// This header is missing or does not fit.
    Header(String),
    /// This query parameter is missing or does not fit.
    Query(String),
}

/// Why `route` does not take the request; `None` if it does.
///
/// # Errors
/// [`Ambiguity::RepeatedHeader`] or [`Ambiguity::RepeatedParameter`], where host, path and method fit and the route
/// asks for something that comes more than once.
pub fn mismatch(route: &Route, asked: &Asked<'_>) -> Result<Option<Mismatch>, Ambiguity> {
    let request = asked.request;
    if route.rank(request.host()).is_none() {
        return Ok(Some(Mismatch::Host));
    }
    if !route.path.takes(request.path()) {
        return Ok(Some(Mismatch::Path));
    }
    if !route.takes_method(request.method()) {
        return Ok(Some(Mismatch::Method));
    }
    for test in &route.when.headers {
        if !has_header(&test.name, |text| test.wanted.fits_text(text), asked)? {
            return Ok(Some(Mismatch::Header(test.name.clone())));
        }
    }
    for test in &route.when.query {
        let value = request.parameter(&test.name)?;
        if !value.is_some_and(|value| test.wanted.fits_text(&value)) {
            return Ok(Some(Mismatch::Query(test.name.clone())));
        }
    }
    Ok(None)
}

/// Whether the request has a header, named in lower case, whose value fits.
///
/// # Errors
/// As [`header`].
pub fn has_header(name: &str, fits: impl FnOnce(&str) -> bool, asked: &Asked<'_>) -> Result<bool, Ambiguity> {
    Ok(header(name, asked)?.is_some_and(|value| fits(value.expose())))
}

/// The one value of a header, named in lower case, without the space around it.
///
/// # Errors
/// [`Ambiguity::RepeatedHeader`] if it comes more than once, or [`Ambiguity::Headers`] if its value is no text.
pub fn header(name: &str, asked: &Asked<'_>) -> Result<Option<Secret<String>>, Ambiguity> {
    let names = asked.request.header_names();
    let folded = fold(name);
    // A service might take another spelling for the same header.
    if names.iter().any(|sent| sent != name && fold(sent) == folded) {
        return Err(Ambiguity::RepeatedHeader);
    }
    if !names.iter().any(|sent| sent == name) {
        return Ok(None);
    }
    let values = (asked.headers)(name);
    match values.as_slice() {
        [] => Ok(None),
        [one] => {
            let text = std::str::from_utf8(one.expose()).map_err(|_| Ambiguity::Headers)?;
            Ok(Some(Secret::new(text.trim_matches([' ', '\t']).to_owned())))
        }
        _ => Err(Ambiguity::RepeatedHeader),
    }
}
