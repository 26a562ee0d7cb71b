//! The `iss` of an issuer, and the tenants that its `{tenant}` stands for.
//!
//! Promises: a template names its tenants, and a tenant has a template. An identifier of a tenant has no mark of a URL, so
//! no tenant leads to another issuer. Google's `iss`, by which everybody's
//! callers go, is taken only with what says which of them are meant.

use crate::policy::{
    compile::{
        known::bounded_list,
        presets::{GOOGLE, IAP, Preset},
    },
    issuer::{ANY_TENANT, TENANT, TENANTS_MAX, is_tenant},
    problem::Problems,
    source::issuer::Issuer as Written,
    wanted::{Test, Wanted},
};

/// What the names of issuers begin with that have no `iss` of their own.
pub(super) const OWN: &str = "tollgate:";

/// The `iss`, and whether it fits `tenants`.
pub(super) fn iss(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) -> String {
    let at = format!("{place}.issuer");
    match (&written.issuer, &written.preset) {
        (Some(_), Some(name)) => {
            problems.add(at, format!("the preset `{name}` says whose tokens these are"), "remove `issuer` or `preset`");
        }
        (None, None) => problems.add(
            at,
            "the issuer has no name",
            "add the `iss` that its tokens have, as in `issuer = \"https://example.okta.com/oauth2/default\"`; or `preset`, \
             or `api_keys`",
        ),
        (Some(issuer), None) if issuer.is_empty() => {
            problems.add(at, "the issuer has no name", "give the `iss` that its tokens have");
        }
        (Some(issuer), None) if issuer.starts_with(OWN) => {
            problems.add(at, format!("names that begin with `{OWN}` are the gateway's own"), "give the `iss` of its tokens");
        }
        (Some(issuer), None) => template(&at, issuer, written, problems),
        (None, Some(_)) => {}
    }
    tenants(place, written, problems);
    match (preset, &written.issuer) {
        (Some(preset), _) => preset.iss(written),
        (None, issuer) => issuer.clone().unwrap_or_default(),
    }
}

/// Reports the `iss` of everybody's callers, written by hand without a claim that would say which of them are meant. A
/// claim that is only there says it of nobody.
pub(super) fn report_everybodys(at: &str, written: &Written, claims: &[Test], problems: &mut Problems) {
    let tells = |test: &Test| {
        let of_all = ["aud", "azp", "email_verified", "exp", "iat", "iss", "nbf"].contains(&test.name.as_str());
        !of_all && test.wanted != Wanted::Exists && test.wanted != Wanted::Prefix(String::new())
    };
    let iss = written.issuer.as_deref().filter(|_| written.preset.is_none());
    let signed = written.secret.is_none() && written.introspection.is_none();
    let nobody = signed && !claims.iter().any(tells);
    let bare = iss.filter(|iss| GOOGLE.strip_prefix("https://") == Some(iss));
    if let Some(bare) = bare {
        problems.add(
            at,
            format!("tokens have `{GOOGLE}`, and `{bare}` is found by no discovery"),
            format!("write `{GOOGLE}`, or use a preset"),
        );
    }
    let (what, mend) = match iss {
        Some(iss) if nobody && (iss == GOOGLE || bare.is_some()) => (
            "anybody with a Google account could get a token for this audience",
            "use `preset = \"google-service-account\"` with `emails`, or `preset = \"google-workspace\"` with `hosted_domains`",
        ),
        Some(IAP) if nobody => (
            "Identity-Aware Proxy vouches for everybody's callers, and nothing says which are meant",
            "use `preset = \"google-iap\"`, whose audience is one of a project's",
        ),
        _ => return,
    };
    problems.add(at, what, mend);
}

fn template(at: &str, issuer: &str, written: &Written, problems: &mut Problems) {
    let rest = issuer.replacen(TENANT, "", 1);
    if rest.contains(['{', '}']) {
        problems.add(
            at,
            format!("has braces that are not the one `{TENANT}`"),
            format!("write it as in `https://login.microsoftonline.com/{TENANT}/v2.0`"),
        );
    } else if rest != issuer && written.tenants.is_none() {
        problems.add(
            at,
            format!("has `{TENANT}`, and no tenants are named"),
            "add them, as in `tenants = [\"72f988bf-86f1-41af-91ab-2d7cd011db47\"]`",
        );
    }
}

fn tenants(place: &str, written: &Written, problems: &mut Problems) {
    let Some(tenants) = &written.tenants else {
        return;
    };
    let at = format!("{place}.tenants");
    let is_template = written.issuer.as_ref().is_none_or(|issuer| issuer.contains(TENANT));
    if written.introspection.is_none() && (!is_template || written.preset.is_some()) {
        problems.add(
            &at,
            format!("tenants are named, and no `{TENANT}` is in `issuer` that one could stand for"),
            format!("write `issuer` as in `https://login.microsoftonline.com/{TENANT}/v2.0`, or remove `tenants`"),
        );
    }
    if tenants.is_empty() {
        problems.add(
            &at,
            "an empty list takes no token",
            "name the tenants, or write `[\"*\"]` for all",
        );
    }
    bounded_list(&at, tenants.len(), TENANTS_MAX, problems);
    for (number, tenant) in tenants.iter().enumerate() {
        let at = format!("{at}[{number}]");
        if tenant == ANY_TENANT {
            if tenants.len() > 1 {
                problems.add(at, "`*` is all tenants, and stands alone", "remove it, or all others");
            }
        } else if !is_tenant(tenant) {
            problems.add(
                at,
                format!("`{tenant}` can't be a tenant"),
                "give its id, up to 64 letters, digits and `-`, or `*` for all",
            );
        } else if tenants.iter().take(number).any(|before| before == tenant) {
            problems.add(at, format!("the tenant `{tenant}` stands twice"), "give it once");
        }
    }
}
