//! The world that the table of faults runs in: services, Google and Cloud Run's front ends, all of which can be broken.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde_json::json;
use tollgate_devstack::cloud_run::{CloudRun, CloudRunService};
use tollgate_devstack::faults::script::{Plan, Script, Step};
use tollgate_devstack::faults::{Book, ClosedPort, FaultyService, FullPort};
use tollgate_devstack::google::{Google, ISSUER};
use tollgate_devstack::world::{WorldOptions, unix_s};

use crate::faults::google::PASS;
use crate::faults::policy::{BY_KEY, INVOKER, INVOKER_KEY, KEYLESS, WORKLOAD_KEY, audience, policy};
use crate::faults::row::{self, Row, Turns};
use crate::faults::rows;

/// The P-256 key of RFC 7515 appendix A.3.
const WORKLOAD_JWK: &str = r#"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"workload-1",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

/// Where Google's Security Token Service answers, and where everything but it and the token endpoint does.
const STS: &str = "/v1/token";
const TOKEN: &str = "/token";
const ELSEWHERE: &str = "*";

/// Everything that is broken.
pub(super) struct Bench {
    pub(super) book: Book,
    first: FaultyService,
    second: FaultyService,
    /// What stands before the real one.
    before_google: FaultyService,
    /// What it was asked.
    google_book: Book,
    google: Google,
    front_ends: [(&'static str, CloudRun); 2],
    closed: ClosedPort,
    full: FullPort,
}

impl Bench {
    pub(super) async fn start() -> Self {
        let book = Book::default();
        let service =
            async |name: &str, book: &Book| FaultyService::start(name, book.clone()).await.expect("a service");
        let first = service("eu", &book).await;
        let google = Google::start().await.expect("Google");
        let front_end = async |audience: &str, invoker: &str| {
            let service = CloudRunService {
                audiences: vec![audience.to_owned()],
                invokers: vec![invoker.to_owned()],
                upstream: first.url(),
                google_keys: google.jwks(),
            };
            CloudRun::start(service).await.expect("a front end")
        };
        let front_ends = [
            ("locked", front_end("https://another-1.run.app", INVOKER).await),
            (
                "stranger",
                front_end(&audience("stranger"), "another@my-project.iam.gserviceaccount.com").await,
            ),
        ];
        let google_book = Book::default();
        let bench = Self {
            second: service("us", &book).await,
            before_google: service("google", &google_book).await,
            google_book,
            closed: ClosedPort::take().expect("a port"),
            full: FullPort::take().await.expect("a port"),
            book,
            first,
            google,
            front_ends,
        };
        bench.mend_google("plain");
        bench
    }

    /// A world of these.
    pub(super) fn options(&self) -> WorldOptions {
        let of_google: Vec<&str> = rows()
            .map(|row| row.service)
            .filter(|service| service.starts_with(BY_KEY) || service.starts_with(KEYLESS))
            .collect();
        let base = self.before_google.url();
        let mut options = WorldOptions::new(policy(of_google.iter().copied(), &base));
        options.iam = false;
        options.google = Some(base);
        let key = self.google.service_account(INVOKER).expect("a key");
        options
            .secrets
            .insert(INVOKER_KEY.to_owned(), key.to_string().into_bytes());
        options
            .secrets
            .insert(WORKLOAD_KEY.to_owned(), WORKLOAD_JWK.as_bytes().to_vec());
        let first = [
            "plain",
            "cold",
            "small",
            "roomy",
            "late",
            "thrifty",
            "breaking",
            "regions/eu",
        ];
        for service in first.into_iter().chain(of_google) {
            options.services.insert(service.to_owned(), self.first.url());
        }
        for (name, front_end) in &self.front_ends {
            options.services.insert((*name).to_owned(), front_end.url());
        }
        let others = [
            ("regions/us", self.second.url()),
            ("refused", self.closed.url().expect("its URL")),
            ("full", self.full.url().expect("its URL")),
        ];
        options
            .services
            .extend(others.map(|(name, url)| (name.to_owned(), url)));
        options
    }

    /// Breaks what the row says, at these paths.
    pub(super) fn prepare(&self, row: &Row, paths: &[&str]) {
        for path in paths {
            self.first.plan(path, Plan::turns(row.acts));
            self.second.plan(path, Plan::turns(row.second));
        }
        if row.service.starts_with(BY_KEY) || row.service.starts_with(KEYLESS) {
            self.mend_google(row.service);
        }
        let (place, turns, well) = match row.google {
            row::Google::Well => return,
            row::Google::Token(turns) => (TOKEN, turns, self.good_token()),
            row::Google::Sts(turns) => (STS, turns, self.good_sts()),
            row::Google::Iam(turns) => (ELSEWHERE, turns, self.good_iam(row.service)),
        };
        self.before_google.plan(place, Plan::Turns(with(turns, &well)));
    }

    /// How often Google was asked so far.
    pub(super) fn google_calls(&self) -> usize {
        self.google_book.seen().len()
    }

    fn mend_google(&self, service: &str) {
        let well = [
            (TOKEN, self.good_token()),
            (STS, self.good_sts()),
            (ELSEWHERE, self.good_iam(service)),
        ];
        for (place, step) in well {
            self.before_google
                .plan(place, Plan::Turns(vec![Cow::Owned(vec![step])]));
        }
    }

    fn good_token(&self) -> Step {
        let url = self.google.url();
        let addr: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        Step::Pass(addr)
    }

    /// RFC 8693 section 2.2.1.
    fn good_sts(&self) -> Step {
        json_answer(&json!({
            "access_token": "ya29.federated",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 3600,
        }))
    }

    fn good_iam(&self, service: &str) -> Step {
        let header = json!({ "alg": "RS256", "kid": self.google.jwks()["keys"][0]["kid"], "typ": "JWT" });
        let claims = json!({
            "aud": audience(service), "azp": "1", "email": INVOKER, "email_verified": true,
            "exp": unix_s() + 3600, "iat": unix_s(), "iss": ISSUER, "sub": "1",
        });
        json_answer(&json!({ "token": self.google.sign(&header, &claims).expect("a token") }))
    }
}

fn json_answer(body: &serde_json::Value) -> Step {
    let body = body.to_string();
    Step::Say(Cow::Owned(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )))
}

/// The scripts, with what Google says when it is well where they ask for it.
fn with(turns: Turns, well: &Step) -> Vec<Script> {
    let step = |step: &Step| if *step == PASS { well.clone() } else { step.clone() };
    turns
        .iter()
        .map(|steps| Cow::Owned(steps.iter().map(step).collect()))
        .collect()
}
