//! Tokens that JWT libraries in other languages made, with each algorithm, are taken; and none of them if it is changed.
//!
//! `cargo crosscheck --write` has the libraries make `tests/peers/tokens.json`; here neither they nor their languages are
//! needed. What they refuse is compared by `cargo crosscheck`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use tollgate::{identity::algorithm::Algorithm, rejection::TokenRefusal, time::UnixSeconds};
use tollgate_crosscheck::{gateway, peers::PEERS, question::Made};

/// The first second of the year 2100, when they expire.
const EXPIRY: u64 = 4_102_444_800;

/// A day after they were made, or any later one before they expire.
const LATER: UnixSeconds = UnixSeconds(EXPIRY - 86_400);

fn made() -> Vec<Made> {
    serde_json::from_str(include_str!("peers/tokens.json")).unwrap()
}

#[test]
fn every_peer_made_one_token_with_every_algorithm() {
    let found: Vec<(String, String)> = made()
        .into_iter()
        .map(|made| (made.peer, made.question.algorithm))
        .collect();
    let due = PEERS.iter().flat_map(|peer| {
        let names = Algorithm::ALL.into_iter().map(Algorithm::name);
        names.map(|name| ((*peer).to_owned(), name.to_owned()))
    });
    let due: BTreeSet<_> = due.collect();
    assert_eq!(found.len(), due.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), due);
}

#[test]
fn their_tokens_are_taken_until_they_expire() {
    for Made { peer, question } in made() {
        let name = format!("{peer}, {}", question.algorithm);
        for (now, expected) in [
            (LATER, Ok(())),
            (UnixSeconds(EXPIRY + 59), Ok(())),
            (UnixSeconds(EXPIRY + 60), Err(TokenRefusal::Expired)),
            (UnixSeconds(0), Err(TokenRefusal::NotYetValid)),
        ] {
            assert_eq!(gateway::judge(&question, now), expected, "{name} at {now:?}");
        }
    }
}

#[test]
fn their_tokens_are_refused_for_others_and_under_other_keys() {
    let all = made();
    for Made { peer, question } in &all {
        let name = format!("{peer}, {}", question.algorithm);
        let mut other = question.clone();
        other.audience.push('x');
        assert_eq!(
            gateway::judge(&other, LATER),
            Err(TokenRefusal::AudienceWrong),
            "{name}"
        );
        let mut other = question.clone();
        other.issuer.push('x');
        assert_eq!(
            gateway::judge(&other, LATER),
            Err(TokenRefusal::IssuerUnknown),
            "{name}"
        );
        // Another peer's key for the same algorithm, under the name that the token asks for.
        let stranger = all
            .iter()
            .find(|made| made.peer != *peer && made.question.algorithm == question.algorithm)
            .unwrap();
        let mut other = question.clone();
        other.secret.clone_from(&stranger.question.secret);
        if let (Some(own), Some(others)) = (&mut other.jwks, &stranger.question.jwks) {
            let kid = own["keys"][0]["kid"].take();
            own.clone_from(others);
            own["keys"][0]["kid"] = kid;
        }
        assert_eq!(
            gateway::judge(&other, LATER),
            Err(TokenRefusal::SignatureInvalid),
            "{name}"
        );
    }
}

#[test]
fn their_tokens_are_refused_if_the_signature_is_changed() {
    for Made { peer, question } in made() {
        let (message, signature) = question.token.rsplit_once('.').unwrap();
        for at in 0..signature.len() {
            let mut changed = signature.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let mut other = question.clone();
            other.token = format!("{message}.{}", String::from_utf8(changed).unwrap());
            let verdict = gateway::judge(&other, LATER);
            // The last character may have bits that no byte has room for.
            let refused = match verdict {
                Err(TokenRefusal::SignatureInvalid) => true,
                Err(TokenRefusal::Malformed) => at + 1 == signature.len(),
                _ => false,
            };
            assert!(refused, "{peer}, {}, {at}: {verdict:?}", question.algorithm);
        }
    }
}
