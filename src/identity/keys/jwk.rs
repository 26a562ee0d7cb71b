//! One JSON Web Key, read (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).
//!
//! Promises: every member that matters comes once and is of its type, and numbers are base64url without padding or
//! spare bits.
//!
//! Refuses: keys with private or symmetric parts, and keys that are not for verifying signatures.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    identity::algorithm::Algorithm,
    json::{Bounds, Json},
};

/// The longest key that is read, in bytes. One of RSA with 8,192 bits takes 1,500; certificates come on top.
const JWK_BYTES_MAX: usize = 65_536;

/// Members that no public key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The members of a public key that are stored; all others, such as certificates, are left out.
const STORED_MEMBERS: [&str; 10] = ["kty", "kid", "alg", "use", "crv", "n", "e", "x", "y", "issuer"];

/// A public JWK that is for verifying.
pub(super) struct Jwk<'t> {
    members: Json<'t>,
}

impl<'t> Jwk<'t> {
    /// Reads the key, whatever its type.
    pub(super) fn read(text: &'t str) -> Result<Self, String> {
        if text.len() > JWK_BYTES_MAX {
            return Err(format!("the key is longer than {JWK_BYTES_MAX} bytes"));
        }
        let members = Json::read(text, Bounds::HEADER)
            .map_err(|why| format!("the key is no JWK (line {}, column {})", why.line(), why.column()))?;
        let jwk = Self { members };
        jwk.check()?;
        Ok(jwk)
    }

    fn check(&self) -> Result<(), String> {
        if !matches!(self.members, Json::Object(_)) {
            return Err("the key is no JSON object".to_owned());
        }
        if let Some(name) = PRIVATE_MEMBERS.iter().find(|name| self.members.member(name).is_some()) {
            return Err(format!(
                "the key has the private part `{name}`; only public keys belong here"
            ));
        }
        for name in STORED_MEMBERS {
            self.text(name)?;
        }
        if self.text("use")?.is_some_and(|usage| usage != "sig") {
            return Err("the key's `use` is not `sig`".to_owned());
        }
        match self.members.member("key_ops") {
            None => Ok(()),
            Some(Json::List(operations)) if operations.iter().any(|one| one.text() == Some("verify")) => Ok(()),
            Some(_) => Err("the key's `key_ops` do not name `verify`".to_owned()),
        }
    }

    /// A member that must be text if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.members.member(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(format!("the key's `{name}` is no text")),
        }
    }

    /// A member that must be there.
    pub(super) fn needed(&self, name: &str) -> Result<&str, String> {
        self.text(name)?.ok_or_else(|| format!("the key has no `{name}`"))
    }

    /// A member that must be there, decoded.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        URL_SAFE_NO_PAD
            .decode(self.needed(name)?)
            .map_err(|_| format!("the key's `{name}` is not base64url"))
    }

    /// The algorithm that `alg` names; `None` without `alg`.
    pub(super) fn algorithm(&self) -> Result<Option<Algorithm>, String> {
        let Some(alg) = self.text("alg")? else {
            return Ok(None);
        };
        let named = Algorithm::named(alg).map(Some);
        named.ok_or_else(|| "the key's `alg` is not supported".to_owned())
    }

    /// The members that are stored, as compact JSON.
    pub(super) fn compact(&self) -> Result<String, String> {
        let mut kept: BTreeMap<&str, &str> = BTreeMap::new();
        for name in STORED_MEMBERS {
            if let Some(text) = self.text(name)? {
                kept.insert(name, text);
            }
        }
        serde_json::to_string(&kept).map_err(|_| "the key can't be written".to_owned())
    }
}
