//! One question at the gateway's door: the request as the platform would hand it over, and the host behind it.
//!
//! Promises: what is looked up here goes through the same functions of the library, the same host and the same sandbox
//! as the request itself, so what is told of a route or a caller is what the request meets.

use std::{cell::RefCell, sync::Arc};

use tollgate::{
    host::Host,
    identity::{
        claims::Claims,
        identify::{Cache, Identified, identify},
    },
    policy::{
        active::{self, NoRoute},
        host_pattern::HostPattern,
        pages::Found,
        route::Asked,
        site::Settings,
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
    stand_in::{GOOGLE_TOKEN, Message, StandIn},
    voucher::{self, Vouched},
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
    /// The tokens that were brought or made.
    tokens: Vec<Secret<String>>,
}

impl<'r> Entrance<'r> {
    /// The question as a request.
    pub(crate) fn new(rehearsal: &'r Rehearsal, question: &Question) -> Result<Self, String> {
        let settings = rehearsal.site().settings();
        let (vouched, note) = token(rehearsal, question)?;
        let mut headers = vec![(
            "host".to_owned(),
            question.host.clone().unwrap_or_else(|| own_host(settings)),
        )];
        let lower = |(name, value): &(String, String)| (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        headers.extend(question.headers.iter().map(lower));
        if let Some(vouched) = &vouched {
            headers.push(("authorization".to_owned(), format!("Bearer {}", vouched.token.expose())));
        }
        let mut tokens: Vec<Secret<String>> = vouched.iter().map(|vouched| vouched.token.clone()).collect();
        if let Credential::Token(brought) = &question.credential {
            tokens.push(brought.clone());
        }
        let message = Message { headers };
        Ok(Self {
            head: head(question, &message),
            message,
            host: StandIn {
                policy: rehearsal.policy(),
                keys: rehearsal.keys(),
                own_keys: vouched
                    .map(|vouched| vouched.keys)
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
                now: question.at,
                country: question.country.clone(),
                sent: RefCell::new(None),
            },
            sandbox: Sandbox::default(),
            note,
            tokens,
        })
    }

    /// The text with `<token>` in the place of every token.
    pub(crate) fn shown(&self, text: &str) -> String {
        let long = |token: &&Secret<String>| token.expose().len() >= TOKEN_BYTES_MIN;
        let tokens = self.tokens.iter().filter(long);
        tokens.fold(text.to_owned(), |text, token| text.replace(token.expose(), "<token>"))
    }

    /// The route that takes the request, with the policy that it is of.
    pub(crate) fn found(&self, request: &CanonicalRequest) -> Result<(Arc<Versioned>, Arc<Found>), Rejection> {
        let headers = |name: &str| self.host.header_values(&self.message, name);
        let asked = Asked {
            request,
            headers: &headers,
        };
        let (versioned, _) = driven(active::policy(&self.host, &self.sandbox, &mut Vec::new()))?;
        match driven(active::route(&self.host, &versioned, &asked)) {
            Ok(found) => Ok((versioned, found)),
            Err(NoRoute::OtherHost) => Err(Rejection::RouteUnknown),
            Err(NoRoute::Refused(rejection)) => Err(rejection),
            Err(NoRoute::BadPage(why)) => Err(Rejection::Misconfigured(why)),
        }
    }

    /// Who asks, if the credential is good.
    pub(crate) fn claims(&self, versioned: &Versioned, request: &CanonicalRequest) -> Option<Claims> {
        let now = self.host.now().seconds();
        let host = (&self.host, Cache::LeftAlone);
        let identified = driven(identify(host, &self.sandbox, versioned, request, now));
        identified.ok().map(|Identified { claims, .. }| claims.get().clone())
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

/// The token that is sent, with the key that verifies it, and what is to be said of it.
fn token(rehearsal: &Rehearsal, question: &Question) -> Result<(Option<Vouched>, Option<String>), String> {
    let (settings, now) = (rehearsal.site().settings(), question.at.seconds());
    let token = match &question.credential {
        Credential::Nobody => return Ok((None, None)),
        Credential::Caller(caller) => return Ok((Some(voucher::for_caller(settings, caller, now)?), None)),
        Credential::Claims(claims) => return Ok((Some(voucher::for_claims(settings, claims, now)?), None)),
        Credential::Token(token) => token,
    };
    let as_it_is = Vouched {
        token: token.clone(),
        keys: Vec::new(),
    };
    if voucher::named(settings, token).is_some_and(|(_, issuer)| rehearsal.has_keys(&issuer.issuer)) {
        return Ok((Some(as_it_is), None));
    }
    Ok(match voucher::again(settings, token) {
        Some((issuer, vouched)) => {
            let note = format!("signature not checked: give --keys {issuer}=JWKS.json to check it");
            (Some(vouched), Some(note))
        }
        None => (Some(as_it_is), None),
    })
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
