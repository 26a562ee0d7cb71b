//! The claims that every token may have, taken out of a verified payload (RFC 7519 section 4.1, RFC 8693 section 4).
//!
//! Promises: each is of its type or the token is malformed; nothing is converted. Times are whole seconds from 1970 to the
//! end of the year 9999: a fraction is cut off, a text is no time.

use crate::{
    identity::claims::{Claims, Confirmation},
    json::Json,
    rejection::TokenRefusal,
    time::{LAST_SECOND, UnixSeconds},
};

/// The most scopes and audiences that are taken from one token.
const LIST_ITEMS_MAX: usize = 256;

/// What a payload says, borrowed from it.
pub(super) struct Signed<'j> {
    /// `iss`.
    pub(super) issuer: &'j str,
    /// `tid`, if it is text.
    pub(super) tenant: Option<&'j str>,
    /// `exp`.
    pub(super) expires_at: Option<UnixSeconds>,
    /// Whether there is a `cnf`.
    pub(super) is_bound: bool,
    /// `cnf.jkt` (RFC 9449 section 6.1).
    pub(super) key_thumbprint: Option<&'j str>,
    /// `cnf.x5t#S256` (RFC 8705 section 3.1).
    pub(super) certificate_thumbprint: Option<&'j str>,
    subject: Option<&'j str>,
    audience: Vec<&'j str>,
    not_before: Option<UnixSeconds>,
    issued_at: Option<UnixSeconds>,
    client: Option<&'j str>,
    scopes: Vec<&'j str>,
    token_id: Option<&'j str>,
}

impl<'j> Signed<'j> {
    /// Takes the claims out of a payload.
    pub(super) fn read(payload: &'j Json<'_>) -> Result<Self, TokenRefusal> {
        let text = |name: &str| text(payload, name);
        // Never used, but it may not be anything but text.
        text("nonce")?;
        let (client_id, azp, cid) = (text("client_id")?, text("azp")?, text("cid")?);
        let confirmation = payload.member("cnf");
        if !matches!(confirmation, None | Some(Json::Object(_))) {
            return Err(TokenRefusal::Malformed);
        }
        let bound_to = |name: &str| confirmation.map_or(Ok(None), |confirmation| self::text(confirmation, name));
        Ok(Self {
            issuer: text("iss")?.ok_or(TokenRefusal::IssuerUnknown)?,
            tenant: payload.member("tid").and_then(Json::text),
            expires_at: seconds(payload.member("exp"))?,
            is_bound: confirmation.is_some(),
            key_thumbprint: bound_to("jkt")?,
            certificate_thumbprint: bound_to("x5t#S256")?,
            subject: text("sub")?,
            audience: audience(payload.member("aud"))?,
            not_before: seconds(payload.member("nbf"))?,
            issued_at: seconds(payload.member("iat"))?,
            client: client_id.or(azp).or(cid),
            scopes: scopes(text("scope")?, payload.member("scp"))?,
            token_id: text("jti")?,
        })
    }

    /// Whether the token is for one of these audiences.
    pub(super) fn is_for(&self, ours: &[String]) -> bool {
        self.audience
            .iter()
            .any(|audience| ours.iter().any(|own| own == audience))
    }

    /// The claims, without what depends on the policy or the header.
    pub(super) fn claims(&self, expires_at: UnixSeconds) -> Claims {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Claims {
            issuer_name: String::new(),
            issuer: self.issuer.to_owned(),
            subject: own(self.subject),
            audience: owned(&self.audience),
            expires_at,
            not_before: self.not_before,
            issued_at: self.issued_at,
            client: own(self.client),
            scopes: owned(&self.scopes),
            roles: Vec::new(),
            groups: Vec::new(),
            asked: Vec::new(),
            token_id: own(self.token_id),
            confirmation: Confirmation {
                jkt: own(self.key_thumbprint),
                x5t_s256: own(self.certificate_thumbprint),
            },
            kid: None,
            token_digest: String::new(),
        }
    }
}

/// A claim that must be text if it is there; `null` is not.
fn text<'j>(object: &'j Json<'_>, name: &str) -> Result<Option<&'j str>, TokenRefusal> {
    match object.member(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(TokenRefusal::Malformed),
    }
}

/// A `NumericDate` (RFC 7519 section 2).
fn seconds(value: Option<&Json<'_>>) -> Result<Option<UnixSeconds>, TokenRefusal> {
    let whole = match value {
        None => return Ok(None),
        Some(Json::Whole(whole)) => u64::try_from(*whole).ok(),
        // Not a number in time at all, or one whose whole part fits without loss.
        Some(Json::Number(number)) if (0.0..(LAST_SECOND + 1) as f64).contains(number) => Some(*number as u64),
        Some(_) => None,
    };
    let whole = whole.filter(|whole| *whole <= LAST_SECOND);
    whole
        .map(|whole| Some(UnixSeconds(whole)))
        .ok_or(TokenRefusal::Malformed)
}

/// One audience as text or several as a list, each once.
fn audience<'j>(value: Option<&'j Json<'_>>) -> Result<Vec<&'j str>, TokenRefusal> {
    let mut audience = match value {
        None => Vec::new(),
        Some(Json::Text(one)) => vec![one.as_ref()],
        Some(Json::List(several)) => texts(several)?,
        Some(_) => return Err(TokenRefusal::Malformed),
    };
    audience.dedup();
    Ok(audience)
}

/// Scopes as spaced text (RFC 8693 section 4.2); `scp`, which is a list at some providers, counts where there are none.
fn scopes<'j>(scope: Option<&'j str>, scp: Option<&'j Json<'_>>) -> Result<Vec<&'j str>, TokenRefusal> {
    let spaced = |text: &'j str| sorted(text.split(' ').filter(|scope| !scope.is_empty()).collect());
    // Of its type even where it does not count.
    let other = match scp {
        None => Vec::new(),
        Some(Json::Text(text)) => spaced(text)?,
        Some(Json::List(list)) => texts(list)?,
        Some(_) => return Err(TokenRefusal::Malformed),
    };
    scope.map_or(Ok(other), spaced)
}

fn texts<'j>(list: &'j [Json<'_>]) -> Result<Vec<&'j str>, TokenRefusal> {
    let texts: Option<Vec<&str>> = list.iter().map(Json::text).collect();
    sorted(texts.ok_or(TokenRefusal::Malformed)?)
}

fn sorted(mut texts: Vec<&str>) -> Result<Vec<&str>, TokenRefusal> {
    if texts.len() > LIST_ITEMS_MAX {
        return Err(TokenRefusal::Malformed);
    }
    texts.sort_unstable();
    Ok(texts)
}
