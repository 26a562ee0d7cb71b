//! One rule of `allow`: what a caller must have, and what is said where they lack it.
//!
//! Promises: every part of a rule asks that something is there; none asks that something is not. So taking a claim away
//! from a caller never admits them.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    identity::claims::Claims,
    policy::{
        hours::Hours,
        issuer::Asked,
        wanted::{Captures, Test},
    },
    rejection::Rejection,
    time::UnixSeconds,
};

/// What a caller must have. All parts must hold; an empty list asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// The policy's names of issuers, of which one must vouch. Never empty.
    pub issuers: Vec<String>,
    /// Scopes, all of which the token must have.
    pub scopes: Vec<String>,
    /// Roles of which the caller must have one.
    pub roles: Vec<String>,
    /// Groups of which the caller must be in one.
    pub groups: Vec<String>,
    /// Claims that all must fit.
    pub claims: Vec<Test>,
    /// Clients of which one must have asked for the token.
    pub clients: Vec<String>,
    /// Networks of which the client's address must be in one.
    pub addresses: Vec<IpNet>,
    /// Countries of which the client's address must be in one, two upper-case letters.
    pub countries: Vec<String>,
    /// When.
    pub hours: Option<Hours>,
}

/// A part of a rule that is not met, in the order in which parts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmet {
    /// Another issuer vouches for the caller.
    Issuer,
    /// A scope is missing.
    Scopes,
    /// None of the roles.
    Roles,
    /// In none of the groups.
    Groups,
    /// A claim is missing or does not fit.
    Claims,
    /// Another client asked for the token.
    Clients,
    /// The address is in none of the networks, or not known.
    Addresses,
    /// The address is in none of the countries, or it is not known in which.
    Countries,
    /// Not now.
    Hours,
}

/// What a rule is held against.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The caller's verified claims.
    pub claims: &'a Claims,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The country that the address is in, two upper-case letters.
    pub country: Option<&'a str>,
    /// Now.
    pub now: UnixSeconds,
    /// What the route's path template took, decoded.
    pub captures: &'a Captures,
}

impl Rule {
    /// The first part that is not met; `None` if the rule is.
    #[must_use]
    pub fn unmet(&self, by: &Circumstances<'_>) -> Option<Unmet> {
        let claims = by.claims;
        let has_scope = |scope: &String| claims.scopes.contains(scope);
        let in_network = |address: IpAddr| self.addresses.iter().any(|network| network.contains(&address));
        let in_country = |country: &str| self.countries.iter().any(|own| own == country);
        let parts = [
            (Unmet::Issuer, self.issuers.contains(&claims.issuer_name)),
            (Unmet::Scopes, self.scopes.iter().all(has_scope)),
            (Unmet::Roles, any_of(&self.roles, &claims.roles)),
            (Unmet::Groups, any_of(&self.groups, &claims.groups)),
            (Unmet::Claims, self.claims.iter().all(|test| fits(test, by))),
            (
                Unmet::Clients,
                self.clients.is_empty()
                    || claims
                        .client
                        .as_ref()
                        .is_some_and(|client| self.clients.contains(client)),
            ),
            (
                Unmet::Addresses,
                self.addresses.is_empty() || by.address.map(plain).is_some_and(in_network),
            ),
            (
                Unmet::Countries,
                self.countries.is_empty() || by.country.is_some_and(in_country),
            ),
            (Unmet::Hours, self.hours.is_none_or(|hours| hours.take(by.now))),
        ];
        parts.into_iter().find(|(_, met)| !met).map(|(part, _)| part)
    }

    /// How a request is refused that got so far with this rule and no further.
    #[must_use]
    pub fn rejection(&self, unmet: Unmet) -> Rejection {
        match unmet {
            Unmet::Issuer => Rejection::IssuerNotAllowed,
            Unmet::Scopes => Rejection::ScopeMissing {
                scopes: self.scopes.clone(),
            },
            Unmet::Roles => Rejection::RoleMissing,
            Unmet::Groups => Rejection::GroupMissing,
            Unmet::Claims => Rejection::ClaimNotAllowed,
            Unmet::Clients => Rejection::ClientNotAllowed,
            Unmet::Addresses => Rejection::AddressNotAllowed,
            Unmet::Countries => Rejection::CountryNotAllowed,
            Unmet::Hours => Rejection::OutsideHours,
        }
    }

    /// What the rule needs to know of a token besides its standard claims.
    pub fn asked(&self, asked: &mut BTreeSet<Asked>) {
        asked.extend((!self.roles.is_empty()).then_some(Asked::Roles));
        asked.extend((!self.groups.is_empty()).then_some(Asked::Groups));
        asked.extend(self.claims.iter().map(|test| Asked::Claim(test.name.clone())));
    }
}

/// Whether a claim that was asked for is there and fits.
fn fits(test: &Test, by: &Circumstances<'_>) -> bool {
    let values = by.claims.asked(&test.name);
    values.is_some_and(|values| test.wanted.fits(values, by.captures))
}

fn any_of(wanted: &[String], own: &[String]) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| own.contains(one))
}

/// An IPv4 address that is written as IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests;
