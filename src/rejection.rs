//! Every way to say no.
//!
//! Promises: each refusal is one variant, and [`Rejection::verdict`] turns it into status, code and text in one
//! exhaustive match. The same code stands in the log, the tests, the reference (`docs/refusals.md`) and the answer.
//!
//! Refuses to tell: an answer says nothing about the inside. What an operator needs to know travels in the variant
//! and goes to the log through [`Rejection::cause`].

mod token;

use crate::request::Ambiguity;

pub use token::TokenRefusal;

/// Why a request was not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The request can be read in more than one way.
    RequestAmbiguous(Ambiguity),
    /// No route has this host and path.
    RouteUnknown,
    /// The path has routes, but none for this method.
    MethodNotAllowed {
        /// The methods that the path has, for `Allow` (RFC 9110 section 10.2.1).
        allowed: Vec<String>,
    },
    /// The route asks for a caller, and no credential came.
    CredentialMissing,
    /// A credential came in a scheme that is not `Bearer`.
    CredentialUnsupported,
    /// Two credentials came, in places of which the route takes one.
    CredentialsSeveral,
    /// A token came and is not good.
    Token(TokenRefusal),
    /// The proof that came with the token needs a nonce of ours, and has none or an old one (RFC 9449 section 9).
    ProofNonceNeeded {
        /// The nonce to use.
        nonce: String,
    },
    /// The token is good, but the route admits no caller of its issuer.
    IssuerNotAllowed,
    /// The token is good but lacks a scope.
    ScopeMissing {
        /// All scopes that the nearest rule asks for.
        scopes: Vec<String>,
    },
    /// The caller has none of the roles that the nearest rule asks for.
    RoleMissing,
    /// The caller is in none of the groups that the nearest rule asks for.
    GroupMissing,
    /// A claim that the nearest rule asks for is missing or does not fit.
    ClaimNotAllowed,
    /// The token was made for another client than the nearest rule asks for.
    ClientNotAllowed,
    /// The client's address is in none of the networks of the nearest rule.
    AddressNotAllowed,
    /// The client's address is in none of the countries of the nearest rule.
    CountryNotAllowed,
    /// The nearest rule is for other hours.
    OutsideHours,
    /// The service is closed for maintenance, by its knob.
    Maintenance {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// There are no keys of the token's issuer that are not too old.
    IssuerKeysUnavailable(String),
    /// The issuer of an opaque token could not be asked about it.
    IntrospectionUnavailable(String),
    /// Whether the token was revoked could not be found out.
    RevocationUnavailable(String),
    /// Google gave no identity token for the service's invoker, so nothing was sent.
    UpstreamIdentityUnavailable(String),
    /// The body is longer than the service takes.
    BodyTooLarge {
        /// What it takes, in bytes.
        bytes_max: u64,
    },
    /// The request asks for a WebSocket, and the route hands none over.
    UpgradeNotAllowed,
    /// The request asks for a WebSocket with a cookie as credential, and no page of the gateway's own is behind it.
    OriginNotAllowed,
    /// The client broke off its own body.
    ClientBroke(String),
    /// Cloud Run's own IAM check refused the gateway; the service never saw the request.
    UpstreamDenied(String),
    /// The service has no room for the request now, or is left alone for a while.
    UpstreamOverloaded {
        /// For the log alone.
        cause: String,
        /// When to try again, in seconds, if that is known.
        retry_after_s: Option<u32>,
    },
    /// The service answered with a 5xx status, and its body is not for the client.
    UpstreamFailed {
        /// The status, which stays.
        status: u16,
        /// When to try again, in seconds, if the service said so.
        retry_after_s: Option<u32>,
    },
    /// The service could not be reached.
    UpstreamRefused(String),
    /// The service did not answer in time.
    UpstreamTimeout(String),
    /// The connection to the service broke before an answer came, or what came was no HTTP.
    UpstreamReset(String),
    /// A store, key or policy is missing or malformed. The text is for the log alone.
    Misconfigured(String),
    /// The program itself failed. The text says where, for the log alone.
    Failed(String),
}

/// What a refusal looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The HTTP status.
    pub status: u16,
    /// The stable word for this refusal.
    pub code: &'static str,
    /// One sentence for whoever reads the answer: what is wrong and what to do.
    pub detail: &'static str,
    /// Cloud Logging's severity.
    pub severity: &'static str,
}

const fn client(status: u16, code: &'static str, detail: &'static str) -> Verdict {
    Verdict {
        status,
        code,
        detail,
        severity: "NOTICE",
    }
}

const fn ours(status: u16, code: &'static str, detail: &'static str) -> Verdict {
    Verdict {
        status,
        code,
        detail,
        severity: "ERROR",
    }
}

impl Rejection {
    /// Status, code and text of this refusal.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::RequestAmbiguous(_) => client(
                400,
                "request-ambiguous",
                "The request can be read in more than one way; see `reason`.",
            ),
            Self::RouteUnknown => client(404, "route-unknown", "There is nothing here."),
            Self::MethodNotAllowed { .. } => client(405, "method-not-allowed", "Use one of the methods in `Allow`."),
            Self::CredentialMissing => client(
                401,
                "credential-missing",
                "Send a credential where this route takes it, usually as `Authorization: Bearer <token>`.",
            ),
            Self::CredentialUnsupported => client(
                401,
                "credential-unsupported",
                "Only the schemes `Bearer` and `DPoP` are accepted in `Authorization`.",
            ),
            Self::CredentialsSeveral => client(
                400,
                "credentials-several",
                "The request has more than one credential. Send one.",
            ),
            Self::Token(refusal) => refusal.verdict(),
            Self::ProofNonceNeeded { .. } => client(
                401,
                "dpop-nonce-needed",
                "The DPoP proof needs the nonce in `DPoP-Nonce`. Try again with it.",
            ),
            Self::IssuerNotAllowed => client(
                403,
                "issuer-not-allowed",
                "Callers of this token's issuer may not do this.",
            ),
            Self::ScopeMissing { .. } => client(403, "scope-missing", "The token lacks a scope that this needs."),
            Self::RoleMissing => client(403, "role-missing", "The caller has none of the roles that this needs."),
            Self::GroupMissing => client(
                403,
                "group-missing",
                "The caller is in none of the groups that may do this.",
            ),
            Self::ClaimNotAllowed => client(
                403,
                "claim-not-allowed",
                "A claim of the token does not fit what this needs.",
            ),
            Self::ClientNotAllowed => client(403, "client-not-allowed", "Tokens of this client may not do this."),
            Self::AddressNotAllowed => client(403, "address-not-allowed", "This may not be done from this address."),
            Self::CountryNotAllowed => client(403, "country-not-allowed", "This may not be done from this country."),
            Self::OutsideHours => client(403, "outside-hours", "This may not be done at this time."),
            Self::Maintenance { .. } => client(
                503,
                "maintenance",
                "The service is being worked on. Try again after the time in `Retry-After`.",
            ),
            Self::IssuerKeysUnavailable(_) => ours(
                503,
                "issuer-keys-unavailable",
                "The keys of the token's issuer can't be got now. Try again shortly.",
            ),
            Self::IntrospectionUnavailable(_) => ours(
                503,
                "introspection-unavailable",
                "The token's issuer can't be asked about it now. Try again shortly.",
            ),
            Self::RevocationUnavailable(_) => ours(
                503,
                "revocation-unavailable",
                "Whether the token was revoked can't be found out now. Try again shortly.",
            ),
            Self::UpstreamIdentityUnavailable(_) => ours(
                502,
                "upstream-identity-unavailable",
                "The gateway could not identify itself to the service. Try again shortly.",
            ),
            Self::BodyTooLarge { .. } => client(
                413,
                "body-too-large",
                "The body is longer than the service takes. Send less at once.",
            ),
            Self::UpgradeNotAllowed => client(
                501,
                "upgrade-not-allowed",
                "There are no WebSockets here. Ask without `Upgrade`.",
            ),
            Self::OriginNotAllowed => client(
                403,
                "origin-not-allowed",
                "With a cookie, only pages of this host may open a WebSocket here.",
            ),
            Self::ClientBroke(_) => client(400, "body-broken", "The request's body broke off."),
            Self::UpstreamDenied(_) => ours(502, "upstream-denied", "The service did not let the gateway in."),
            Self::UpstreamOverloaded { .. } => ours(
                503,
                "upstream-overloaded",
                "The service has no room for this now. Try again after the time in `Retry-After`.",
            ),
            Self::UpstreamFailed { status, .. } => Verdict {
                status: *status,
                severity: "WARNING",
                ..ours(
                    502,
                    "upstream-failed",
                    "The service failed. Its operator finds the request by `request_id`.",
                )
            },
            Self::UpstreamRefused(_) => ours(502, "upstream-refused", "The service could not be reached."),
            Self::UpstreamTimeout(_) => ours(504, "upstream-timeout", "The service did not answer in time."),
            Self::UpstreamReset(_) => ours(502, "upstream-reset", "The service broke off before it answered."),
            Self::Failed(_) => ours(500, "gateway-failed", "The gateway failed. Try again later."),
            Self::Misconfigured(_) => ours(
                503,
                "misconfigured",
                "The gateway is not set up rightly. Try again later.",
            ),
        }
    }

    /// What only the log may tell.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::RequestAmbiguous(ambiguity) => Some(ambiguity.word()),
            Self::IssuerKeysUnavailable(cause)
            | Self::IntrospectionUnavailable(cause)
            | Self::RevocationUnavailable(cause)
            | Self::UpstreamIdentityUnavailable(cause)
            | Self::ClientBroke(cause)
            | Self::UpstreamDenied(cause)
            | Self::UpstreamOverloaded { cause, .. }
            | Self::UpstreamRefused(cause)
            | Self::UpstreamTimeout(cause)
            | Self::UpstreamReset(cause)
            | Self::Misconfigured(cause)
            | Self::Failed(cause) => Some(cause),
            Self::RouteUnknown
            | Self::MethodNotAllowed { .. }
            | Self::CredentialMissing
            | Self::CredentialUnsupported
            | Self::CredentialsSeveral
            | Self::ProofNonceNeeded { .. }
            | Self::Token(_)
            | Self::IssuerNotAllowed
            | Self::ScopeMissing { .. }
            | Self::RoleMissing
            | Self::GroupMissing
            | Self::ClaimNotAllowed
            | Self::ClientNotAllowed
            | Self::AddressNotAllowed
            | Self::CountryNotAllowed
            | Self::OutsideHours
            | Self::BodyTooLarge { .. }
            | Self::UpgradeNotAllowed
            | Self::OriginNotAllowed
            | Self::UpstreamFailed { .. }
            | Self::Maintenance { .. } => None,
        }
    }
}

impl From<TokenRefusal> for Rejection {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Token(refusal)
    }
}

impl From<Ambiguity> for Rejection {
    fn from(ambiguity: Ambiguity) -> Self {
        Self::RequestAmbiguous(ambiguity)
    }
}
