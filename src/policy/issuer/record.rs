//! An issuer as pages hold it: what most have in common is left out, since every request reads all issuers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::policy::{
    issuer::{Asked, Bound, Issuer, Types, Vouching},
    wanted::Test,
};

/// An issuer, written short.
#[derive(Serialize, Deserialize)]
pub(super) struct IssuerRecord {
    issuer: String,
    audience: Vec<String>,
    asked: BTreeSet<Asked>,
    more: Option<Box<More>>,
}

/// All in which an issuer differs from a plain one.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct More {
    tenants: Vec<String>,
    leeway_s: u64,
    roles: String,
    groups: String,
    types: Types,
    claims: Vec<Test>,
    vouching: Vouching,
    bound: Option<Bound>,
    dpop_nonce: Option<String>,
}

impl From<Issuer> for IssuerRecord {
    fn from(issuer: Issuer) -> Self {
        let plain = More::of(Issuer::plain("", &[])).2;
        let ((issuer, audience), asked, more) = More::of(issuer);
        Self {
            issuer,
            audience,
            asked,
            more: (more != plain).then(|| Box::new(more)),
        }
    }
}

impl From<IssuerRecord> for Issuer {
    fn from(record: IssuerRecord) -> Self {
        let plain = Self {
            issuer: record.issuer,
            audience: record.audience,
            asked: record.asked,
            ..Self::plain("", &[])
        };
        match record.more {
            None => plain,
            Some(more) => Self {
                tenants: more.tenants,
                leeway_s: more.leeway_s,
                roles: more.roles,
                groups: more.groups,
                types: more.types,
                claims: more.claims,
                vouching: more.vouching,
                bound: more.bound,
                dpop_nonce: more.dpop_nonce,
                ..plain
            },
        }
    }
}

impl More {
    /// An issuer, taken apart.
    fn of(issuer: Issuer) -> ((String, Vec<String>), BTreeSet<Asked>, Self) {
        let more = Self {
            tenants: issuer.tenants,
            leeway_s: issuer.leeway_s,
            roles: issuer.roles,
            groups: issuer.groups,
            types: issuer.types,
            claims: issuer.claims,
            vouching: issuer.vouching,
            bound: issuer.bound,
            dpop_nonce: issuer.dpop_nonce,
        };
        ((issuer.issuer, issuer.audience), issuer.asked, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let plain = Issuer::plain("https://okta.example", &["a", "b"]);
        let other = Issuer {
            leeway_s: 5,
            bound: Some(Bound::Dpop),
            asked: [Asked::Roles].into(),
            ..plain.clone()
        };
        let written = |issuer: &Issuer| postcard::to_allocvec(issuer).unwrap();
        for issuer in [&plain, &other] {
            assert_eq!(&postcard::from_bytes::<Issuer>(&written(issuer)).unwrap(), issuer);
        }
        // The two texts with their lengths, two for the lists, and one for what is left out.
        assert_eq!(written(&plain).len(), 21 + 1 + 2 + 2 + 1 + 1);
    }
}
