//! One question at the gateway's door: the request as the platform would hand it over, and the host behind it.
//!
//! Promises: what is looked up here goes through the same functions of the library, the same host and the same sandbox
//! as the request itself, so what is told of a route or a caller is what the request meets.

use std::{cell::RefCell, sync::Arc};

use tollgate::{
    host::Host,
    identity::{
        binding::PROOF_HEADER,
        claims::Claims,
        identify::identify,
        means::Means,
        origin::Cache,
        presented::{Presented, presented},
    },
    policy::{
        active::{self, NoRoute},
        host_pattern::HostPattern,
        pages::Found,
        route::Asked,
        site::{Settings, route::Place},
    },
    rejection::Rejection,
    request::{CanonicalRequest, HEADERS_READ, Head},
    sandbox::{Sandbox, policies::Versioned},
    secret::Secret,
};

use crate::{
    drive::driven,
    question::{Credential, Question},
    rehearsal::Rehearsal,
    stand_in::{Backing, GOOGLE_TOKEN, Message, StandIn},
    voucher::{self, Asking, Vouched},
};

/// The identifier that the platform would give.
const REQUEST_ID: &str = "offline";

/// What is shorter is no token, and may stand in any text by chance.
const TOKEN_BYTES_MIN: usize = 16;

/// A request at the door.
pub(crate) struct Entrance<'r> {
    pub(crate) host: StandIn<'r>,
    pub(crate) sandbox: Sandbox,
    pub(crate) head: Head,
    pub(crate) message: Message,
    /// What is to be said of the credential.
    pub(crate) note: Option<String>,
    /// The tokens and proofs that were brought or made.
    tokens: Vec<Secret<String>>,
}

impl<'r> Entrance<'r> {
    /// The question as a request.
    pub(crate) fn new(rehearsal: &'r Rehearsal, question: &Question) -> Result<Self, String> {
        let settings = rehearsal.site().settings();
        let mut headers = vec![(
            "host".to_owned(),
            question.host.clone().unwrap_or_else(|| own_host(settings)),
        )];
        let lower = |(name, value): &(String, String)| (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        headers.extend(question.headers.iter().map(lower));
        let message = Message { headers };
        let mut entrance = Self {
            head: head(question, &message),
            message,
            host: StandIn {
                policy: rehearsal.policy(),
                keys: rehearsal.keys(question.at.seconds()),
                state: rehearsal.state(),
                own: Backing::default(),
                signing: settings.assertions.iter().flat_map(|made| made.keys.clone()).collect(),
                now: question.at,
                country: question.country.clone(),
                sent: RefCell::new(None),
            },
            sandbox: Sandbox::default(),
            note: None,
            tokens: Vec::new(),
        };
        entrance.bring(rehearsal, question)?;
        entrance.head = head(question, &entrance.message);
        entrance.keep_from_sight();
        Ok(entrance)
    }

    /// Puts the credential where the route looks for it.
    fn bring(&mut self, rehearsal: &Rehearsal, question: &Question) -> Result<(), String> {
        let request = CanonicalRequest::new(&self.head).ok();
        let found = request.as_ref().and_then(|request| self.found(request).ok());
        let asking = Asking {
            settings: rehearsal.site().settings(),
            request: request.as_ref(),
            places: found
                .as_ref()
                .map_or(&[], |(_, found)| found.route.credentials.as_slice()),
            now: question.at.seconds(),
        };
        let (vouched, is_brought) = match &question.credential {
            Credential::Nobody => return Ok(()),
            Credential::Caller(caller) => (voucher::for_caller(asking, caller)?, false),
            Credential::Claims(claims) => (voucher::for_claims(asking, claims)?, false),
            Credential::Token(token) => {
                self.tokens.push(token.clone());
                let (vouched, note) = voucher::brought(rehearsal, token, asking)?;
                self.note = note;
                (vouched, true)
            }
        };
        match !is_brought && self.has(&vouched.place) {
            true => self.note = Some("the request brings a credential of its own there, so none was made".to_owned()),
            false => self.send(vouched, is_brought),
        }
        Ok(())
    }

    /// Notes the credential that the request brings, which may have been put there by hand.
    fn keep_from_sight(&mut self) {
        if let Ok(request) = CanonicalRequest::new(&self.head)
            && let Ok((_, found)) = self.found(&request)
            && let Some((_, presented)) = self.presented(&found, &request)
        {
            self.tokens.push(presented.token);
        }
    }

    /// Whether something was put there by hand.
    fn has(&self, place: &Place) -> bool {
        let header = |name: &str| self.message.headers.iter().any(|(own, _)| own == name);
        match place {
            Place::Authorization => header("authorization"),
            Place::Header(name) => header(name),
            Place::Cookie(_) => {
                let request = CanonicalRequest::new(&self.head);
                let place = std::slice::from_ref(place);
                request.is_ok_and(|request| {
                    let found = presented(&self.asked(&request, &self.headers()), place);
                    !matches!(found, Err(Rejection::CredentialMissing))
                })
            }
        }
    }

    /// A proof that was given by hand stays, unless it is for another token than the one that is sent.
    fn send(&mut self, vouched: Vouched, is_brought: bool) {
        let Vouched {
            token,
            place,
            is_dpop,
            proof,
            backing,
        } = vouched;
        let headers = &mut self.message.headers;
        headers.push(match place {
            Place::Authorization => {
                let scheme = if is_dpop { "DPoP" } else { "Bearer" };
                ("authorization".to_owned(), format!("{scheme} {}", token.expose()))
            }
            Place::Header(name) => (name, token.expose().clone()),
            Place::Cookie(name) => ("cookie".to_owned(), format!("{name}={}", token.expose())),
        });
        let is_proof = |(name, _): &(String, String)| name == PROOF_HEADER;
        if let Some(proof) = proof {
            if is_brought {
                headers.retain(|header| !is_proof(header));
            }
            if !headers.iter().any(is_proof) {
                headers.push((PROOF_HEADER.to_owned(), proof.expose().clone()));
                self.tokens.push(proof);
            }
        }
        self.tokens.push(token);
        self.host.own = backing;
    }

    /// The text with `<token>` in the place of every token.
    pub(crate) fn shown(&self, text: &str) -> String {
        let long = |token: &&Secret<String>| token.expose().len() >= TOKEN_BYTES_MIN;
        let tokens = self.tokens.iter().filter(long);
        tokens.fold(text.to_owned(), |text, token| text.replace(token.expose(), "<token>"))
    }

    /// The route that takes the request, with the policy that it is of.
    pub(crate) fn found(&self, request: &CanonicalRequest) -> Result<(Arc<Versioned>, Arc<Found>), Rejection> {
        let headers = self.headers();
        let asked = self.asked(request, &headers);
        let (versioned, _) = driven(active::policy(&self.host, &self.sandbox, &mut Vec::new()))?;
        match driven(active::route(&self.host, &versioned, &asked)) {
            Ok(found) => Ok((versioned, found)),
            Err(NoRoute::OtherHost) => Err(Rejection::RouteUnknown),
            Err(NoRoute::Refused(rejection)) => Err(rejection),
            Err(NoRoute::BadPage(why)) => Err(Rejection::Misconfigured(why)),
        }
    }

    /// Who asks, if the credential is good.
    pub(crate) fn claims(&self, versioned: &Versioned, found: &Found, request: &CanonicalRequest) -> Option<Claims> {
        let means = Means {
            host: &self.host,
            // It remembers nothing; without it no issuer would be asked about an opaque token.
            cache: Cache::Used,
            sandbox: &self.sandbox,
            now: self.host.now().seconds(),
        };
        let places = found.route.credentials.as_slice();
        let headers = self.headers();
        let asked = self.asked(request, &headers);
        let identified = driven(identify(means, versioned, (&asked, places), &mut Vec::new()));
        identified.ok().map(|identified| identified.known.claims.get().clone())
    }

    /// The one credential at the places of a route, and at which of them.
    pub(crate) fn presented(&self, found: &Found, request: &CanonicalRequest) -> Option<(Place, Presented)> {
        let headers = self.headers();
        let asked = self.asked(request, &headers);
        let default = [Place::Authorization];
        let places = match found.route.credentials.as_slice() {
            [] => &default,
            places => places,
        };
        let presented_there = presented(&asked, places).ok()?;
        let is_there = |place: &&Place| presented(&asked, std::slice::from_ref(*place)).is_ok();
        Some((places.iter().find(is_there)?.clone(), presented_there))
    }

    fn headers(&self) -> impl Fn(&str) -> Vec<Secret<Vec<u8>>> {
        |name| self.host.header_values(&self.message, name)
    }

    fn asked<'a>(&self, request: &'a CanonicalRequest, headers: &'a dyn Fn(&str) -> Vec<Secret<Vec<u8>>>) -> Asked<'a> {
        Asked { request, headers }
    }

    /// Lets the sandbox remember a Google token for the service that the request goes to, as if it were not the first.
    pub(crate) fn remember_google_token(&self, request: &CanonicalRequest) {
        if let Ok((_, found)) = self.found(request)
            && let Some(service) = &found.service
        {
            let until = self.host.now().seconds().plus_s(1);
            self.sandbox
                .keep_google_token(service, &Secret::new(GOOGLE_TOKEN.to_owned()), until);
        }
    }
}

fn head(question: &Question, message: &Message) -> Head {
    let mut header_names: Vec<String> = Vec::new();
    for (name, _) in &message.headers {
        if !header_names.contains(name) {
            header_names.push(name.clone());
        }
    }
    let read = message.headers.iter().filter_map(|(name, value)| {
        let name = HEADERS_READ.iter().find(|read| *read == name)?;
        Some((*name, Secret::new(value.clone().into_bytes())))
    });
    Head {
        method: question.method.clone(),
        target: question.target.clone(),
        header_names,
        values: read.collect(),
        client: question.address(),
        request_id: REQUEST_ID.to_owned(),
    }
}

/// A host that the pattern takes.
fn first_host(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Exact(host) => host.clone(),
        HostPattern::OneLabelBefore(suffix) => format!("a{suffix}"),
    }
}

/// The host of a question that names none: the policy's first by name, else one that its first pattern takes.
fn own_host(settings: &Settings) -> String {
    let by_name = settings
        .hosts
        .iter()
        .find(|pattern| matches!(pattern, HostPattern::Exact(_)));
    by_name.or(settings.hosts.first()).map(first_host).unwrap_or_default()
}
