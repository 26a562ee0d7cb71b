//! The parts that pages are put together from: what several routes share is written once, and each has its size.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::policy::{
    pages::{
        page::{CHECK_CHARACTERS, KEY_CHARACTERS, NUMBER_MAX, OFFSET_CHARACTERS},
        record::{ActionRecord, ServiceRecord},
        write::{keys, records},
    },
    site::{
        Site,
        route::{Action, Allow, Route},
    },
};

/// About how many characters a page has besides keys and records.
const HEAD_CHARACTERS: usize = 80;

/// A page without its version.
pub(super) struct Body {
    pub(super) shapes: String,
    pub(super) beginning: String,
    pub(super) keys: String,
    pub(super) records: Vec<String>,
}

/// What of a site is written, and how long it is.
pub(super) struct Written {
    /// For each route: its characters, without what it shares.
    own: Vec<usize>,
    /// For each route: what it shares.
    shares: Vec<Shares>,
    /// The characters of everything that is shared.
    shared: Vec<usize>,
    /// For each route: its shapes.
    shapes: Vec<Vec<String>>,
}

/// Numbers of shared parts, over all pages.
#[derive(Clone, Copy)]
struct Shares {
    allow: usize,
    action: usize,
    service: Option<usize>,
}

impl Written {
    pub(super) fn of(site: &Site) -> Result<Self, String> {
        let mut written = Self {
            own: Vec::new(),
            shares: Vec::new(),
            shared: Vec::new(),
            shapes: Vec::new(),
        };
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut services: BTreeMap<&str, usize> = BTreeMap::new();
        for route in &site.parts().routes {
            let service = match &route.action {
                Action::Forward(forward) => Some(match services.get(forward.service.as_str()) {
                    Some(number) => *number,
                    None => {
                        let number =
                            written.share(&mut known, records::write(&service_record(site, &forward.service)?)?);
                        services.insert(&forward.service, number);
                        number
                    }
                }),
                Action::Respond(_) | Action::Redirect(_) | Action::AssertionKeys => None,
            };
            let action = ActionRecord::of(
                &route.action,
                u16::try_from(service.unwrap_or_default()).unwrap_or_default(),
            );
            let shares = Shares {
                allow: written.share(&mut known, records::write(&route.allow)?),
                action: written.share(&mut known, records::write(&action)?),
                service,
            };
            let keys = keys::of_route(route);
            let own = records::write_route(route, "", 0x7fff, 0x7fff)?.len();
            written
                .own
                .push(own + CHECK_CHARACTERS + OFFSET_CHARACTERS + keys.len() * KEY_CHARACTERS);
            written.shares.push(shares);
            written.shapes.push(keys.into_iter().map(|(shape, _)| shape).collect());
        }
        Ok(written)
    }

    fn share(&mut self, known: &mut HashMap<String, usize>, record: String) -> usize {
        let characters = record.len() + CHECK_CHARACTERS + OFFSET_CHARACTERS;
        *known.entry(record).or_insert_with(|| {
            self.shared.push(characters);
            self.shared.len() - 1
        })
    }

    /// How many characters a page with these routes has, or a few more.
    pub(super) fn characters(&self, site: &Site, routes: &[usize]) -> usize {
        let mut shared = BTreeSet::new();
        let mut shapes = BTreeSet::new();
        let mut characters = HEAD_CHARACTERS;
        for route in routes {
            characters += self.own.get(*route).copied().unwrap_or_default();
            if let Some(shares) = self.shares.get(*route) {
                shared.extend([shares.allow, shares.action]);
                shared.extend(shares.service);
            }
            shapes.extend(self.shapes.get(*route).into_iter().flatten());
        }
        let written: Vec<&Route> = routes
            .iter()
            .filter_map(|route| site.parts().routes.get(*route))
            .collect();
        characters -= records::beginning(&written).len() * written.len().saturating_sub(1);
        characters += shared
            .iter()
            .filter_map(|shared| self.shared.get(*shared))
            .sum::<usize>();
        characters + shapes.iter().map(|shape| shape.len() + 1).sum::<usize>()
    }

    /// The page with these routes.
    pub(super) fn body(&self, site: &Site, routes: &[usize]) -> Result<Body, String> {
        let mut routes: Vec<&Route> = routes
            .iter()
            .filter_map(|route| site.parts().routes.get(*route))
            .collect();
        // The order of the list puts a route with a host by name first, also where another of its hosts was asked.
        routes.sort_by(|one, next| one.precedence_at_host(next));
        let beginning = records::beginning(&routes);
        let mut records = Vec::new();
        let mut known: HashMap<String, u16> = HashMap::new();
        let mut route_records = Vec::new();
        for route in &routes {
            let service = match &route.action {
                Action::Forward(forward) => {
                    let record = records::write(&service_record(site, &forward.service)?)?;
                    number(&mut known, &mut records, record)?
                }
                Action::Respond(_) | Action::Redirect(_) | Action::AssertionKeys => 0,
            };
            let allow: &Allow = &route.allow;
            let allow = number(&mut known, &mut records, records::write(allow)?)?;
            let action = records::write(&ActionRecord::of(&route.action, service))?;
            let action = number(&mut known, &mut records, action)?;
            route_records.push(records::write_route(route, beginning, allow, action)?);
        }
        let mut keys = Vec::new();
        let mut shapes = BTreeSet::new();
        for (order, (route, record)) in routes.iter().zip(route_records).enumerate() {
            let number = records.len();
            records.push(record);
            for (shape, hash) in keys::of_route(route) {
                keys.push((hash, order, number));
                shapes.insert(shape);
            }
        }
        if records.len() > NUMBER_MAX || keys.len() > NUMBER_MAX {
            return Err("too many routes fall onto one page".to_owned());
        }
        keys.sort_unstable();
        Ok(Body {
            beginning: beginning.to_owned(),
            shapes: shapes.into_iter().collect::<Vec<_>>().join(","),
            keys: keys
                .iter()
                .map(|(hash, _, number)| format!("{hash:06x}{number:03x}"))
                .collect(),
            records,
        })
    }
}

fn service_record(site: &Site, name: &str) -> Result<ServiceRecord, String> {
    let service = site.parts().services.get(name);
    let service = service.ok_or_else(|| format!("there is no service {name}"))?;
    Ok(ServiceRecord::of(name, service))
}

fn number(known: &mut HashMap<String, u16>, records: &mut Vec<String>, record: String) -> Result<u16, String> {
    if let Some(number) = known.get(&record) {
        return Ok(*number);
    }
    let number = u16::try_from(records.len()).map_err(|_| "too many records fall onto one page".to_owned())?;
    known.insert(record.clone(), number);
    records.push(record);
    Ok(number)
}
