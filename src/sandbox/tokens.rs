//! What came of tokens, kept by version of the policy and the token itself.
//!
//! Promises: found only by the whole token. Refused tokens have room of their own, so that bad ones push out no good ones.

use crate::{
    identity::{
        credential::Token,
        outcome::{Outcome, Remembered},
    },
    sandbox::bounded::Bounded,
    time::UnixSeconds,
};

/// The most tokens whose claims are remembered.
const TOKENS_MAX: usize = 64;

/// The most tokens that are remembered as refused.
const REFUSED_MAX: usize = 32;

/// The memory of tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    good: Bounded<Kept>,
    refused: Bounded<Kept>,
}

#[derive(Debug)]
struct Kept {
    version: String,
    tail: [u8; 8],
    token: Token,
    remembered: Remembered,
    until: UnixSeconds,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            good: Bounded::new(TOKENS_MAX),
            refused: Bounded::new(REFUSED_MAX),
        }
    }
}

impl Tokens {
    /// What came of a token under this version of the policy.
    ///
    /// The eight last bytes are compared first, so that most kept tokens cost one comparison of a word; then all bytes
    /// in constant time.
    pub(super) fn of(&self, version: &str, token: &Token, now: UnixSeconds) -> Option<Remembered> {
        let tail = tail(token);
        let same = |kept: &&Kept| {
            kept.tail == tail && kept.until > now && kept.version == version && kept.token.same_bytes(token)
        };
        let found = self.good.find(same).or_else(|| self.refused.find(same));
        found.map(|kept| kept.remembered.clone())
    }

    /// Keeps what came of a token until a time.
    pub(super) fn keep(&mut self, version: &str, token: &Token, remembered: Remembered, until: UnixSeconds) {
        let memory = match remembered.outcome {
            Outcome::Known(_) => &mut self.good,
            Outcome::Refused(_) => &mut self.refused,
        };
        let kept = Kept {
            version: version.to_owned(),
            tail: tail(token),
            token: token.clone(),
            remembered,
            until,
        };
        memory.replace(|old| old.version == version && old.token.same_bytes(token), kept);
    }
}

fn tail(token: &Token) -> [u8; 8] {
    token.expose().as_bytes().last_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        identity::{claims::tests::claims, verify::Verified},
        rejection::TokenRefusal,
        secret::Secret,
    };

    fn known() -> Remembered {
        Remembered {
            outcome: Outcome::Known(Arc::new(Verified::for_tests(claims()))),
            ground: None,
        }
    }

    fn token(text: &str) -> Token {
        Secret::new(text.to_owned())
    }

    #[test]
    fn tokens_are_found_by_version_and_whole_token() {
        let mut tokens = Tokens::default();
        tokens.keep("v1", &token("head.payload.signature"), known(), UnixSeconds(10));
        for (name, version, text, now, found) in [
            ("the same", "v1", "head.payload.signature", 9, true),
            ("later", "v1", "head.payload.signature", 10, false),
            ("other policy", "v2", "head.payload.signature", 9, false),
            ("same tail", "v1", "hEad.payload.signature", 9, false),
            ("shorter", "v1", "ead.payload.signature", 9, false),
            ("short", "v1", "a", 9, false),
        ] {
            assert_eq!(
                tokens.of(version, &token(text), UnixSeconds(now)).is_some(),
                found,
                "{name}"
            );
        }
    }

    #[test]
    fn refused_tokens_push_out_no_good_ones() {
        let mut tokens = Tokens::default();
        tokens.keep("v1", &token("good"), known(), UnixSeconds(10));
        for number in 0..2 * TOKENS_MAX {
            let refused = Remembered {
                outcome: Outcome::Refused(TokenRefusal::SignatureInvalid),
                ground: None,
            };
            tokens.keep("v1", &token(&number.to_string()), refused, UnixSeconds(10));
        }
        assert!(tokens.of("v1", &token("good"), UnixSeconds(9)).is_some());
        assert!(tokens.of("v1", &token("0"), UnixSeconds(9)).is_none());
        assert_eq!(tokens.refused.len(), REFUSED_MAX);
    }
}
