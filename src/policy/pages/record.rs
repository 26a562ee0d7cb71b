//! What pages hold of a route, and how it is written: a compact binary form (postcard) in base64url.
//!
//! Promises: what is read back is what was written, or an error; every part is parsed into its own type again, so a
//! record that was tampered with in a well-formed way still can't name a path or an endpoint that no policy could.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    policy::{
        host_pattern::HostPattern,
        site::{
            route::{Action, Allow, Forward, Headers, Place, Redirect, Respond, Route, When},
            service::{Attempts, REQUEST_BYTES_MAX_DEFAULT, Regions, Revision, Service, ToldOfCaller, key_of_invoker},
        },
        target::TargetTemplate,
        template::PathTemplate,
    },
    request::relaxation::Relaxation,
    upstream::send::Timeouts,
};

/// A route. What routes of one page have in common is written once and named by number.
///
/// Its path stands before it, as text: it is the longest part of most, and base64 makes it longer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RouteRecord {
    pub(super) methods: Vec<MethodRecord>,
    pub(super) allow: u16,
    pub(super) action: u16,
    pub(super) more: Option<More>,
}

/// A method. Those that most routes have take one byte.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum MethodRecord {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other(String),
}

/// What most routes do not have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct More {
    pub(super) hosts: Vec<HostPattern>,
    pub(super) when: When,
    pub(super) relax: Vec<Relaxation>,
    pub(super) response_headers: Headers,
    pub(super) credentials: Vec<Place>,
}

/// What a route does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum ActionRecord {
    Forward {
        service: u16,
        authorization: bool,
        rewrite: Option<TargetTemplate>,
        request_headers: Option<Headers>,
        pass_errors: bool,
        websocket: bool,
    },
    Respond(Respond),
    Redirect(Redirect),
    AssertionKeys,
}

/// A service with its policy name. What follows from something else is left out, since pages repeat it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServiceRecord {
    pub(super) name: String,
    pub(super) regions: Regions,
    pub(super) audience: Option<String>,
    pub(super) invoker: String,
    pub(super) invoker_key: KeyRecord,
    pub(super) timeouts: Option<Timeouts>,
    pub(super) revisions: Vec<Revision>,
    pub(super) more: Option<MoreOfService>,
}

/// The secret with an invoker's key.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyRecord {
    /// The one that is named after the invoker.
    OfInvoker,
    /// Another.
    Named(String),
    /// None: workload identity federation.
    Keyless,
}

/// What most services do not have.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MoreOfService {
    pub(super) attempts: Attempts,
    pub(super) request_bytes_max: u64,
    pub(super) told: ToldOfCaller,
    pub(super) sticky_cookie: Option<String>,
}

impl Default for MoreOfService {
    fn default() -> Self {
        Self {
            attempts: Attempts::default(),
            request_bytes_max: REQUEST_BYTES_MAX_DEFAULT,
            told: ToldOfCaller::default(),
            sticky_cookie: None,
        }
    }
}

impl RouteRecord {
    /// The route, of its record, its path, and what the record names.
    pub(super) fn route(self, path: PathTemplate, allow: Allow, action: Action) -> Route {
        let (hosts, when, relax, response_headers, credentials) = match self.more {
            Some(more) => (
                more.hosts,
                more.when,
                more.relax,
                more.response_headers,
                more.credentials,
            ),
            None => Default::default(),
        };
        Route {
            hosts,
            path,
            methods: self.methods.into_iter().map(MethodRecord::text).collect(),
            when,
            relax,
            allow,
            credentials,
            action,
            response_headers,
        }
    }
}

impl MethodRecord {
    fn text(self) -> String {
        match self {
            Self::Get => "GET".to_owned(),
            Self::Head => "HEAD".to_owned(),
            Self::Post => "POST".to_owned(),
            Self::Put => "PUT".to_owned(),
            Self::Patch => "PATCH".to_owned(),
            Self::Delete => "DELETE".to_owned(),
            Self::Options => "OPTIONS".to_owned(),
            Self::Other(method) => method,
        }
    }
}

impl ActionRecord {
    /// The action, and the service it needs; `service` reads one by its number.
    pub(super) fn action<E>(
        self,
        service: impl FnOnce(u16) -> Result<ServiceRecord, E>,
    ) -> Result<(Action, Option<Service>), E> {
        Ok(match self {
            Self::Forward {
                service: number,
                authorization,
                rewrite,
                request_headers,
                pass_errors,
                websocket,
            } => {
                let (name, service) = service(number)?.service();
                let forward = Forward {
                    service: name,
                    authorization,
                    rewrite,
                    request_headers: request_headers.unwrap_or_default(),
                    pass_errors,
                    websocket,
                };
                (Action::Forward(forward), Some(service))
            }
            Self::Respond(respond) => (Action::Respond(respond), None),
            Self::Redirect(redirect) => (Action::Redirect(redirect), None),
            Self::AssertionKeys => (Action::AssertionKeys, None),
        })
    }
}

impl ServiceRecord {
    /// The service of a record, and its name.
    pub(super) fn service(self) -> (String, Service) {
        let more = self.more.unwrap_or_default();
        let service = Service {
            audience: self.audience.unwrap_or_else(|| self.regions.first.endpoint.origin()),
            regions: self.regions,
            invoker_key: match self.invoker_key {
                KeyRecord::OfInvoker => Some(key_of_invoker(&self.invoker)),
                KeyRecord::Named(name) => Some(name),
                KeyRecord::Keyless => None,
            },
            invoker: self.invoker,
            timeouts: self.timeouts.unwrap_or_default(),
            revisions: self.revisions,
            attempts: more.attempts,
            request_bytes_max: more.request_bytes_max,
            told: more.told,
            sticky_cookie: more.sticky_cookie,
        };
        (self.name, service)
    }
}

/// A record of text.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| "a record is not base64url".to_owned())?;
    match postcard::take_from_bytes(&bytes) {
        Ok((record, [])) => Ok(record),
        Ok(_) => Err("a record has something after its end".to_owned()),
        Err(why) => Err(format!("a record can't be read: {why}")),
    }
}
