//! What the gateway signs: assertions for services, and who it is for Google.

use crate::{
    policy::{
        claim_path,
        compile::{
            actions::{is_header_name, too_many},
            known::Known,
            vouching::check_secret,
        },
        host_pattern::HostPattern,
        problem::Problems,
        site::{
            ASSERTION_TTL_S_MAX, Assertions, WorkloadIdentity,
            route::{Action, Allow, Headers, Route, When},
            service::{AssertionTo, ToldOfCaller},
        },
        source::{self, Source},
        template::PathTemplate,
    },
    request::spelling::fold,
    upstream::{headers::may_tell_a_claim, send::Endpoint},
};

/// How long an assertion is valid unless the policy says otherwise, in seconds.
const ASSERTION_TTL_S_DEFAULT: u64 = 60;

/// Where the public keys are unless the policy says otherwise.
const KEYS_PATH_DEFAULT: &str = "/.well-known/jwks.json";

/// The longest subject, in bytes: as much as Google takes for `google.subject`.
const SUBJECT_BYTES_MAX: usize = 127;

/// The longest issuer, in bytes.
const ISSUER_BYTES_MAX: usize = 2_048;

/// How the audiences begin that Google's token service takes. An assertion about a caller for one of these could be traded
/// for what the gateway itself may do.
const GOOGLES_AUDIENCES: [&str; 2] = ["https://iam.googleapis.com/", "//iam.googleapis.com/"];

/// The subject of the gateway's own assertions unless the policy says otherwise.
const SUBJECT_DEFAULT: &str = "tollgate";

pub(super) fn origin(source: &Source, problems: &mut Problems) -> Option<String> {
    let origin = source.gateway.origin.as_ref()?;
    let mend = "give the origin by which clients reach the gateway, as in `https://api.example.com`";
    let endpoint = problems.take("gateway.origin", Endpoint::parse(origin), mend)?;
    Some(endpoint.origin())
}

/// How long assertions are valid, in seconds.
pub(super) fn ttl_s(written: &source::Assertions) -> u64 {
    written.ttl.map_or(ASSERTION_TTL_S_DEFAULT, |ttl| ttl.0)
}

pub(super) fn assertions(source: &Source, origin: Option<&str>, problems: &mut Problems) -> Option<Assertions> {
    let written = source.gateway.assertions.as_ref()?;
    let place = "gateway.assertions";
    if !(1..=2).contains(&written.keys.len()) {
        problems.add(
            format!("{place}.keys"),
            format!("{} keys are named", written.keys.len()),
            "name the secret of the key that signs, and while keys change also of the other",
        );
    }
    for (at, key) in written.keys.iter().enumerate() {
        let place = format!("{place}.keys[{at}]");
        check_secret(&place, key, problems);
        if written.keys.iter().take(at).any(|other| other == key) {
            problems.add(
                place,
                format!("`{key}` is named already"),
                "name each key once; the other is the one that comes next, or the one before",
            );
        }
    }
    let ttl_s = ttl_s(written);
    if !(1..=ASSERTION_TTL_S_MAX).contains(&ttl_s) {
        problems.add(
            format!("{place}.ttl"),
            format!("{ttl_s} s is not from 1 s to {ASSERTION_TTL_S_MAX} s"),
            "an assertion is used at once, so leave `ttl` out or make it short",
        );
    }
    Some(Assertions {
        issuer: issuer(place, (source, origin), problems)?,
        keys: written.keys.clone(),
        ttl_s,
    })
}

/// The route at which the public keys of assertions are found. It is there as soon as assertions are made.
pub(super) fn keys_route(known: &Known<'_>, problems: &mut Problems) -> Option<Route> {
    let written = known.source.gateway.assertions.as_ref()?;
    let path = written.path.as_deref().unwrap_or(KEYS_PATH_DEFAULT);
    let mend = "give a path without names, as in `/.well-known/jwks.json`";
    let template = PathTemplate::parse(path).and_then(|template| match path.contains(['{', '}']) {
        true => Err(format!("`{path}` is not one path")),
        false => Ok(template),
    });
    Some(Route {
        hosts: keys_hosts(known, problems),
        path: problems.take("gateway.assertions.path", template, mend)?,
        methods: vec!["GET".to_owned()],
        when: When::default(),
        relax: Vec::new(),
        allow: Allow::Anyone,
        credentials: Vec::new(),
        action: Action::AssertionKeys,
        response_headers: Headers::default(),
    })
}

/// All hosts of the gateway, and the one of its origin by its name: a route that names a host goes before one that does
/// not, and no such route may take the keys' place where services look for them.
fn keys_hosts(known: &Known<'_>, problems: &mut Problems) -> Vec<HostPattern> {
    let mut hosts = known.hosts.clone();
    let origin = known.source.gateway.origin.as_deref();
    let origin = origin.and_then(|origin| Endpoint::parse(origin).ok());
    let Some(own) = origin.and_then(|origin| HostPattern::parse(origin.host()).ok()) else {
        return hosts;
    };
    if !hosts.is_empty() && !hosts.iter().any(|pattern| pattern.covers(&own)) {
        problems.add(
            "gateway.origin",
            format!(
                "the gateway does not answer for `{}`, so nobody would find its keys there",
                own.text()
            ),
            "add the host to `gateway.hosts`, or give an origin that is one of them",
        );
    }
    if !hosts.is_empty() && !hosts.contains(&own) {
        hosts.push(own);
    }
    hosts
}

pub(super) fn workload_identity(
    source: &Source,
    origin: Option<&str>,
    problems: &mut Problems,
) -> Option<WorkloadIdentity> {
    let written = source.gateway.workload_identity.as_ref()?;
    let place = "gateway.workload_identity";
    check_secret(&format!("{place}.key"), &written.key, problems);
    if !is_provider(&written.provider) {
        problems.add(
            format!("{place}.provider"),
            format!("`{}` is no provider's resource name", written.provider),
            "write it as in `projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge`",
        );
    }
    let subject = written.subject.as_deref().unwrap_or(SUBJECT_DEFAULT);
    let is_visible = subject.bytes().all(|byte| byte.is_ascii_graphic());
    if !(1..=SUBJECT_BYTES_MAX).contains(&subject.len()) || !is_visible {
        problems.add(
            format!("{place}.subject"),
            format!("the subject is not of 1 to {SUBJECT_BYTES_MAX} visible characters"),
            "leave it out, or give a short name",
        );
    }
    let issuer = match &written.issuer {
        Some(issuer) => problems.take(
            format!("{place}.issuer"),
            check_issuer(issuer).map(|()| issuer.clone()),
            "write it as the provider has it, as in `https://api.example.com`",
        ),
        None => issuer(place, (source, origin), problems),
    };
    let mut endpoint = |key: &str, written: Option<&str>, public: &str| {
        let mend = "leave it out for Google's own";
        problems.take(
            format!("{place}.{key}"),
            Endpoint::parse(written.unwrap_or(public)),
            mend,
        )
    };
    let sts = endpoint("sts", written.sts.as_deref(), "https://sts.googleapis.com");
    let iam_credentials = endpoint(
        "iam_credentials",
        written.iam_credentials.as_deref(),
        "https://iamcredentials.googleapis.com",
    );
    Some(WorkloadIdentity {
        provider: written.provider.clone(),
        key: written.key.clone(),
        issuer: issuer?,
        subject: subject.to_owned(),
        sts: sts?,
        iam_credentials: iam_credentials?,
    })
}

/// The gateway's origin. One that is written and no good has been told of.
fn issuer(place: &str, (source, origin): (&Source, Option<&str>), problems: &mut Problems) -> Option<String> {
    if source.gateway.origin.is_none() {
        problems.add(
            place,
            "nobody is said to be the issuer of what is signed",
            "add the gateway's public `origin` to `[gateway]`, as in `origin = \"https://api.example.com\"`",
        );
    }
    origin.map(str::to_owned)
}

/// An issuer's URI, as Google takes it: https, without query and fragment.
fn check_issuer(issuer: &str) -> Result<(), String> {
    let is_visible = issuer.bytes().all(|byte| byte.is_ascii_graphic());
    if !(1..=ISSUER_BYTES_MAX).contains(&issuer.len()) || !is_visible {
        return Err(format!(
            "the issuer is not of 1 to {ISSUER_BYTES_MAX} visible characters"
        ));
    }
    Endpoint::split(issuer)?;
    match issuer.contains(['?', '#']) {
        true => Err(format!("`{issuer}` has a query or a fragment")),
        false => Ok(()),
    }
}

/// `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
fn is_provider(text: &str) -> bool {
    let word = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&text.len()) && text.bytes().all(allowed)
    };
    let parts: Vec<&str> = text.split('/').collect();
    let [
        "projects",
        number,
        "locations",
        "global",
        "workloadIdentityPools",
        pool,
        "providers",
        provider,
    ] = parts.as_slice()
    else {
        return false;
    };
    number.bytes().all(|byte| byte.is_ascii_digit()) && word(number) && word(pool) && word(provider)
}

/// What a service is told of callers.
pub(super) fn told(
    place: &str,
    written: &source::service::Service,
    audience: &str,
    source: &Source,
    problems: &mut Problems,
) -> ToldOfCaller {
    let mend = "name the claim as tokens have it";
    let own = format!("{place}.assertion.claims");
    for (at, claim) in written.assertion.claims.iter().enumerate() {
        problems.take(format!("{own}[{at}]"), claim_path::check(claim), mend);
    }
    too_many(&own, written.assertion.claims.len(), problems);
    let makes = source.gateway.assertions.is_some();
    let asked = written.assertion.audience.is_some() || !written.assertion.claims.is_empty();
    if asked && !makes {
        problems.add(
            format!("{place}.assertion"),
            "there is no `[gateway.assertions]` to make it",
            "add it with `keys`, or remove this",
        );
    }
    if written.assertion.audience.as_ref().is_some_and(String::is_empty) {
        problems.add(
            format!("{place}.assertion.audience"),
            "an assertion for nobody would be refused by everybody",
            "leave it out for the service's own audience, or give what the service asks for",
        );
    }
    if asked && written.assertion.send == Some(false) {
        problems.add(
            format!("{place}.assertion"),
            "says what is in an assertion that is not sent",
            "remove `send = false`, or all else",
        );
    }
    let asserted_to = written.assertion.audience.as_deref().unwrap_or(audience);
    let is_sent = makes && written.assertion.send != Some(false);
    if is_sent && GOOGLES_AUDIENCES.iter().any(|begin| asserted_to.starts_with(begin)) {
        problems.add(
            format!("{place}.assertion.audience"),
            "Google's token service could take an assertion about a caller for the gateway's own",
            "leave it out for the service's own audience, or give what the service asks for",
        );
    }
    let own = format!("{place}.claim_headers");
    too_many(&own, written.claim_headers.len(), problems);
    let mut claim_headers: Vec<(String, String)> = Vec::new();
    for (name, claim) in &written.claim_headers {
        let (place, lower) = (format!("{own}.{name}"), name.to_ascii_lowercase());
        if !is_header_name(&lower) || !may_tell_a_claim(&lower) {
            problems.add(
                place.clone(),
                format!("`{name}` can't be set to a claim"),
                "choose a name of your own, as in `x-tenant`",
            );
        }
        if claim_headers.iter().any(|(other, _)| fold(other) == fold(&lower)) {
            problems.add(
                place.clone(),
                format!("servers take `{name}` for another header of this table"),
                "tell each claim in a header of its own",
            );
        }
        problems.take(place, claim_path::check(claim), mend);
        claim_headers.push((lower, claim.clone()));
    }
    ToldOfCaller {
        assertion: is_sent.then(|| AssertionTo {
            audience: asserted_to.to_owned(),
            claims: written.assertion.claims.clone(),
        }),
        claim_headers,
    }
}
