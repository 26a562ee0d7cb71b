//! Who may vouch for a caller, and what rules ask of their tokens.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The largest leeway, in seconds. A larger one would keep expired tokens alive.
pub const LEEWAY_S_MAX: u64 = 300;

/// The most claims that the rules may ask of one issuer's tokens.
pub const CLAIMS_ASKED_MAX: usize = 64;

/// Who may vouch for a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The `iss` of its tokens, compared byte by byte.
    pub issuer: String,
    /// The audiences of which a token must name at least one.
    pub audience: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u64,
    /// The claim that lists roles.
    pub roles: String,
    /// The claim that lists groups.
    pub groups: String,
    /// The claims that rules ask for, each once; what is not asked for is not kept.
    pub asked: BTreeSet<Asked>,
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
