//! Opaque tokens: what their issuer says of them, asked once and remembered for a bounded time.
//!
//! Promises: at a POP an issuer is asked about one token by one request at a time, and others wait for its answer. The
//! name of what is remembered holds issuer, policy version and token, all in one digest; the value holds claims, never
//! the token. Times are checked again at each use.
//!
//! | what the issuer does | what happens | remembered for |
//! | --- | --- | --- |
//! | says that the token is good | its claims | until `exp`, at most the issuer's `remember_s` |
//! | says that it is not active, or what does not fit the policy | that refusal | [`REFUSED_S_MAX`] seconds, at most `remember_s` |
//! | does not answer, or not with RFC 7662 | [`Rejection::IntrospectionUnavailable`] | [`NEGATIVE_S`] seconds |
//! | can't be asked for want of a secret | [`Rejection::Misconfigured`] | [`NEGATIVE_S`] seconds |
//! | answers slowly, while this request waits for another's turn | [`Rejection::IntrospectionUnavailable`] | |
//!
//! Without a cache each request asks for itself, and so it is with `remember_s` 0. A token that its issuer revokes is
//! refused after `remember_s` at most: a sandbox may keep it no longer than [`Introspected::until`].

use serde::{Deserialize, Serialize};

use crate::{
    digest,
    host::{CacheKey, Found, Freshness, Host, SendFault},
    identity::{
        claims::Claims,
        credential::{Token, check_form},
        introspection::{Answered, Question, call, finish, unavailable},
        origin::{Cache, Source},
        remembered::{issuer_key, purged_by},
    },
    rejection::{Rejection, TokenRefusal},
    secret::Secret,
    time::UnixSeconds,
};

/// How long a refusal is remembered at most, in seconds.
pub const REFUSED_S_MAX: u64 = 60;

/// How long it is remembered that an issuer could not be asked, in seconds. Without this, callers that wait for the turn
/// would take it one after another and fail one by one.
pub const NEGATIVE_S: u64 = 2;

/// The refusals that an answer can lead to, which is remembered by their code.
const REFUSALS: [TokenRefusal; 7] = [
    TokenRefusal::Inactive,
    TokenRefusal::IssuerUnknown,
    TokenRefusal::AudienceWrong,
    TokenRefusal::Expired,
    TokenRefusal::NotYetValid,
    TokenRefusal::IssuerClaimWrong,
    TokenRefusal::NotBound,
];

/// A token that its issuer calls good.
#[derive(Debug, PartialEq, Eq)]
pub struct Introspected {
    /// The claims.
    pub claims: Claims,
    /// Where they came from.
    pub source: Source,
    /// Until when they may be remembered elsewhere; not at all if that is not after now.
    pub until: UnixSeconds,
    /// What went wrong without harm, for the log.
    pub problem: Option<String>,
}

/// What the POP's cache holds for a token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// Its claims, and until when they count.
    Active(Box<Claims>, UnixSeconds),
    /// The code of its refusal.
    Refused(String),
    /// The issuer could not be asked.
    Failed,
    /// The gateway can't ask, and why; in words that hold nothing of a secret.
    Misconfigured(String),
}

/// What the issuer says of a token, under the policy of this version.
///
/// With [`Cache::LeftAlone`] nothing is known and nobody is asked, which is [`Rejection::IntrospectionUnavailable`].
///
/// # Errors
/// As the module says, and the token's own refusals.
pub async fn introspected<H: Host>(
    (host, cache): (&H, Cache),
    version: &str,
    (question, token): (Question<'_>, &Token),
    now: UnixSeconds,
) -> Result<Introspected, Rejection> {
    check_form(token)?;
    if cache == Cache::LeftAlone {
        return Err(unavailable("nobody is asked about a token for a candidate".to_owned()));
    }
    let fresh = async |problem| {
        let answered = ask(host, (question, token), now).await?;
        Ok(introspected_now(answered, now, problem))
    };
    if question.introspection.remember_s == 0 {
        return fresh(None).await;
    }
    match host.recall_or_turn(&cache_key(version, question)).await {
        Ok(Found::Value(value)) => match read(&value, question, now) {
            Some(known) => known,
            None => fresh(Some("a cached introspection answer is malformed or over".to_owned())).await,
        },
        Ok(Found::Nothing(turn) | Found::Stale(_, turn)) => {
            let answered = ask(host, (question, token), now).await;
            let filled = fill(host, turn, &answered, question, now).await;
            Ok(introspected_now(answered?, now, filled.err()))
        }
        Ok(Found::Busy) => Err(unavailable(format!(
            "another request is asking {} about this token, and takes too long",
            question.issuer_name
        ))),
        Err(fault) => fresh(Some(fault.0)).await,
    }
}

/// Asks the issuer.
///
/// # Errors
/// As the module says, and the token's own refusals.
pub async fn ask<H: Host>(
    host: &H,
    (question, token): (Question<'_>, &Token),
    now: UnixSeconds,
) -> Result<Answered, Rejection> {
    let name = &question.introspection.secret;
    let secret = host.secret(name).await;
    let secret = secret.map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let secret = secret.ok_or_else(|| Rejection::Misconfigured(format!("the secret store has no secret `{name}`")))?;
    let reply = host.call(&call(question, token, &secret)?).await;
    finish(&reply.map_err(|fault| unasked(question, &fault))?, question, now)
}

fn unasked(question: Question<'_>, fault: &SendFault) -> Rejection {
    unavailable(fault.of(question.issuer_name))
}

fn cache_key(version: &str, question: Question<'_>) -> CacheKey {
    let parts = [question.issuer_name, version, question.token_digest].map(str::as_bytes);
    CacheKey(digest::of("tollgate introspection", &parts))
}

fn introspected_now(answered: Answered, now: UnixSeconds, problem: Option<String>) -> Introspected {
    Introspected {
        claims: answered.claims,
        source: Source::Introspected,
        until: now.plus_s(answered.life_s),
        problem,
    }
}

/// Fills the entry with what was learned, whatever it is.
async fn fill<H: Host>(
    host: &H,
    turn: H::Turn,
    answered: &Result<Answered, Rejection>,
    question: Question<'_>,
    now: UnixSeconds,
) -> Result<(), String> {
    let (kept, fresh_s) = match answered {
        Ok(Answered { claims, life_s }) => {
            let until = now.plus_s(*life_s);
            (Kept::Active(Box::new(claims.clone()), until), *life_s)
        }
        Err(rejection @ Rejection::Token(refusal)) => {
            let code = rejection.verdict().code.to_owned();
            (Kept::Refused(code), refused_s(*refusal, question))
        }
        Err(Rejection::Misconfigured(why)) => (Kept::Misconfigured(why.clone()), NEGATIVE_S),
        Err(_) => (Kept::Failed, NEGATIVE_S),
    };
    let value = serde_json::to_vec(&kept).map_err(|why| why.to_string())?;
    let freshness = Freshness { fresh_s, stale_s: 0 };
    let purged_by = match answered {
        Ok(Answered { claims, .. }) => purged_by(claims),
        Err(_) => vec![issuer_key(question.issuer_name)],
    };
    let filled = host.fill(turn, &Secret::new(value), freshness, &purged_by).await;
    filled.map_err(|fault| fault.0)
}

/// How long a refusal is remembered. Only one of them passes by itself.
fn refused_s(refusal: TokenRefusal, question: Question<'_>) -> u64 {
    let cap = match refusal {
        TokenRefusal::NotYetValid => NEGATIVE_S,
        _ => REFUSED_S_MAX,
    };
    u64::from(question.introspection.remember_s).min(cap)
}

/// What is remembered of the token; `None` for what can't be used.
fn read(value: &Secret<Vec<u8>>, question: Question<'_>, now: UnixSeconds) -> Option<Result<Introspected, Rejection>> {
    match serde_json::from_slice(value.expose()).ok()? {
        Kept::Active(claims, until) => {
            if claims.token_digest != question.token_digest || until <= now {
                return None;
            }
            let checked = claims.check_times(now, question.issuer.leeway_s);
            Some(checked.map_err(Rejection::from).map(|()| Introspected {
                claims: *claims,
                source: Source::Pop,
                until,
                problem: None,
            }))
        }
        Kept::Refused(code) => {
            let mut refusals = REFUSALS.into_iter().map(Rejection::from);
            let refusal = refusals.find(|refusal| refusal.verdict().code == code)?;
            Some(Err(refusal))
        }
        Kept::Failed => {
            let why = format!("{} could not be asked moments ago", question.issuer_name);
            Some(Err(unavailable(why)))
        }
        Kept::Misconfigured(why) => Some(Err(Rejection::Misconfigured(why))),
    }
}

#[cfg(test)]
mod tests;
