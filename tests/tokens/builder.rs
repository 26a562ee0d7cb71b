//! A token in the making, member by member.
//!
//! Promises: header and claims are written as they were put together, also where that is no sound JSON, and the
//! signature is over exactly those bytes. So a row can spoil one thing and leave all else right.

use serde_json::Value;
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate_devstack::{signing::SigningKey, tokens::Issuer};

use super::bench::Bench;

/// A token in the making.
#[derive(Clone)]
#[must_use]
pub(crate) struct Builder<'b> {
    now: u64,
    header: Members,
    claims: Members,
    /// What is done to the header's text at the end.
    header_edit: Option<fn(String) -> Vec<u8>>,
    claims_edit: Option<fn(String) -> Vec<u8>>,
    signer: Signer<'b>,
    hmacs: &'b Issuer,
}

#[derive(Clone)]
enum Signer<'b> {
    Nobody,
    Key(&'b SigningKey),
    Secret(HmacAlgorithm, Vec<u8>),
}

/// The members of an object in order, their values as text.
#[derive(Clone, Default)]
struct Members(Vec<(String, String)>);

impl Members {
    fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    fn text(&self) -> String {
        let members: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

impl<'b> Builder<'b> {
    /// A token of this `iss` that is not signed yet.
    pub(crate) fn new(bench: &Bench, hmacs: &'b Issuer, iss: &str) -> Self {
        let token = Self {
            now: bench.now,
            header: Members::default(),
            claims: Members::default(),
            header_edit: None,
            claims_edit: None,
            signer: Signer::Nobody,
            hmacs,
        };
        let token = token.header("typ", "JWT").claim("iss", iss).claim("sub", "u1");
        let token = token.claim("aud", "api://orders").claim("scope", "orders:read");
        token.at("iat", 0).at("nbf", 0).at("exp", 600)
    }

    /// Signed by this key, and saying so in `alg` and `kid`.
    pub(crate) fn by(self, key: &'b SigningKey) -> Self {
        self.header("alg", key.algorithm().jws_name())
            .header("kid", key.kid())
            .signed_by(key)
    }

    /// Signed by this key, while the header stays as it is.
    pub(crate) fn signed_by(mut self, key: &'b SigningKey) -> Self {
        self.signer = Signer::Key(key);
        self
    }

    /// With an HMAC under this secret, and saying so in `alg`.
    pub(crate) fn hmac(mut self, algorithm: HmacAlgorithm, secret: impl Into<Vec<u8>>) -> Self {
        self.signer = Signer::Secret(algorithm, secret.into());
        self.header(
            "alg",
            match algorithm {
                HmacAlgorithm::Hs256 => "HS256",
                HmacAlgorithm::Hs384 => "HS384",
                HmacAlgorithm::Hs512 => "HS512",
            },
        )
    }

    /// A member of the header.
    pub(crate) fn header(self, name: &str, value: impl Into<Value>) -> Self {
        self.header_text(name, &value.into().to_string())
    }

    /// A member of the header with this text for its value.
    pub(crate) fn header_text(mut self, name: &str, value: &str) -> Self {
        self.header.set(name, value.to_owned());
        self
    }

    /// One more member of the header, even if there is one of that name.
    pub(crate) fn header_too(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.0.push((name.to_owned(), value.into().to_string()));
        self
    }

    /// Without this member of the header.
    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.0.retain(|(known, _)| known != name);
        self
    }

    /// Does this to the header's text.
    pub(crate) fn header_as(mut self, edit: fn(String) -> Vec<u8>) -> Self {
        self.header_edit = Some(edit);
        self
    }

    /// A claim.
    pub(crate) fn claim(self, name: &str, value: impl Into<Value>) -> Self {
        self.claim_text(name, &value.into().to_string())
    }

    /// A claim with this text for its value.
    pub(crate) fn claim_text(mut self, name: &str, value: &str) -> Self {
        self.claims.set(name, value.to_owned());
        self
    }

    /// One more claim, even if there is one of that name.
    pub(crate) fn claim_too(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.0.push((name.to_owned(), value.into().to_string()));
        self
    }

    /// So many claims more.
    pub(crate) fn more_claims(mut self, count: usize) -> Self {
        let more = (0..count).map(|number| (format!("c{number}"), "0".to_owned()));
        self.claims.0.extend(more);
        self
    }

    /// A claim with a time, in seconds from now.
    pub(crate) fn at(self, name: &str, seconds: i64) -> Self {
        let at = self.now.saturating_add_signed(seconds);
        self.claim(name, at)
    }

    /// The same, with this after the whole seconds.
    pub(crate) fn at_text(self, name: &str, seconds: i64, after: &str) -> Self {
        let at = self.now.saturating_add_signed(seconds);
        self.claim_text(name, &format!("{at}{after}"))
    }

    /// Without this claim.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.0.retain(|(known, _)| known != name);
        self
    }

    /// Does this to the claims' text.
    pub(crate) fn claims_as(mut self, edit: fn(String) -> Vec<u8>) -> Self {
        self.claims_edit = Some(edit);
        self
    }

    /// The token.
    pub(crate) fn build(self) -> String {
        let edited = |members: Members, edit: Option<fn(String) -> Vec<u8>>| match edit {
            Some(edit) => edit(members.text()),
            None => members.text().into_bytes(),
        };
        let header = edited(self.header, self.header_edit);
        let claims = edited(self.claims, self.claims_edit);
        let token = match self.signer {
            Signer::Nobody => panic!("the token has no signer"),
            Signer::Key(key) => key.sign_text(header, claims),
            Signer::Secret(algorithm, secret) => {
                let token = self.hmacs.token().raw_header(header).raw_claims(claims);
                token.hmac_under(algorithm, secret).build()
            }
        };
        token.expect("a token")
    }
}
