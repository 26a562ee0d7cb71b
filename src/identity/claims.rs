//! What a token says, as far as the gateway uses it, and when it may be believed.
//!
//! Promises: times are checked with the `now` that is handed in, by the same code for a token that was just verified
//! and for one that is remembered.

use serde::{Deserialize, Serialize};

use crate::{
    policy::{issuer::Issuer, wanted::Scalar},
    rejection::TokenRefusal,
    time::UnixSeconds,
};

/// The claims of one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The policy's name of the issuer.
    pub issuer_name: String,
    /// `iss` (RFC 7519 section 4.1.1).
    pub issuer: String,
    /// `sub` (section 4.1.2).
    pub subject: Option<String>,
    /// `aud` (section 4.1.3).
    pub audience: Vec<String>,
    /// `exp` (section 4.1.4); required here.
    pub expires_at: UnixSeconds,
    /// `nbf` (section 4.1.5).
    pub not_before: Option<UnixSeconds>,
    /// `iat` (section 4.1.6).
    pub issued_at: Option<UnixSeconds>,
    /// The client that asked for the token: `client_id` (RFC 9068), else `azp` or `cid`.
    pub client: Option<String>,
    /// `scope` split at spaces (RFC 8693 section 4.2), else `scp`.
    pub scopes: Vec<String>,
    /// The roles, in the claim that the issuer's policy names; empty where no rule asks for roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The groups, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The other claims that rules ask for, as far as the token has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AskedClaim>,
    /// `jti` (section 4.1.7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// What the token is bound to: `cnf` (RFC 7800).
    #[serde(default, skip_serializing_if = "Confirmation::is_none")]
    pub confirmation: Confirmation,
    /// The key that signed, by its `kid`; none for what is not signed.
    pub kid: Option<String>,
    /// The SHA-256 of the token, which stands for it in logs.
    pub token_digest: String,
}

/// What a token is bound to (RFC 7800 section 3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the client's key (RFC 9449 section 6.1): SHA-256 in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// The thumbprint of the client's certificate (RFC 8705 section 3.1): SHA-256 of its DER in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
}

impl Confirmation {
    /// Whether the token is bound to nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.jkt.is_none() && self.x5t_s256.is_none()
    }
}

/// A claim that some rule asks for, and that the token has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClaim {
    /// Its path, as the policy writes it.
    pub name: String,
    /// Its value, or the items of a list; empty for what can't be compared, such as an object.
    pub values: Vec<Scalar>,
}

impl Claims {
    /// The values of a claim that rules ask for; `None` if the token does not have it.
    #[must_use]
    pub fn asked(&self, name: &str) -> Option<&[Scalar]> {
        let found = self.asked.iter().find(|claim| claim.name == name);
        found.map(|claim| claim.values.as_slice())
    }

    /// Whether the token is for this audience.
    ///
    /// # Errors
    /// [`TokenRefusal::AudienceWrong`].
    pub fn check_audience(&self, issuer: &Issuer) -> Result<(), TokenRefusal> {
        if self.audience.iter().any(|audience| issuer.audience.contains(audience)) {
            Ok(())
        } else {
            Err(TokenRefusal::AudienceWrong)
        }
    }

    /// Whether the token may be believed at `now` (RFC 7519 sections 4.1.4 to 4.1.6).
    ///
    /// # Errors
    /// [`TokenRefusal::Expired`] or [`TokenRefusal::NotYetValid`].
    pub fn check_times(&self, now: UnixSeconds, leeway_s: u64) -> Result<(), TokenRefusal> {
        if now >= self.expires_at.plus_s(leeway_s) {
            return Err(TokenRefusal::Expired);
        }
        let soon = now.plus_s(leeway_s);
        if self.not_before.is_some_and(|time| soon < time) || self.issued_at.is_some_and(|time| soon < time) {
            return Err(TokenRefusal::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn claims() -> Claims {
        Claims {
            issuer_name: "okta".to_owned(),
            issuer: "https://okta.example".to_owned(),
            subject: Some("u1".to_owned()),
            audience: vec!["api://orders".to_owned()],
            expires_at: UnixSeconds(1_000),
            not_before: Some(UnixSeconds(500)),
            issued_at: Some(UnixSeconds(500)),
            client: None,
            scopes: vec!["orders:read".to_owned()],
            roles: Vec::new(),
            groups: Vec::new(),
            asked: Vec::new(),
            token_id: None,
            confirmation: Confirmation::default(),
            kid: Some("k1".to_owned()),
            token_digest: "d".to_owned(),
        }
    }

    #[test]
    fn times_count_to_the_second() {
        for (name, now, expected) in [
            ("well within", 700, Ok(())),
            ("last second of the leeway", 1_059, Ok(())),
            ("expired", 1_060, Err(TokenRefusal::Expired)),
            ("first second of the leeway", 440, Ok(())),
            ("too early", 439, Err(TokenRefusal::NotYetValid)),
        ] {
            assert_eq!(claims().check_times(UnixSeconds(now), 60), expected, "{name}");
        }
        let forever = Claims {
            expires_at: UnixSeconds(u64::MAX),
            not_before: None,
            issued_at: None,
            ..claims()
        };
        assert_eq!(forever.check_times(UnixSeconds(u64::MAX - 1), 60), Ok(()));
    }

    #[test]
    fn one_audience_of_ours_is_needed() {
        let issuer = |audience: &[&str]| Issuer::plain("https://okta.example", audience);
        assert_eq!(claims().check_audience(&issuer(&["x", "api://orders"])), Ok(()));
        assert_eq!(
            claims().check_audience(&issuer(&["api://orders/"])),
            Err(TokenRefusal::AudienceWrong)
        );
        let none = Claims {
            audience: vec![],
            ..claims()
        };
        assert_eq!(
            none.check_audience(&issuer(&["api://orders"])),
            Err(TokenRefusal::AudienceWrong)
        );
    }
}
