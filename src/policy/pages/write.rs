//! From a site to its entries, where policies are compiled, and back again for whoever wants to see that nothing was lost.

pub(super) mod keys;
mod layout;
mod parts;
mod records;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    digest,
    policy::{
        pages::{
            FORMAT, Index, PAGE_CHARACTERS_MAX, Page, VERSION_CHARACTERS,
            index::{self, IndexRecord},
            index_entry,
            page::check_of,
            page_entry, sum,
            write::{
                layout::{Layout, lay_out},
                parts::{Body, Written},
            },
        },
        site::{
            Parts, Site,
            route::{Action, Route},
        },
    },
};

/// How long pages get where there is room, in characters. A page is read whole from the store, so shorter ones cost less.
const PAGE_CHARACTERS_WANTED: usize = 3_500;

/// How closely the shortest length is looked for at which a larger policy has few enough entries, in characters.
const PAGE_CHARACTERS_STEP: usize = 32;

/// The most entries of a policy. A config store holds 500 entries (Fastly, resource limits), and two versions are there
/// while one is replaced.
pub const ENTRIES_MAX: usize = 240;

/// A policy as entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The version, made from the content.
    pub version: String,
    /// Names and values, in the order in which they are to be written. The pointer comes after them.
    pub entries: Vec<(String, String)>,
}

/// The entries of a site.
///
/// # Errors
/// Why it can't be laid out so.
pub fn compiled(site: &Site) -> Result<Compiled, String> {
    let written = Written::of(site)?;
    let few_enough = |compiled: &Compiled| compiled.entries.len() <= ENTRIES_MAX;
    if let Ok(compiled) = within(site, &written, PAGE_CHARACTERS_WANTED)
        && few_enough(&compiled)
    {
        return checked(site, compiled);
    }
    let mut good = within(site, &written, PAGE_CHARACTERS_MAX)?;
    if !few_enough(&good) {
        return Err(format!(
            "the compiled policy has {} entries, and two versions must fit a config store of 500; use fewer routes, or \
             let routes share `allow`",
            good.entries.len()
        ));
    }
    let (mut too_short, mut long_enough) = (PAGE_CHARACTERS_WANTED, PAGE_CHARACTERS_MAX);
    while long_enough - too_short > PAGE_CHARACTERS_STEP {
        let middle = usize::midpoint(too_short, long_enough);
        match within(site, &written, middle) {
            Ok(compiled) if few_enough(&compiled) => (good, long_enough) = (compiled, middle),
            _ => too_short = middle,
        }
    }
    checked(site, good)
}

/// Entries that hold what the site says, and all of it that a request can need.
fn checked(site: &Site, compiled: Compiled) -> Result<Compiled, String> {
    let read = read_back(&compiled)?;
    let is_used = |name: &String| read.parts().services.contains_key(name);
    let mut services = site.parts().services.clone();
    services.retain(|name, _| is_used(name));
    let same = read.settings() == site.settings()
        && read.parts().routes == site.parts().routes
        && read.parts().services == services;
    match same {
        true => Ok(compiled),
        false => Err("the compiled policy does not say what the policy says; please report this".to_owned()),
    }
}

/// The entries of a site, with at most so many characters on a page.
///
/// # Errors
/// Why it can't be laid out so.
pub fn compiled_within(site: &Site, characters_max: usize) -> Result<Compiled, String> {
    within(site, &Written::of(site)?, characters_max)
}

fn within(site: &Site, written: &Written, characters_max: usize) -> Result<Compiled, String> {
    let Layout { tree, pages } = lay_out(site, written, characters_max)?;
    let bodies: Vec<(u32, Body)> = (0..)
        .zip(&pages)
        .filter_map(|(number, routes)| Some((number, routes.as_ref()?)))
        .map(|(number, routes)| Ok((number, written.body(site, routes)?)))
        .collect::<Result<_, String>>()?;
    let index = records::write(&IndexRecord {
        settings: site.settings().clone(),
        tree,
    })?;
    let version = version(&index, &bodies);
    let mut entries = Vec::new();
    for (number, body) in &bodies {
        entries.push((page_entry(&version, *number), page_text(&version, *number, body)));
    }
    let sum = sum(&version, index::SUM_PLACE, &index);
    let text = format!("{FORMAT} {version} {} {sum:016x} {index}", index::PLACE);
    entries.push((index_entry(&version), text));
    for (name, text) in &entries {
        let characters = text.len();
        if characters > PAGE_CHARACTERS_MAX {
            let (what, mend) = match name.ends_with(index::PLACE) {
                true => (
                    "hosts and issuers",
                    "; use fewer or shorter issuers, tenants, audiences and claims",
                ),
                false => ("routes of one path", ""),
            };
            return Err(format!(
                "the compiled {what} have {characters} characters, and a config-store value holds \
                 {PAGE_CHARACTERS_MAX}{mend}"
            ));
        }
    }
    Ok(Compiled { version, entries })
}

fn version(index: &str, bodies: &[(u32, Body)]) -> String {
    let mut parts = vec![index.as_bytes()];
    for (_, body) in bodies {
        parts.extend([&body.shapes, &body.beginning, &body.keys].map(|text| text.as_bytes()));
        parts.extend(body.records.iter().map(String::as_bytes));
    }
    digest::of("tollgate policy 2", &parts)
        .chars()
        .take(VERSION_CHARACTERS)
        .collect()
}

fn page_text(version: &str, number: u32, body: &Body) -> String {
    let mut offsets = String::new();
    let mut records = String::new();
    for (at, record) in (0..).zip(&body.records) {
        offsets.push_str(&format!("{:04x}", records.len()));
        records.push_str(&format!("{:04x}", check_of(version, (number, at), record)));
        records.push_str(record);
    }
    offsets.push_str(&format!("{:04x}", records.len()));
    let to_records = format!(
        "{:x} {:x} {} {}\n{}{offsets}",
        body.keys.len() / super::page::KEY_CHARACTERS,
        body.records.len(),
        body.shapes,
        body.beginning,
        body.keys
    );
    let sum = sum(version, u64::from(number), &to_records);
    format!("{FORMAT} {version} p{number} {sum:016x} {to_records}{records}")
}

/// The site that entries hold.
///
/// # Errors
/// What is wrong with them.
pub fn read_back(compiled: &Compiled) -> Result<Site, String> {
    let version = &compiled.version;
    let entries: HashMap<&str, &str> = compiled
        .entries
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let text = entries.get(index_entry(version).as_str()).ok_or("there is no index")?;
    let index = Index::read(version, text)?;
    let (mut services, mut routes, mut known) = (BTreeMap::new(), Vec::new(), HashSet::new());
    for (name, text) in &compiled.entries {
        let Some(number) = name.rsplit_once(".p").and_then(|(_, number)| number.parse().ok()) else {
            continue;
        };
        let page = Page::read(version, number, text.clone())?;
        for number in page.all()? {
            let found = page.route(number)?;
            if let (Action::Forward(forward), Some(service)) = (&found.route.action, found.service) {
                services.insert(forward.service.clone(), service);
            }
            if known.insert(found.route.clone()) {
                routes.push(found.route);
            }
        }
    }
    routes.sort_by(Route::listed_before);
    Site::try_from(Parts {
        settings: index.settings().clone(),
        services,
        routes,
    })
}
