//! `allow` of a route: who may.

use std::net::IpAddr;

use ipnet::IpNet;
use toml::value::Time;

use crate::policy::{
    compile::{
        known::{Known, nearest},
        values::claim_tests,
    },
    hours::{DAY_MIN, DAYS, Hours, OFFSET_MIN_MAX},
    problem::Problems,
    rule::Rule,
    site::route::Allow,
    source::rule::{self, Allow as Written},
    template::PathTemplate,
    wanted::Test,
};

/// The most rules of a route, and the most items of each list in a rule.
const ITEMS_MAX: usize = 100;

pub(super) fn allow(
    place: &str,
    written: Option<&Written>,
    path: Option<&PathTemplate>,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Allow> {
    let mend = "write `allow = [{ issuer = \"…\" }]`, or `allow = \"anyone\"` to make the route public";
    match written {
        None => {
            problems.add(place, "the route does not say who may use it", mend);
            None
        }
        Some(Written::Word(word)) if word == "anyone" => Some(Allow::Anyone),
        Some(Written::Word(word)) => {
            problems.add(place, format!("`{word}` has no meaning here"), mend);
            None
        }
        Some(Written::Rules(rules)) if rules.is_empty() => {
            problems.add(
                place,
                "an empty list would admit nobody",
                "list who may, or remove the route",
            );
            None
        }
        Some(Written::Rules(rules)) => {
            bounded(place, rules.len(), problems);
            let rules = rules.iter().enumerate();
            Some(Allow::OneOf(
                rules
                    .map(|(at, rule)| one(&format!("{place}[{at}]"), rule, path, known, problems))
                    .collect(),
            ))
        }
    }
}

fn one(
    place: &str,
    written: &rule::Rule,
    path: Option<&PathTemplate>,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Rule {
    check_issuers(place, written, known, problems);
    check_api_keys(place, written, known, problems);
    if list(&written.scopes)
        .iter()
        .any(|scope| scope.is_empty() || !scope.bytes().all(is_scope_byte))
    {
        problems.add(
            format!("{place}.scopes"),
            "a scope is visible text without spaces, quotes or backslashes (RFC 6749 section 3.3)",
            "write each scope by itself, as in `[\"orders:read\", \"orders:write\"]`",
        );
    }
    for (key, list) in [
        ("scopes", &written.scopes),
        ("roles", &written.roles),
        ("groups", &written.groups),
        ("clients", &written.clients),
        ("addresses", &written.addresses),
        ("countries", &written.countries),
    ] {
        let place = format!("{place}.{key}");
        match list {
            Some(list) if list.is_empty() => problems.add(
                place,
                "an empty list asks for nothing, and would let everybody through",
                format!("list what is asked for, or leave `{key}` out"),
            ),
            Some(list) => bounded(&place, list.len(), problems),
            None => {}
        }
    }
    Rule {
        issuers: written.issuer.all().to_vec(),
        scopes: list(&written.scopes).to_vec(),
        roles: list(&written.roles).to_vec(),
        groups: list(&written.groups).to_vec(),
        claims: claims(&format!("{place}.claims"), written, path, problems),
        clients: list(&written.clients).to_vec(),
        addresses: addresses(place, written, problems),
        countries: countries(place, written, problems),
        hours: written
            .hours
            .as_ref()
            .and_then(|written| hours(&format!("{place}.hours"), written, problems)),
    }
}

fn claims(place: &str, written: &rule::Rule, path: Option<&PathTemplate>, problems: &mut Problems) -> Vec<Test> {
    let Some(claims) = &written.claims else {
        return Vec::new();
    };
    if claims.is_empty() {
        problems.add(
            place,
            "no claim is asked for, which would let everybody through",
            "name what must fit, or leave `claims` out",
        );
    }
    claim_tests(place, claims, path, problems)
}

fn list(written: &Option<Vec<String>>) -> &[String] {
    written.as_deref().unwrap_or_default()
}

fn check_issuers(place: &str, written: &rule::Rule, known: &Known<'_>, problems: &mut Problems) {
    let place = format!("{place}.issuer");
    if written.issuer.all().is_empty() {
        problems.add(
            &place,
            "no issuer is named",
            "name the issuer that vouches for the caller",
        );
    }
    for name in written.issuer.all() {
        if !known.has_issuer(name) {
            let issuers = known.source.issuers.keys().map(String::as_str);
            problems.add(
                &place,
                format!("there is no `[issuers.{name}]`"),
                nearest(name, issuers),
            );
        }
    }
}

/// API keys have none of what issuers say of people.
fn check_api_keys(place: &str, written: &rule::Rule, known: &Known<'_>, problems: &mut Problems) {
    let issuers = written.issuer.all();
    let has_keys = |name: &String| known.source.issuers.get(name).is_some_and(|issuer| issuer.api_keys);
    if issuers.is_empty() || !issuers.iter().all(has_keys) {
        return;
    }
    for (key, given) in [
        ("roles", written.roles.is_some()),
        ("groups", written.groups.is_some()),
        ("claims", written.claims.is_some()),
    ] {
        if given {
            problems.add(
                format!("{place}.{key}"),
                "API keys have an id, an owner and scopes, and nothing else that a rule could ask for",
                "ask for `scopes`, or for the key's id with `clients`",
            );
        }
    }
}

fn bounded(place: &str, items: usize, problems: &mut Problems) {
    if items > ITEMS_MAX {
        problems.add(
            place,
            format!("{items} items; {ITEMS_MAX} are the most that are looked through for a request"),
            "let the issuer put what they have in common into a role, group or claim",
        );
    }
}

fn addresses(place: &str, written: &rule::Rule, problems: &mut Problems) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (at, text) in list(&written.addresses).iter().enumerate() {
        // An address by itself is a network of one.
        let network = text
            .parse::<IpNet>()
            .or_else(|_| text.parse().map(|address: IpAddr| IpNet::from(address)));
        match network {
            Ok(network) if network.addr().to_canonical() != network.addr() => problems.add(
                format!("{place}.addresses[{at}]"),
                format!("`{text}` is an IPv4 network written as IPv6; clients there are known by their IPv4 address"),
                "write it as in `203.0.113.0/24`",
            ),
            Ok(network) if network.addr() == network.network() => networks.push(network),
            Ok(network) => problems.add(
                format!("{place}.addresses[{at}]"),
                format!("`{text}` has bits after its prefix"),
                format!("write `{}`", network.trunc()),
            ),
            Err(_) => problems.add(
                format!("{place}.addresses[{at}]"),
                format!("`{text}` is no network"),
                "write it as in `203.0.113.0/24`, `2001:db8::/32` or `203.0.113.9`",
            ),
        }
    }
    networks
}

fn countries(place: &str, written: &rule::Rule, problems: &mut Problems) -> Vec<String> {
    for (at, country) in list(&written.countries).iter().enumerate() {
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.add(
                format!("{place}.countries[{at}]"),
                format!("`{country}` is no country code"),
                "write two upper-case letters (ISO 3166-1), as in `DE`",
            );
        }
    }
    list(&written.countries).to_vec()
}

fn hours(place: &str, written: &rule::Hours, problems: &mut Problems) -> Option<Hours> {
    let clock = "write hours and minutes, as in `08:00`; `24:00` ends a day";
    let from = problems.take(format!("{place}.from"), minutes(&written.from), clock);
    let to = problems.take(format!("{place}.to"), minutes(&written.to), clock);
    let offset = problems.take(
        format!("{place}.utc_offset"),
        offset(written.utc_offset.as_deref().unwrap_or("+00:00")),
        "write how far local time is ahead of UTC, as in `+01:00`",
    );
    let mut days = 0_u8;
    if written.days.as_ref().is_some_and(Vec::is_empty) {
        problems.add(
            format!("{place}.days"),
            "an empty list would be no day, or every day",
            "list the days, or leave `days` out for all",
        );
    }
    for (at, day) in list(&written.days).iter().enumerate() {
        match DAYS.iter().position(|known| known == day) {
            Some(number) => days |= 1 << number,
            None => problems.add(
                format!("{place}.days[{at}]"),
                format!("`{day}` is no day"),
                format!("write {}", DAYS.join(", ")),
            ),
        }
    }
    if from.is_some() && from == to {
        problems.add(place, "begins when it ends", "leave `hours` out for the whole day");
    }
    Some(Hours {
        from_min: from?,
        to_min: to?,
        days: if written.days.is_none() { 0x7f } else { days },
        offset_min: offset?,
    })
}

/// `08:00` in minutes. The clock is read as TOML reads local times.
fn minutes(text: &str) -> Result<u16, String> {
    let fault = || format!("`{text}` is no time of day");
    if text == "24:00" {
        return Ok(DAY_MIN);
    }
    let time: toml::value::Datetime = format!("{text}:00").parse().map_err(|_| fault())?;
    match time {
        toml::value::Datetime {
            date: None,
            offset: None,
            time: Some(Time { hour, minute, .. }),
        } if text.len() == 5 => Ok(u16::from(hour) * 60 + u16::from(minute)),
        _ => Err(fault()),
    }
}

fn offset(text: &str) -> Result<i16, String> {
    let fault = || format!("`{text}` is no distance from UTC");
    let (sign, clock) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(clock), _) => (1, clock),
        (_, Some(clock)) => (-1, clock),
        _ => return Err(fault()),
    };
    let minutes = i16::try_from(minutes(clock).map_err(|_| fault())?).map_err(|_| fault())?;
    (minutes <= OFFSET_MIN_MAX).then_some(sign * minutes).ok_or_else(fault)
}

/// RFC 6749 section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}
