//! Where a caller's claims came from, and whether the POP's cache has a part in it.

/// Where a caller's claims came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The sandbox's memory.
    Sandbox,
    /// The POP's cache.
    Pop,
    /// The signature was verified for this request.
    Verified,
    /// The issuer was asked for this request.
    Introspected,
    /// The store of API keys was asked for this request.
    Stored,
}

impl Source {
    /// The word for it in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Pop => "pop",
            Self::Verified => "verified",
            Self::Introspected => "introspected",
            Self::Stored => "stored",
        }
    }
}

/// Whether the POP's cache is asked, and told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It is.
    Used,
    /// It is not, and nothing is sent: what is looked at must leave no trace.
    LeftAlone,
}
