//! One mint: Google is asked for an ID token, by the invoker's own key or as a member of a workload identity pool.
//!
//! Promises: what Google answers is bounded in size and time, and is checked for audience and expiry before it is used.
//! The name of a [`Way`] holds all that it depends on.

mod id_token;
mod key_file;
mod keyless;
mod question;

pub use id_token::{Good, UNUSED_S};

use crate::{
    digest,
    host::{CacheKey, Host},
    policy::site::{WorkloadIdentity, service::Service},
    rejection::Rejection,
    time::UnixSeconds,
    upstream::service_account::ServiceAccount,
};

/// How the gateway becomes a service's invoker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'p> {
    /// With the invoker's key, which is in the secret of this name.
    KeyFile(&'p str),
    /// By workload identity federation.
    Federation(&'p WorkloadIdentity),
}

impl<'p> Way<'p> {
    /// The way for a service: a key that the policy names goes before the pool.
    ///
    /// # Errors
    /// [`Rejection::Misconfigured`] if there is neither.
    pub fn of(service: &'p Service, identity: Option<&'p WorkloadIdentity>) -> Result<Self, Rejection> {
        match (&service.invoker_key, identity) {
            (Some(name), _) => Ok(Self::KeyFile(name)),
            (None, Some(identity)) => Ok(Self::Federation(identity)),
            (None, None) => Err(Rejection::Misconfigured(
                "the policy has neither a key of the service's invoker nor a workload identity".to_owned(),
            )),
        }
    }

    /// The name under which the POP's cache holds what came of it for a service.
    #[must_use]
    pub fn cache_key(self, service: &Service) -> CacheKey {
        let (invoker, audience) = (service.invoker.as_bytes(), service.audience.as_bytes());
        CacheKey(match self {
            Self::KeyFile(name) => digest::of("tollgate google 3 key", &[invoker, audience, name.as_bytes()]),
            Self::Federation(identity) => digest::of(
                "tollgate google 3 federation",
                &[
                    invoker,
                    audience,
                    identity.provider.as_bytes(),
                    identity.issuer.as_bytes(),
                    identity.subject.as_bytes(),
                    identity.key.as_bytes(),
                    identity.sts.origin().as_bytes(),
                    identity.iam_credentials.origin().as_bytes(),
                ],
            ),
        })
    }

    /// The secret that it needs.
    fn secret(self) -> &'p str {
        match self {
            Self::KeyFile(name) => name,
            Self::Federation(identity) => &identity.key,
        }
    }
}

/// Asks Google for an ID token for the service's invoker and audience.
///
/// # Errors
/// [`Rejection::Misconfigured`] when the secret can't be used, [`Rejection::UpstreamIdentityUnavailable`] when Google
/// gives no good token.
pub async fn mint<H: Host>(host: &H, service: &Service, way: Way<'_>, now: UnixSeconds) -> Result<Good, Rejection> {
    let name = way.secret();
    let unusable = |why: String| Rejection::Misconfigured(format!("the secret `{name}` can't be used: {why}"));
    let secret = host
        .secret(name)
        .await
        .map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let secret = secret.ok_or_else(|| Rejection::Misconfigured(format!("the secret store has no secret `{name}`")))?;
    match way {
        Way::KeyFile(_) => {
            let account = ServiceAccount::from_key_file(&secret, &service.invoker).map_err(unusable)?;
            let assertion = account.assertion(&service.audience, now).map_err(unusable)?;
            key_file::exchange(host, &account, assertion, &service.audience, now).await
        }
        Way::Federation(identity) => {
            let assertion = keyless::assertion(&secret, identity, now).map_err(unusable)?;
            keyless::exchange(host, identity, assertion, service, now).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::send::Endpoint;

    fn identity() -> WorkloadIdentity {
        WorkloadIdentity {
            provider: "p".to_owned(),
            key: "k".to_owned(),
            issuer: "i".to_owned(),
            subject: "s".to_owned(),
            sts: Endpoint::parse("https://sts.example").unwrap(),
            iam_credentials: Endpoint::parse("https://iam.example").unwrap(),
        }
    }

    fn service(invoker_key: Option<&str>) -> Service {
        Service {
            invoker_key: invoker_key.map(str::to_owned),
            ..Service::at(Endpoint::parse("https://a.example").unwrap(), "edge@p")
        }
    }

    #[test]
    fn a_key_that_is_named_goes_before_the_pool() {
        let (named, unnamed, identity) = (service(Some("k")), service(None), identity());
        assert_eq!(Way::of(&named, None).unwrap(), Way::KeyFile("k"));
        assert_eq!(Way::of(&named, Some(&identity)).unwrap(), Way::KeyFile("k"));
        assert_eq!(Way::of(&unnamed, Some(&identity)).unwrap(), Way::Federation(&identity));
        let why = "the policy has neither a key of the service's invoker nor a workload identity";
        assert!(matches!(Way::of(&unnamed, None), Err(Rejection::Misconfigured(told)) if told == why));
    }

    /// What one way remembers, a failure above all, is never taken for another's.
    #[test]
    fn each_way_has_a_name_of_its_own() {
        let plain = identity();
        let name = |identity: &WorkloadIdentity| Way::Federation(identity).cache_key(&service(None)).0;
        let changed = |change: fn(&mut WorkloadIdentity)| {
            let mut identity = identity();
            change(&mut identity);
            name(&identity)
        };
        let elsewhere = || Endpoint::parse("https://elsewhere.example").unwrap();
        let other_invoker = Service::at(Endpoint::parse("https://a.example").unwrap(), "other@p");
        let other_audience = Service {
            audience: "other".to_owned(),
            ..service(None)
        };
        let mut names = vec![
            name(&plain),
            changed(|identity| identity.provider = "q".to_owned()),
            changed(|identity| identity.key = "q".to_owned()),
            changed(|identity| identity.issuer = "q".to_owned()),
            changed(|identity| identity.subject = "q".to_owned()),
            name(&WorkloadIdentity {
                sts: elsewhere(),
                ..identity()
            }),
            name(&WorkloadIdentity {
                iam_credentials: elsewhere(),
                ..identity()
            }),
            Way::Federation(&plain).cache_key(&other_invoker).0,
            Way::Federation(&plain).cache_key(&other_audience).0,
            Way::KeyFile("k").cache_key(&service(None)).0,
            Way::KeyFile("q").cache_key(&service(None)).0,
        ];
        assert_eq!(name(&plain), name(&identity()));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
