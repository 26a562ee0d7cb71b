//! A token that was brought: as it is where it can be verified, else signed anew, and what is to be said of that.
//!
//! Promises: a token that the gateway refuses before it looks at a signature is sent as it is.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use tollgate::{
    identity::{
        api_key::{self, ApiKey},
        credential,
        token::{Unverified, is_signed},
        verify::check_candidates,
    },
    policy::issuer::{Issuer, Vouching},
    secret::Secret,
};

use crate::{
    rehearsal::Rehearsal,
    stand_in::Backing,
    voucher::{
        Asking, Named, Vouched,
        client::Ties,
        made::{by_key, by_secret, knowing, sent},
        sign::encoded,
    },
};

/// The token as it is sent, and what is to be said of it. A proof is made only for a token that is signed anew.
pub(crate) fn brought(
    rehearsal: &Rehearsal,
    token: &Secret<String>,
    asking: Asking<'_>,
) -> Result<(Vouched, Option<String>), String> {
    match of(rehearsal, token, asking) {
        Token::AsItIs(backing, note) => {
            let is_dpop = payload(token).is_some_and(|payload| Ties::said(&payload).key);
            let vouched = Vouched {
                token: token.clone(),
                place: asking.place(is_dpop),
                is_dpop,
                proof: None,
                backing,
            };
            Ok((vouched, note))
        }
        Token::Unchecked(issuer) => again(issuer, token, asking).map(|(vouched, note)| (vouched, Some(note))),
    }
}

/// What can be done with a token here.
enum Token<'s> {
    /// It is sent, and what is to be said of it.
    AsItIs(Backing, Option<String>),
    /// Its issuer is known, but not what verifies its signature.
    Unchecked(Named<'s>),
}

fn of<'s>(rehearsal: &Rehearsal, token: &Secret<String>, asking: Asking<'s>) -> Token<'s> {
    let as_it_is = |note: Option<&str>| Token::AsItIs(Backing::default(), note.map(str::to_owned));
    if token.expose().starts_with(api_key::PREFIX) {
        let is_known = |key: ApiKey| rehearsal.state().contains_key(&key.entry());
        return match ApiKey::parse(token).is_none_or(is_known) {
            true => as_it_is(None),
            false => as_it_is(Some(
                "which API keys there are is not known here: describe who has it with --claims",
            )),
        };
    }
    let issuers = asking.settings.issuers.values();
    let mut introspecting = issuers.filter_map(|issuer| match &issuer.vouching {
        Vouching::Introspection(introspection) => Some((issuer, introspection)),
        _ => None,
    });
    let unverified = Unverified::read(token).ok();
    let candidates = unverified.as_ref().map_or_else(Vec::new, |unverified| {
        let tenant = unverified.unverified_tenant.as_deref();
        asking.settings.issuers_of(&unverified.unverified_issuer, tenant)
    });
    let first = candidates.first().map(|(_, issuer)| *issuer);
    let is_asked_about = |issuer: &Issuer| !is_signed(token) || first == Some(issuer);
    if let Some((_, introspection)) = introspecting.find(|(issuer, _)| is_asked_about(issuer)) {
        let note = "no issuer is asked about an opaque token here: describe who has it with --claims";
        return Token::AsItIs(knowing(&introspection.secret), Some(note.to_owned()));
    }
    let Some(unverified) = unverified.filter(|unverified| {
        credential::check_form(token).is_ok() && check_candidates(unverified, &candidates).is_ok()
    }) else {
        return as_it_is(None);
    };
    let is_of_kind = |issuer: &Issuer| match &issuer.vouching {
        Vouching::Secret(_) => unverified.algorithm.is_symmetric(),
        _ => !unverified.algorithm.is_symmetric(),
    };
    match candidates.into_iter().find(|(_, issuer)| is_of_kind(issuer)) {
        None => as_it_is(None),
        Some((_, issuer)) if !unverified.algorithm.is_symmetric() && rehearsal.has_keys(&issuer.issuer) => {
            let backing = issuer.dpop_nonce.as_deref().map_or_else(Backing::default, knowing);
            Token::AsItIs(
                backing,
                payload(token).and_then(|payload| to_be_shown(&payload, issuer)),
            )
        }
        Some(issuer) => Token::Unchecked(issuer),
    }
}

/// What else a token that is bound to its client needs.
fn to_be_shown(payload: &Map<String, Value>, issuer: &Issuer) -> Option<String> {
    let ties = Ties::said(payload);
    match &issuer.dpop_nonce {
        _ if ties.is_none() => None,
        _ if ties.certificate => {
            Some("the token is bound to a certificate of its client, of which there is none here".to_owned())
        }
        None => {
            Some("the token is bound to a key of its client: give its proof with --header 'dpop: PROOF'".to_owned())
        }
        Some(secret) => Some(format!(
            "the token is bound to a key of its client, whose proof needs a nonce; the secret {secret} is not known here"
        )),
    }
}

/// The token with another signature, bound to the stand-in's own client if it is bound.
fn again((name, issuer): Named<'_>, token: &Secret<String>, asking: Asking<'_>) -> Result<(Vouched, String), String> {
    let fault = || "the token can't be read".to_owned();
    let mut parts = token.expose().split('.');
    let (header, written) = (parts.next().and_then(object).ok_or_else(fault)?, parts.next());
    let mut said = payload(token).ok_or_else(fault)?;
    let ties = Ties::said(&said);
    let written = match ties.is_none() {
        true => written.ok_or_else(fault)?.to_owned(),
        false => {
            said.insert("cnf".to_owned(), ties.confirmation()?);
            encoded(&Value::Object(said))
        }
    };
    let (signed, how) = match &issuer.vouching {
        Vouching::Secret(shared) => {
            let how = format!("the secret {} is not known here", shared.name);
            (by_secret(shared, header, &written)?, how)
        }
        _ => {
            let how = format!("give --keys {name}=JWKS.json to check it");
            (by_key(issuer, header, &written, asking.now)?, how)
        }
    };
    let what = match ties.is_none() {
        true => "signature",
        false => "signature, and whether the client has what the token is bound to,",
    };
    Ok((
        sent(issuer, signed, ties, asking)?,
        format!("{what} not checked: {how}"),
    ))
}

/// What a signed token says, whoever signed it.
fn payload(token: &Secret<String>) -> Option<Map<String, Value>> {
    object(token.expose().split('.').nth(1)?)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
