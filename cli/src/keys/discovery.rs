//! Where an issuer tells about itself, and what it must say there: OpenID Connect Discovery 1.0 and RFC 8414.
//!
//! Promises: pure. A document is believed only if it says that it is of the very issuer that the policy names, byte by
//! byte (Discovery section 4.3, RFC 8414 section 3.3), so that nobody can slip in keys for another.
//!
//! Refuses to ask, or to be sent on to, anything but https; http only on this machine, and never from https.

use serde::Deserialize;
use tollgate::{
    policy::issuer::{ANY_TENANT, Issuer, KeySource, TENANT},
    upstream::send::Endpoint,
};
use url::Url;

/// The hosts of Microsoft Entra, which tells of all tenants at once.
const ENTRA: [&str; 3] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
];

/// The tenant of all personal Microsoft accounts. `organizations` leaves its keys out.
const ENTRA_PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What stands in the tenant's place in Entra's document about all tenants.
const ENTRA_TENANT: &str = "{tenantid}";

/// Where to look for an issuer's key set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Start {
    /// It is here.
    KeySet(Url),
    /// These are to be asked in order, as long as one is not there, and must say that they are of `issuer`.
    Documents {
        /// Where to ask.
        urls: Vec<Url>,
        /// What the `issuer` there must be.
        issuer: String,
    },
}

/// Where to look for an issuer's key set.
///
/// # Errors
/// Why it can't be found by discovery, and what to write into the policy instead.
pub(crate) fn start(issuer: &Issuer, source: &KeySource) -> Result<Start, String> {
    if let Some((endpoint, target)) = &source.url {
        return safe(&format!("{}{target}", endpoint.origin()), None).map(Start::KeySet);
    }
    let (asked, said) = tenant(issuer)?;
    let url = safe(&asked, None).map_err(|why| format!("{why}; name where its key set is in the policy"))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            "an issuer with a query or fragment has no discovery; name where its key set is in the policy".to_owned(),
        );
    }
    Ok(Start::Documents {
        urls: documents(&url),
        issuer: said,
    })
}

/// The URL whose documents are asked for, and the issuer that they must name: both are the issuer's own, unless it is a
/// template of tenants.
fn tenant(issuer: &Issuer) -> Result<(String, String), String> {
    let template = &issuer.issuer;
    let of = |tenant: &str| template.replace(TENANT, tenant);
    match issuer.tenants.as_slice() {
        [] => Ok((template.clone(), template.clone())),
        [one] if one != ANY_TENANT => Ok((of(one), of(one))),
        several => {
            let host = Url::parse(&of("x")).ok();
            let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
            if !ENTRA.contains(&host) {
                return Err(format!(
                    "`{template}` stands for several tenants, and no document tells of the keys of all; name where the \
                     key set is in the policy"
                ));
            }
            let personal = |tenant: &String| tenant == ANY_TENANT || tenant == ENTRA_PERSONAL;
            let all = match several.iter().any(personal) {
                true => "common",
                false => "organizations",
            };
            Ok((of(all), of(ENTRA_TENANT)))
        }
    }
}

/// Discovery section 4: after the path. RFC 8414 section 3.1: between host and path. Both without a slash at its end.
fn documents(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    vec![
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
    ]
}

/// The key set's URL out of a document at `from`, which must say that it is of `issuer`.
///
/// # Errors
/// What is wrong with the document.
pub(crate) fn key_set(document: &[u8], issuer: &str, from: &Url) -> Result<Url, String> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let document: Document = serde_json::from_slice(document)
        .map_err(|why| format!("the document at {from} is no JSON object with `issuer` and `jwks_uri`: {why}"))?;
    if document.issuer != issuer {
        return Err(format!(
            "the document at {from} is of the issuer `{}`, not of `{issuer}`; write the policy's `issuer` as tokens have it",
            document.issuer
        ));
    }
    safe(&document.jwks_uri, Some(from)).map_err(|why| format!("the `jwks_uri` at {from}: {why}"))
}

/// Where a redirect from `from` leads.
///
/// # Errors
/// If it must not be followed.
pub(crate) fn redirect(location: &str, from: &Url) -> Result<Url, String> {
    let to = from
        .join(location)
        .map_err(|why| format!("{from} redirects to what is no URL: {why}"))?;
    safe(to.as_str(), Some(from)).map_err(|why| format!("{from} redirects: {why}"))
}

/// A URL that may be asked, where `from` named it.
fn safe(text: &str, from: Option<&Url>) -> Result<Url, String> {
    let (endpoint, _) = Endpoint::split(text)?;
    if !endpoint.tls() && from.is_some_and(|from| from.scheme() != "http") {
        return Err(format!("`{text}` is not https"));
    }
    Url::parse(text).map_err(|why| format!("`{text}` is not a URL: {why}"))
}

#[cfg(test)]
mod tests;
