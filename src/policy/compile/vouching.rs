//! How an issuer's credentials are verified: `keys`, `secret`, `introspection`, `api_keys`.
//!
//! Promises: exactly one of the four. A policy that names two is refused, since a token would choose between them. A secret
//! has one purpose, in the whole policy.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{
    policy::{
        compile::presets::Preset,
        issuer::{
            HmacAlgorithm, INTROSPECTION_REMEMBER_S, Introspection, KEYS_AGE_S_MAX, KeySource, REFRESH_S, SharedSecret,
            TARGET_BYTES_MAX, TENANT, UNKNOWN_S, Vouching, is_client, is_secret_name,
        },
        problem::Problems,
        site::service::key_of_invoker,
        source::{
            Source,
            issuer::{self, Issuer as Written},
        },
    },
    upstream::send::Endpoint,
};

pub(super) const SECRET_MEND: &str = "use up to 255 letters, digits, `.`, `_` and `-`";

pub(super) fn vouching(place: &str, written: &Written, preset: Option<&Preset>, problems: &mut Problems) -> Vouching {
    only_one(place, written, problems);
    if written.api_keys {
        return Vouching::ApiKeys;
    }
    if let Some(written) = &written.introspection {
        return introspection(&format!("{place}.introspection"), written, problems)
            .map_or_else(|| Vouching::Keys(KeySource::default()), Vouching::Introspection);
    }
    if let Some(written) = &written.secret {
        return Vouching::Secret(shared(&format!("{place}.secret"), written, problems));
    }
    let place = format!("{place}.keys");
    let written = written.keys.as_ref();
    let mut keys = written.map_or_else(KeySource::default, |written| keys(&place, written, problems));
    if let (None, Some(preset)) = (written.and_then(|keys| keys.url.as_ref()), preset) {
        keys.url = problems.take(place, Endpoint::split(preset.keys), "");
    }
    Vouching::Keys(keys)
}

fn only_one(place: &str, written: &Written, problems: &mut Problems) {
    let given: Vec<&str> = [
        // A preset's tokens are signed with keys, which its own `keys` may say more of.
        ("preset", written.preset.is_some() && written.keys.is_none()),
        ("keys", written.keys.is_some()),
        ("secret", written.secret.is_some()),
        ("introspection", written.introspection.is_some()),
        ("api_keys", written.api_keys),
    ]
    .into_iter()
    .filter_map(|(key, given)| given.then_some(key))
    .collect();
    if let [first, others @ ..] = given.as_slice() {
        for other in others {
            problems.add(
                format!("{place}.{other}"),
                format!("has both `{first}` and `{other}`, and a token must not choose how it is verified"),
                "keep the one that is meant, or make two issuers of it",
            );
        }
    }
}

fn keys(place: &str, written: &issuer::Keys, problems: &mut Problems) -> KeySource {
    let default = KeySource::default();
    let seconds = |written: Option<u64>, default: u32| {
        written.map_or(default, |seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
    };
    let refresh_s = seconds(written.refresh.map(|time| time.0), default.refresh_s);
    let unknown_s = seconds(written.unknown.map(|time| time.0), default.unknown_s);
    let age_s_max = seconds(written.max_age.map(|time| time.0), default.age_s_max);
    within(
        &format!("{place}.refresh"),
        refresh_s,
        &REFRESH_S,
        "give 1 second to a day",
        problems,
    );
    within(
        &format!("{place}.unknown"),
        unknown_s,
        &UNKNOWN_S,
        "give 1 second to an hour",
        problems,
    );
    // While one request fetches what is due, the others go on with what is there: it may not be too old at that moment.
    let ages = refresh_s.saturating_add(refresh_s.min(60))..=KEYS_AGE_S_MAX;
    within(
        &format!("{place}.max_age"),
        age_s_max,
        &ages,
        "give `refresh` and a minute more, to 30 days; twice a `refresh` of less than a minute",
        problems,
    );
    KeySource {
        url: written
            .url
            .as_ref()
            .and_then(|url| located(&format!("{place}.url"), url, "https://id.example.com/jwks", problems)),
        fetch: written.fetch.unwrap_or(default.fetch),
        refresh_s,
        unknown_s,
        age_s_max,
    }
}

fn within(place: &str, seconds: u32, bounds: &RangeInclusive<u32>, mend: &str, problems: &mut Problems) {
    if !bounds.contains(&seconds) {
        let (least, most) = (bounds.start(), bounds.end());
        problems.add(
            place,
            format!("{seconds} seconds are not within {least} and {most}"),
            mend,
        );
    }
}

/// A URL as endpoint, and path and query.
fn located(place: &str, url: &str, example: &str, problems: &mut Problems) -> Option<(Endpoint, String)> {
    if url.contains(TENANT) {
        problems.add(
            place,
            format!("the URL has `{TENANT}`, and there is one URL for all tenants"),
            "give the one that all share, as in `https://login.microsoftonline.com/common/discovery/v2.0/keys`",
        );
        return None;
    }
    let (endpoint, target) = problems.take(place, Endpoint::split(url), &format!("give it as in `{example}`"))?;
    if target.len() > TARGET_BYTES_MAX {
        problems.add(
            place,
            format!("path and query have {} bytes", target.len()),
            format!("give {TARGET_BYTES_MAX} at most"),
        );
    }
    Some((endpoint, target))
}

fn shared(place: &str, written: &issuer::SharedSecret, problems: &mut Problems) -> SharedSecret {
    check_secret(&format!("{place}.name"), &written.name, problems);
    let algorithm = match written.algorithm.as_deref() {
        None | Some("HS256") => HmacAlgorithm::Hs256,
        Some("HS384") => HmacAlgorithm::Hs384,
        Some("HS512") => HmacAlgorithm::Hs512,
        Some(other) => {
            problems.add(
                format!("{place}.algorithm"),
                format!("`{other}` is no algorithm of a shared secret"),
                "write `HS256`, `HS384` or `HS512`; keys that the issuer publishes say their own",
            );
            HmacAlgorithm::Hs256
        }
    };
    SharedSecret {
        name: written.name.clone(),
        algorithm,
    }
}

fn introspection(place: &str, written: &issuer::Introspection, problems: &mut Problems) -> Option<Introspection> {
    let url = located(
        &format!("{place}.url"),
        &written.url,
        "https://id.example.com/introspect",
        problems,
    );
    if !is_client(&written.client) {
        problems.add(
            format!("{place}.client"),
            "this can't be a client's identifier (RFC 6749 appendix A.1)",
            "give the `client_id` that the issuer knows the gateway by",
        );
    }
    check_secret(&format!("{place}.secret"), &written.secret, problems);
    let remember_s = written
        .remember
        .map_or(60, |time| u32::try_from(time.0).unwrap_or(u32::MAX));
    let mend = "give an hour at most; a token that is withdrawn is taken so long";
    within(
        &format!("{place}.remember"),
        remember_s,
        &INTROSPECTION_REMEMBER_S,
        mend,
        problems,
    );
    let (endpoint, target) = url?;
    Some(Introspection {
        endpoint,
        target,
        client: written.client.clone(),
        secret: written.secret.clone(),
        remember_s,
    })
}

pub(super) fn check_secret(place: &str, name: &str, problems: &mut Problems) {
    if !is_secret_name(name) {
        problems.add(place, format!("`{name}` can't be a secret's name"), SECRET_MEND);
    }
}

/// Reports secrets that are named for two purposes. For one purpose a secret may be named more than once, as a service
/// account's key is by the services that it calls.
pub(super) fn report_shared_secrets(source: &Source, problems: &mut Problems) {
    let mut known: BTreeMap<String, (String, &str)> = BTreeMap::new();
    for (place, name, purpose) in purposes(source) {
        match known.get(&name) {
            Some((other, theirs)) if *theirs != purpose => problems.add(
                place,
                format!(
                    "the secret `{name}` is {theirs} in `{other}`, and {purpose} here; who knows it for one thing could \
                     make the other"
                ),
                "name a secret of its own",
            ),
            Some(_) => {}
            None => {
                known.insert(name, (place, purpose));
            }
        }
    }
}

/// Each secret that is named: where, its name, and what it is for.
fn purposes(source: &Source) -> impl Iterator<Item = (String, String, &'static str)> {
    let of_issuers = source.issuers.iter().flat_map(|(issuer, written)| {
        let secret = written.secret.as_ref().map(|secret| &secret.name);
        let introspection = written.introspection.as_ref().map(|asked| &asked.secret);
        [
            ("secret.name", secret, "what tokens are signed with"),
            ("introspection.secret", introspection, "what a client proves itself by"),
            ("dpop_nonce", written.dpop_nonce.as_ref(), "what nonces are made of"),
        ]
        .into_iter()
        .filter_map(move |(key, name, purpose)| Some((format!("issuers.{issuer}.{key}"), name?.clone(), purpose)))
    });
    let keyless = source.gateway.workload_identity.is_some();
    let of_services = source.services.iter().filter_map(move |(service, written)| {
        let (key, name) = match &written.invoker_key {
            Some(name) => ("invoker_key", name.clone()),
            None if keyless => return None,
            None => ("invoker", key_of_invoker(&written.invoker)),
        };
        Some((format!("services.{service}.{key}"), name, "a service account's key"))
    });
    let assertions = source
        .gateway
        .assertions
        .iter()
        .flat_map(|written| &written.keys)
        .enumerate();
    let of_assertions = assertions.map(|(at, name)| {
        let place = format!("gateway.assertions.keys[{at}]");
        (place, name.clone(), "what assertions are signed with")
    });
    let of_gateway = source.gateway.workload_identity.iter().map(|written| {
        let place = "gateway.workload_identity.key".to_owned();
        (
            place,
            written.key.clone(),
            "what the gateway proves itself to Google with",
        )
    });
    of_issuers.chain(of_services).chain(of_assertions).chain(of_gateway)
}
