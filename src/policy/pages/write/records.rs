//! Records as they are written.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{
    policy::{
        pages::record::{ActionRecord, KeyRecord, MethodRecord, More, MoreOfService, RouteRecord, ServiceRecord},
        site::{
            route::{Action, Headers, Route, When},
            service::{Service, key_of_invoker},
        },
    },
    upstream::send::Timeouts,
};

impl RouteRecord {
    /// The record of a route whose shared parts have these numbers.
    pub(in crate::policy::pages) fn of(route: &Route, allow: u16, action: u16) -> Self {
        let more = More {
            hosts: route.hosts.clone(),
            when: route.when.clone(),
            relax: route.relax.clone(),
            response_headers: route.response_headers.clone(),
            credentials: route.credentials.clone(),
        };
        let plain = more.hosts.is_empty()
            && more.when == When::default()
            && more.relax.is_empty()
            && more.response_headers == Headers::default()
            && more.credentials.is_empty();
        Self {
            methods: route.methods.iter().map(|method| MethodRecord::of(method)).collect(),
            allow,
            action,
            more: (!plain).then_some(more),
        }
    }
}

impl MethodRecord {
    fn of(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl ActionRecord {
    /// The record of an action whose service has this number.
    pub(in crate::policy::pages) fn of(action: &Action, service: u16) -> Self {
        match action {
            Action::Forward(forward) => Self::Forward {
                service,
                authorization: forward.authorization,
                rewrite: forward.rewrite.clone(),
                request_headers: Some(forward.request_headers.clone()).filter(|headers| *headers != Headers::default()),
                pass_errors: forward.pass_errors,
                websocket: forward.websocket,
            },
            Action::Respond(respond) => Self::Respond(respond.clone()),
            Action::Redirect(redirect) => Self::Redirect(redirect.clone()),
            Action::AssertionKeys => Self::AssertionKeys,
        }
    }
}

impl ServiceRecord {
    /// The record of a service.
    pub(in crate::policy::pages) fn of(name: &str, service: &Service) -> Self {
        let audience = Some(service.audience.clone());
        let more = MoreOfService {
            attempts: service.attempts,
            request_bytes_max: service.request_bytes_max,
            told: service.told.clone(),
            sticky_cookie: service.sticky_cookie.clone(),
        };
        Self {
            name: name.to_owned(),
            regions: service.regions.clone(),
            audience: audience.filter(|audience| *audience != service.regions.first.endpoint.origin()),
            invoker: service.invoker.clone(),
            invoker_key: match &service.invoker_key {
                None => KeyRecord::Keyless,
                Some(name) if *name == key_of_invoker(&service.invoker) => KeyRecord::OfInvoker,
                Some(name) => KeyRecord::Named(name.clone()),
            },
            timeouts: Some(service.timeouts).filter(|timeouts| *timeouts != Timeouts::default()),
            revisions: service.revisions.clone(),
            more: Some(more).filter(|more| *more != MoreOfService::default()),
        }
    }
}

/// The record of a route as text, with its path before it; without the beginning that all paths of its page have.
pub(in crate::policy::pages) fn write_route(
    route: &Route,
    beginning: &str,
    allow: u16,
    action: u16,
) -> Result<String, String> {
    let record = write(&RouteRecord::of(route, allow, action))?;
    let path = route.path.text();
    Ok(format!("{} {record}", path.strip_prefix(beginning).unwrap_or(path)))
}

/// The longest beginning that the paths of all routes have.
pub(in crate::policy::pages) fn beginning<'r>(routes: &[&'r Route]) -> &'r str {
    let mut paths = routes.iter().map(|route| route.path.text());
    let first = paths.next().unwrap_or_default();
    paths.fold(first, |common, path| {
        if path.starts_with(common) {
            return common;
        }
        let same = common.bytes().zip(path.bytes()).take_while(|(one, other)| one == other);
        common.get(..same.count()).unwrap_or_default()
    })
}

/// A record as text.
pub(in crate::policy::pages) fn write(record: &impl Serialize) -> Result<String, String> {
    let bytes = postcard::to_allocvec(record).map_err(|why| format!("a record can't be written: {why}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
