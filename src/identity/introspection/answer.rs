//! The members of an introspection answer as claims (RFC 7662 section 2.2).
//!
//! Promises: a member that is read is of its type, or the answer is malformed: a time is a whole number of seconds, `aud`
//! a text or a list of texts, everything else a text. `null` is as good as nothing. What is not read is passed over.

use crate::{
    identity::{
        asked::{AskedClaims, asked, fits},
        claims::{Claims, Confirmation},
        introspection::Question,
    },
    json::Json,
    policy::issuer::Issuer,
    rejection::TokenRefusal,
    time::{LAST_SECOND, UnixSeconds},
};

/// The most scopes and audiences that are taken from one answer.
const LIST_ITEMS_MAX: usize = 256;

/// Why an answer gives no claims.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// The token is not good.
    Refused(TokenRefusal),
    /// The answer is not one that RFC 7662 knows, so nothing is known of the token.
    Malformed(String),
}

impl From<TokenRefusal> for Unfit {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The claims that an answer makes. Audience, times and what the policy asks of all tokens are not judged here.
pub(super) fn claims_of(answer: &Json<'_>, question: Question<'_>, now: UnixSeconds) -> Result<Claims, Unfit> {
    let issuer = question.issuer;
    match member(answer, "active")? {
        Some(Json::Flag(true)) => {}
        Some(Json::Flag(false)) => return Err(TokenRefusal::Inactive.into()),
        _ => return Err(malformed("`active` is neither true nor false")),
    }
    if text(answer, "iss")?.is_some_and(|iss| iss != issuer.issuer) {
        return Err(TokenRefusal::IssuerUnknown.into());
    }
    let AskedClaims { roles, groups, others } = asked(answer, issuer).map_err(|_| malformed("a list is too long"))?;
    let subject = match text(answer, "sub")? {
        Some(subject) => Some(subject),
        None => text(answer, "username")?,
    };
    // An answer without an end is one for as long as it is remembered; it counts for this request in any case.
    let answer_ends = now.plus_s(u64::from(question.introspection.remember_s).max(1));
    Ok(Claims {
        issuer_name: question.issuer_name.to_owned(),
        issuer: issuer.issuer.clone(),
        subject,
        audience: audience(answer)?,
        expires_at: seconds(answer, "exp")?.unwrap_or(answer_ends),
        not_before: seconds(answer, "nbf")?,
        issued_at: seconds(answer, "iat")?,
        client: text(answer, "client_id")?,
        scopes: scopes(answer)?,
        roles,
        groups,
        asked: others,
        token_id: text(answer, "jti")?,
        confirmation: confirmation(answer)?,
        kid: None,
        token_digest: question.token_digest.to_owned(),
    })
}

/// Whether the answer has what the policy asks of all tokens of the issuer.
pub(super) fn check_issuer_claims(answer: &Json<'_>, issuer: &Issuer) -> Result<(), Unfit> {
    for test in &issuer.claims {
        if !fits(answer, test).map_err(|_| malformed("a list is too long"))? {
            return Err(TokenRefusal::IssuerClaimWrong.into());
        }
    }
    Ok(())
}

/// What the token is bound to. One that is bound to something that can't be checked here is as good as stolen.
fn confirmation(answer: &Json<'_>) -> Result<Confirmation, Unfit> {
    let Some(cnf) = member(answer, "cnf")? else {
        return Ok(Confirmation::default());
    };
    let confirmation = Confirmation {
        jkt: text(cnf, "jkt")?,
        x5t_s256: text(cnf, "x5t#S256")?,
    };
    match confirmation.is_none() {
        true => Err(TokenRefusal::NotBound.into()),
        false => Ok(confirmation),
    }
}

fn audience(answer: &Json<'_>) -> Result<Vec<String>, Unfit> {
    let items = match member(answer, "aud")? {
        None => return Ok(Vec::new()),
        Some(Json::List(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let texts = items.iter().map(|item| match item {
        Json::Text(text) => Ok(text.as_ref().to_owned()),
        _ => Err(malformed("`aud` is neither a text nor a list of texts")),
    });
    bounded(texts.collect::<Result<_, _>>()?)
}

fn scopes(answer: &Json<'_>) -> Result<Vec<String>, Unfit> {
    let scope = text(answer, "scope")?.unwrap_or_default();
    bounded(
        scope
            .split(' ')
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn bounded(mut list: Vec<String>) -> Result<Vec<String>, Unfit> {
    if list.len() > LIST_ITEMS_MAX {
        return Err(malformed("a list is too long"));
    }
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn text(object: &Json<'_>, name: &str) -> Result<Option<String>, Unfit> {
    match member(object, name)? {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.as_ref().to_owned())),
        Some(_) => Err(malformed(&format!("`{name}` is no text"))),
    }
}

/// "Integer timestamp, measured in the number of seconds since January 1 1970 UTC" (RFC 7662 section 2.2).
fn seconds(object: &Json<'_>, name: &str) -> Result<Option<UnixSeconds>, Unfit> {
    let fault = || malformed(&format!("`{name}` is no whole number of seconds"));
    match member(object, name)? {
        None => Ok(None),
        Some(Json::Whole(number)) => {
            let seconds = u64::try_from(*number).ok().filter(|seconds| *seconds <= LAST_SECOND);
            seconds.map(|seconds| Some(UnixSeconds(seconds))).ok_or_else(fault)
        }
        Some(_) => Err(fault()),
    }
}

/// A member of the object, which may be named as a claim's path can't.
fn member<'j, 't>(object: &'j Json<'t>, name: &str) -> Result<Option<&'j Json<'t>>, Unfit> {
    if !matches!(object, Json::Object(_)) {
        return Err(malformed("there is no object where one belongs"));
    }
    let found = object.member(name);
    Ok(found.filter(|value| !matches!(value, Json::Null)))
}

fn malformed(what: &str) -> Unfit {
    Unfit::Malformed(what.to_owned())
}
