//! Fetching an issuer's key set from the network.
//!
//! Promises: bounded in bytes, time and redirects, and of two redirects the second is judged as the first. What may be
//! asked at all, [`discovery`] says. Nothing of the caller's environment is sent along.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, header, redirect};
use tollgate::policy::issuer::{Issuer, KeySource};
use url::Url;

use crate::keys::discovery::{self, Start};

/// The largest document or key set that is read.
const BODY_BYTES_MAX: usize = 256 * 1_024;

/// The most redirects in a row.
const REDIRECTS_MAX: usize = 3;

/// How long a connection may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one document or key set may take, redirects included.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);

/// A key set as it came.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Where it is: what the policy or the issuer's document says.
    pub(crate) url: Url,
    /// The key set, not judged yet.
    pub(crate) jwks: String,
}

/// Fetches an issuer's key set.
///
/// # Errors
/// Why it can't be had.
pub(crate) async fn key_set(issuer: &Issuer, source: &KeySource) -> Result<Fetched, String> {
    let url = match discovery::start(issuer, source)? {
        Start::KeySet(url) => url,
        Start::Documents { urls, issuer } => discovered(urls, &issuer).await?,
    };
    match body(&url).await? {
        Answer::Body(body) => match String::from_utf8(body) {
            Ok(jwks) => Ok(Fetched { url, jwks }),
            Err(_) => Err(format!("{url} is not UTF-8")),
        },
        Answer::NotThere(status) => Err(format!("{url} answered {status}")),
    }
}

/// The key set's URL, from the first document that is there.
async fn discovered(urls: Vec<Url>, issuer: &str) -> Result<Url, String> {
    let mut asked = Vec::new();
    for url in urls {
        match body(&url).await? {
            Answer::Body(document) => return discovery::key_set(&document, issuer, &url),
            Answer::NotThere(status) => asked.push(format!("{url} answered {status}")),
        }
    }
    Err(format!(
        "discovery found nothing: {}; name where the key set is in the policy",
        asked.join(", ")
    ))
}

/// What came of asking.
enum Answer {
    Body(Vec<u8>),
    /// The server has none: any 4xx.
    NotThere(StatusCode),
}

async fn body(url: &Url) -> Result<Answer, String> {
    match tokio::time::timeout(FETCH_TIMEOUT, followed(url)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("{url} took longer than {} seconds", FETCH_TIMEOUT.as_secs())),
    }
}

async fn followed(first: &Url) -> Result<Answer, String> {
    let mut url = first.clone();
    for _ in 0..=REDIRECTS_MAX {
        let asked = client(&url)?
            .get(url.as_str())
            .header(header::ACCEPT, "application/json");
        let response = asked.send().await.map_err(|why| unreachable_because(&url, &why))?;
        let status = response.status();
        match response.headers().get(header::LOCATION) {
            Some(location) if status.is_redirection() => {
                let location = location
                    .to_str()
                    .map_err(|_| format!("{url} redirects to what is no URL"))?;
                url = discovery::redirect(location, &url)?;
            }
            _ if status == StatusCode::OK => return bounded(&url, response).await.map(Answer::Body),
            _ if status.is_client_error() => return Ok(Answer::NotThere(status)),
            _ => return Err(format!("{url} answered {status}")),
        }
    }
    Err(format!("{first} redirects more than {REDIRECTS_MAX} times"))
}

/// A client for one request. Plain http is for this machine, where no proxy stands between.
fn client(url: &Url) -> Result<Client, String> {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")));
    let client = match url.scheme() {
        "http" => client.no_proxy(),
        _ => client.https_only(true),
    };
    client.build().map_err(|why| format!("TLS can't be used here: {why}"))
}

async fn bounded(url: &Url, mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|why| unreachable_because(url, &why))? {
        if body.len() + piece.len() > BODY_BYTES_MAX {
            return Err(format!("{url} is larger than {BODY_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The whole chain of causes: the first alone says only that sending failed.
fn unreachable_because(url: &Url, why: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(why);
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    match causes.is_empty() {
        true => format!("{url} can't be fetched: {why}"),
        false => format!("{url} can't be fetched: {}", causes.join(": ")),
    }
}
