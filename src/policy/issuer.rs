//! Who may vouch for a caller: how their credentials are verified, and what rules ask of them.
//!
//! Promises: what an issuer's credentials are verified with is one of four ways, and there is no way from one to
//! another: a token never chooses how it is verified.

mod record;

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::{
    policy::wanted::{Test, Wanted},
    upstream::send::Endpoint,
};

/// The most issuers of a policy.
pub const ISSUERS_MAX: usize = 64;

/// The most audiences of an issuer.
pub const AUDIENCES_MAX: usize = 64;

/// The most tenants of an issuer.
pub const TENANTS_MAX: usize = 64;

/// The most claims that all tokens of an issuer must have.
pub const CLAIMS_REQUIRED_MAX: usize = 16;

/// How old keys may be before they are fetched again, in seconds.
pub const REFRESH_S: RangeInclusive<u32> = 1..=86_400;

/// How long an unknown `kid` causes no other fetch, in seconds.
pub const UNKNOWN_S: RangeInclusive<u32> = 1..=3_600;

/// The longest that the last good keys serve, in seconds: 30 days.
pub const KEYS_AGE_S_MAX: u32 = 2_592_000;

/// How long what an introspection said may be remembered, in seconds.
pub const INTROSPECTION_REMEMBER_S: RangeInclusive<u32> = 0..=3_600;

/// The longest path and query of a key set or an introspection endpoint, in bytes.
pub const TARGET_BYTES_MAX: usize = 1_024;

/// The largest leeway, in seconds. A larger one would keep expired tokens alive.
pub const LEEWAY_S_MAX: u64 = 300;

/// The most claims that the rules may ask of one issuer's tokens.
pub const CLAIMS_ASKED_MAX: usize = 64;

/// What stands in a tenant's place in an issuer that is a template.
pub const TENANT: &str = "{tenant}";

/// The longest `tid` that is taken, in bytes.
const TENANT_BYTES_MAX: usize = 64;

/// The tenant that stands for all.
pub const ANY_TENANT: &str = "*";

/// Who may vouch for a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "record::IssuerRecord", into = "record::IssuerRecord")]
pub struct Issuer {
    /// The `iss` of its tokens, compared byte by byte; with [`TENANT`] in it where `tenants` are named. What API keys
    /// and introspected tokens are told apart by too.
    pub issuer: String,
    /// The tenants whose tokens are taken, by `tid`; empty for an issuer that is no template. [`ANY_TENANT`] for all.
    pub tenants: Vec<String>,
    /// The audiences of which a token must name at least one.
    pub audience: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u64,
    /// The claim that lists roles.
    pub roles: String,
    /// The claim that lists groups.
    pub groups: String,
    /// The types that its tokens may say.
    pub types: Types,
    /// Claims that all of its tokens must have.
    pub claims: Vec<Test>,
    /// How its credentials are verified.
    pub vouching: Vouching,
    /// What all of its tokens must be bound to; a token that is bound is held to it anyway.
    pub bound: Option<Bound>,
    /// The secret of which nonces for DPoP proofs are made; none are asked for without.
    pub dpop_nonce: Option<String>,
    /// The claims that rules ask for, each once; what is not asked for is not kept.
    pub asked: BTreeSet<Asked>,
}

/// What the header's `typ` may be (RFC 7515 section 4.1.9, RFC 9068 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Types {
    /// `JWT`.
    pub jwt: bool,
    /// `at+jwt`, also as `application/at+jwt`.
    pub at_jwt: bool,
    /// No `typ` at all.
    pub absent: bool,
}

impl Types {
    /// All of them.
    pub const ALL: Self = Self {
        jwt: true,
        at_jwt: true,
        absent: true,
    };

    /// None of them; an issuer must take one.
    pub const NONE: Self = Self {
        jwt: false,
        at_jwt: false,
        absent: false,
    };
}

/// How an issuer's credentials are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vouching {
    /// JWTs that are signed with keys which the issuer publishes.
    Keys(KeySource),
    /// JWTs with an HMAC under a secret that the gateway shares with the issuer.
    Secret(SharedSecret),
    /// Opaque tokens, about which the issuer is asked (RFC 7662).
    Introspection(Introspection),
    /// API keys that `tollgate apikey create` made.
    ApiKeys,
}

/// Where an issuer's keys come from, besides the config store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySource {
    /// Where its key set is, if the policy says so: endpoint, path and query. Else it is found by discovery.
    pub url: Option<(Endpoint, String)>,
    /// Whether the edge may fetch the key set.
    pub fetch: bool,
    /// How old keys may be before they are fetched again, in seconds. A key that the issuer withdraws is trusted no longer
    /// than this, and what a sandbox remembers.
    pub refresh_s: u32,
    /// How long after a fetch an unknown `kid` causes no other, in seconds.
    pub unknown_s: u32,
    /// How long the last good keys serve while the issuer can't be reached, in seconds.
    pub age_s_max: u32,
}

impl Default for KeySource {
    fn default() -> Self {
        Self {
            url: None,
            fetch: true,
            refresh_s: 300,
            unknown_s: 60,
            age_s_max: 86_400,
        }
    }
}

/// A secret that is shared with an issuer (RFC 7518 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSecret {
    /// Its name in the secret store.
    pub name: String,
    /// The one algorithm that it is for.
    pub algorithm: HmacAlgorithm,
}

/// HMAC with SHA-2 (RFC 7518 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HmacAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

/// Where an issuer tells about its opaque tokens (RFC 7662).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Path and query.
    pub target: String,
    /// The client that the gateway is there.
    pub client: String,
    /// The name of the secret that it proves itself by.
    pub secret: String,
    /// How long an answer is remembered at most, in seconds.
    pub remember_s: u32,
}

/// What a token is bound to, so that who steals it can't use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bound {
    /// A key of the client's that signs a proof for each request (RFC 9449).
    Dpop,
    /// The client's TLS certificate (RFC 8705 section 3).
    Certificate,
    /// One of the two.
    Either,
}

/// Whether a text could be a tenant's identifier: it stands in the middle of an `iss`, so it has no mark of a URL.
#[must_use]
pub fn is_tenant(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= TENANT_BYTES_MAX && text.bytes().all(allowed)
}

/// Whether a text could be the name of a secret in the secret store.
#[must_use]
pub fn is_secret_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= 255 && text.bytes().all(allowed)
}

/// Whether a text could be a client's identifier (RFC 6749 appendix A.1), of a bounded length.
#[must_use]
pub fn is_client(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Something that a rule asks of a token besides its standard claims.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Asked {
    /// The list of roles.
    Roles,
    /// The list of groups.
    Groups,
    /// The claim at this path.
    Claim(String),
}

impl Issuer {
    /// Whether its tokens may say this `iss`, together with this `tid`. Where tenants are named, `iss` must be the template
    /// with that very `tid` in the tenant's place, so that no tenant speaks for another.
    #[must_use]
    pub fn takes(&self, iss: &str, tenant: Option<&str>) -> bool {
        if self.tenants.is_empty() {
            return self.issuer == iss;
        }
        let (Some(tenant), Some((before, after))) = (tenant, self.issuer.split_once(TENANT)) else {
            return false;
        };
        let named = |known: &String| known == tenant || known == ANY_TENANT;
        let place = iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        place == Some(tenant) && is_tenant(tenant) && self.tenants.iter().any(named)
    }

    /// An issuer whose keys are published, with all that can be left out at its default. Pages leave these values out, so
    /// they are part of their format.
    #[must_use]
    pub fn plain(issuer: &str, audience: &[&str]) -> Self {
        Self {
            issuer: issuer.to_owned(),
            tenants: Vec::new(),
            audience: audience.iter().map(|&audience| audience.to_owned()).collect(),
            leeway_s: 60,
            roles: "roles".to_owned(),
            groups: "groups".to_owned(),
            types: Types::ALL,
            claims: Vec::new(),
            vouching: Vouching::Keys(KeySource::default()),
            bound: None,
            dpop_nonce: None,
            asked: BTreeSet::new(),
        }
    }
    /// Checks what the types leave open.
    ///
    /// # Errors
    /// What is out of bounds.
    pub fn check(&self) -> Result<(), String> {
        let templates = self.issuer.matches(TENANT).count();
        let any = self.tenants.iter().any(|tenant| tenant == ANY_TENANT);
        let tenants = match any {
            true => self.tenants.len() == 1,
            false => self.tenants.iter().all(|tenant| is_tenant(tenant)),
        };
        let captured = |test: &Test| matches!(test.wanted, Wanted::Captured(_));
        let checks = [
            (!self.issuer.is_empty(), "an issuer has no name"),
            (
                !self.audience.is_empty() && !self.audience.iter().any(String::is_empty),
                "an issuer has no audience",
            ),
            (self.audience.len() <= AUDIENCES_MAX, "an issuer has too many audiences"),
            (self.leeway_s <= LEEWAY_S_MAX, "a leeway is too long"),
            (
                templates == usize::from(!self.tenants.is_empty()),
                "an issuer has tenants without a template, or a template without tenants",
            ),
            (
                tenants && self.tenants.len() <= TENANTS_MAX,
                "an issuer's tenants are none",
            ),
            (self.types != Types::NONE, "no type of token is taken"),
            (
                self.claims.len() <= CLAIMS_REQUIRED_MAX && !self.claims.iter().any(captured),
                "an issuer asks for too many claims, or for one of a path",
            ),
            (
                self.dpop_nonce.as_deref().is_none_or(is_secret_name),
                "a secret has no name",
            ),
            (
                self.vouching.is_within_bounds(),
                "how an issuer vouches is out of bounds",
            ),
            (
                self.asked.len() <= CLAIMS_ASKED_MAX,
                "the rules ask for too many claims of one issuer",
            ),
        ];
        match checks.into_iter().find(|(good, _)| !good) {
            Some((_, what)) => Err(what.to_owned()),
            None => Ok(()),
        }
    }
}

impl Vouching {
    fn is_within_bounds(&self) -> bool {
        let is_target = |target: &str| {
            let graphic = target.bytes().all(|byte| byte.is_ascii_graphic());
            graphic && target.starts_with('/') && target.len() <= TARGET_BYTES_MAX
        };
        match self {
            Self::Keys(keys) => {
                keys.url.as_ref().is_none_or(|(_, target)| is_target(target))
                    && REFRESH_S.contains(&keys.refresh_s)
                    && UNKNOWN_S.contains(&keys.unknown_s)
                    && (keys.refresh_s..=KEYS_AGE_S_MAX).contains(&keys.age_s_max)
            }
            Self::Secret(secret) => is_secret_name(&secret.name),
            Self::Introspection(at) => {
                is_target(&at.target)
                    && is_client(&at.client)
                    && is_secret_name(&at.secret)
                    && INTROSPECTION_REMEMBER_S.contains(&at.remember_s)
            }
            Self::ApiKeys => true,
        }
    }
}

#[cfg(test)]
mod tests;
