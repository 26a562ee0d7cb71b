//! `[services.*]`, with their regions and revisions.

use std::{collections::BTreeMap, net::IpAddr};

use crate::{
    policy::{
        compile::{
            actions::{is_header_name, is_header_value},
            attempts::{attempts, request_bytes_max, sticky_cookie},
            known::check_name,
            signed::{told, ttl_s},
            values::claim_tests,
            vouching::check_secret,
        },
        problem::Problems,
        site::service::{REGIONS_MAX, Region, Regions, Revision, RevisionAt, Service, key_of_invoker},
        source::{self, Source},
    },
    request::spelling::fold,
    upstream::send::{Endpoint, Timeouts},
};

const URL_MEND: &str = "give the service's origin, as in `https://orders-123456789.europe-west1.run.app`";

pub(super) fn services(source: &Source, problems: &mut Problems) -> BTreeMap<String, Service> {
    let mut services = BTreeMap::new();
    for (name, written) in &source.services {
        let place = format!("services.{name}");
        check_name(&place, name, problems);
        check_invoker(&place, written, problems);
        let invoker_key = invoker_key(&place, written, source, problems);
        let regions = regions(&place, written, problems);
        let revisions = revisions(&place, written, problems);
        if written.regions.len() > 1 && written.audience.is_none() {
            problems.add(
                place.as_str(),
                "several regions, and no audience that their services share",
                "add the custom audience of the services as `audience` (Cloud Run, custom audiences)",
            );
            continue;
        }
        let Some(regions) = regions else {
            continue;
        };
        check_tags(&place, &regions, &revisions, problems);
        let audience = written
            .audience
            .clone()
            .unwrap_or_else(|| regions.first.endpoint.origin());
        let attempts = attempts(&place, written, problems);
        let mut timeouts = timeouts(written);
        // No answer is waited for longer than all of them.
        timeouts.first_byte_ms = timeouts.first_byte_ms.min(attempts.deadline_ms);
        let service = Service {
            told: told(&place, written, &audience, source, problems),
            attempts,
            request_bytes_max: request_bytes_max(&place, written, problems),
            sticky_cookie: sticky_cookie(&place, written, problems),
            audience,
            regions,
            invoker: written.invoker.clone(),
            invoker_key,
            timeouts,
            revisions,
        };
        check_assertion_lasts(&place, &service, source, problems);
        check_claim_headers(&place, &service, problems);
        services.insert(name.clone(), service);
    }
    services
}

/// An assertion is made once for all attempts, so the last of them must not bring one that has expired.
fn check_assertion_lasts(place: &str, service: &Service, source: &Source, problems: &mut Problems) {
    let Some(assertions) = source
        .gateway
        .assertions
        .as_ref()
        .filter(|_| service.told.assertion.is_some())
    else {
        return;
    };
    let ttl_ms = ttl_s(assertions).saturating_mul(1_000);
    if service.attempts.attempts_max > 1 && u64::from(service.attempts.deadline_ms) > ttl_ms {
        problems.add(
            format!("{place}.deadline"),
            "a late attempt would bring an assertion that has expired",
            "make `deadline` at most `gateway.assertions.ttl`, or write `retries = { attempts = 1 }`",
        );
    }
}

/// A client asks for a revision by a header, which the service then sees as it was sent.
fn check_claim_headers(place: &str, service: &Service, problems: &mut Problems) {
    let asks = |name: &String| {
        let headers = service.revisions.iter().filter_map(|revision| revision.header.as_ref());
        headers.into_iter().any(|(header, _)| fold(header) == fold(name))
    };
    for (name, _) in service.told.claim_headers.iter().filter(|(name, _)| asks(name)) {
        problems.add(
            format!("{place}.claim_headers.{name}"),
            format!("a revision is asked for by `{name}`"),
            "tell the claim in another header",
        );
    }
}

fn check_invoker(place: &str, written: &source::service::Service, problems: &mut Problems) {
    let fits = written.invoker.split_once('@').is_some_and(|(user, domain)| {
        !user.is_empty() && domain.contains('.') && written.invoker.bytes().all(|byte| byte.is_ascii_graphic())
    });
    if !fits {
        problems.add(
            format!("{place}.invoker"),
            format!("`{}` is no service account", written.invoker),
            "give its e-mail, as in `edge@my-project.iam.gserviceaccount.com`",
        );
    }
}

fn invoker_key(
    place: &str,
    written: &source::service::Service,
    source: &Source,
    problems: &mut Problems,
) -> Option<String> {
    if written.invoker_key.is_none() && source.gateway.workload_identity.is_some() {
        return None;
    }
    let key = written
        .invoker_key
        .clone()
        .unwrap_or_else(|| key_of_invoker(&written.invoker));
    if written.invoker_key.is_some() {
        check_secret(&format!("{place}.invoker_key"), &key, problems);
    }
    Some(key)
}

fn regions(place: &str, written: &source::service::Service, problems: &mut Problems) -> Option<Regions> {
    let mut regions = Vec::new();
    match (&written.url, written.regions.is_empty()) {
        (Some(_), false) => problems.add(
            format!("{place}.url"),
            "has both `url` and `regions`",
            "keep `url` for a service in one region, `regions` for one in several",
        ),
        (None, true) => problems.add(
            place,
            "does not say where it is reached",
            URL_MEND.replacen("give", "add as `url`", 1),
        ),
        (Some(url), true) => {
            let endpoint = problems.take(format!("{place}.url"), Endpoint::parse(url), URL_MEND);
            regions.extend(endpoint.map(|endpoint| Region {
                name: String::new(),
                endpoint,
            }));
        }
        (None, false) => {}
    }
    if written.regions.len() > REGIONS_MAX {
        problems.add(
            format!("{place}.regions"),
            format!(
                "{} regions, and no more than {REGIONS_MAX} are looked at",
                written.regions.len()
            ),
            format!("name the {REGIONS_MAX} that requests should go to"),
        );
    }
    for (at, region) in written.regions.iter().enumerate() {
        let place = format!("{place}.regions[{at}]");
        check_name(&format!("{place}.name"), &region.name, problems);
        if written.regions.iter().take(at).any(|other| other.name == region.name) {
            problems.add(
                format!("{place}.name"),
                format!("the region `{}` stands twice", region.name),
                "give each region once",
            );
        }
        let endpoint = problems.take(format!("{place}.url"), Endpoint::parse(&region.url), URL_MEND);
        let known = |other: &Region| Some(&other.endpoint) == endpoint.as_ref();
        if regions.iter().any(known) {
            problems.add(
                format!("{place}.url"),
                format!("`{}` is another region's already", region.url),
                "give each region the URL of its own service",
            );
        }
        regions.extend(endpoint.map(|endpoint| Region {
            name: region.name.clone(),
            endpoint,
        }));
    }
    let mut regions = regions.into_iter();
    Some(Regions {
        first: regions.next()?,
        others: regions.collect(),
    })
}

fn revisions(place: &str, written: &source::service::Service, problems: &mut Problems) -> Vec<Revision> {
    let mut revisions = Vec::new();
    let mut percent = 0_u32;
    for (name, revision) in &written.revisions {
        let place = format!("{place}.revisions.{name}");
        check_name(&place, name, problems);
        percent += u32::from(revision.percent.unwrap_or_default());
        let at = revision_at(&place, revision, problems);
        let header = revision.header.as_ref().and_then(|header| {
            let parsed = header_and_value(header);
            problems.take(
                format!("{place}.header"),
                parsed,
                "write name and value, as in `x-orders-revision: next`",
            )
        });
        let claims = claim_tests(&format!("{place}.claims"), &revision.claims, None, problems);
        if let Some(at) = at {
            revisions.push(Revision {
                name: name.clone(),
                at,
                percent: revision.percent.unwrap_or_default(),
                header,
                claims,
            });
        }
    }
    if percent > 100 {
        problems.add(
            format!("{place}.revisions"),
            format!("the revisions have {percent} percent together"),
            "leave the rest of a hundred to the service itself",
        );
    }
    revisions
}

fn revision_at(place: &str, revision: &source::service::Revision, problems: &mut Problems) -> Option<RevisionAt> {
    match (&revision.tag, &revision.url) {
        (None, None) => {
            problems.add(
                place,
                "does not say where it is reached",
                "add the traffic tag that `gcloud run deploy --tag` gave it, as in `tag = \"next\"`",
            );
            None
        }
        (Some(_), Some(_)) => {
            problems.add(
                format!("{place}.url"),
                "has both `tag` and `url`",
                "keep the one by which the revision is reached",
            );
            None
        }
        (None, Some(url)) => problems
            .take(format!("{place}.url"), Endpoint::parse(url), URL_MEND)
            .map(RevisionAt::Endpoint),
        (Some(tag), None) => {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let fits = tag.len() <= 46
                && tag.starts_with(|first: char| first.is_ascii_lowercase())
                && tag.bytes().all(allowed);
            if !fits {
                problems.add(
                    format!("{place}.tag"),
                    format!("`{tag}` can't be a traffic tag"),
                    "use up to 46 lower-case letters, digits and `-`, a letter first",
                );
            }
            fits.then(|| RevisionAt::Tag(tag.clone()))
        }
    }
}

/// A tag is a name before the service's own, which an address does not take; and it is Cloud Run's, so it is TLS.
fn check_tags(place: &str, regions: &Regions, revisions: &[Revision], problems: &mut Problems) {
    let nameless = |region: &Region| {
        let host = region.endpoint.host();
        !region.endpoint.tls() || host.starts_with('[') || host.parse::<IpAddr>().is_ok()
    };
    if !regions.iter().any(nameless) {
        return;
    }
    for revision in revisions
        .iter()
        .filter(|revision| matches!(revision.at, RevisionAt::Tag(_)))
    {
        problems.add(
            format!("{place}.revisions.{}.tag", revision.name),
            "the service has no https name that a traffic tag could stand before",
            "give the revision's own `url` in place of `tag`",
        );
    }
}

fn header_and_value(text: &str) -> Result<(String, String), String> {
    let fault = || format!("`{text}` is no header with its value");
    let (name, value) = text.split_once(':').ok_or_else(fault)?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
    let fits = is_header_name(&name) && is_header_value(&value) && !value.is_empty();
    fits.then_some((name, value)).ok_or_else(fault)
}

fn timeouts(written: &source::service::Service) -> Timeouts {
    let (written, default) = (&written.timeouts, Timeouts::default());
    Timeouts {
        connect_ms: written.connect.map_or(default.connect_ms, |time| time.0),
        first_byte_ms: written.first_byte.map_or(default.first_byte_ms, |time| time.0),
        between_bytes_ms: written.between_bytes.map_or(default.between_bytes_ms, |time| time.0),
    }
}
