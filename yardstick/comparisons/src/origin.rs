//! The origin behind a comparison program: a dynamic backend for the URL in the config store.

use fastly::backend::{Backend, BackendCreationError};
use fastly::handle::{BodyHandle, CacheOverride};
use fastly::http::StatusCode;
use fastly::{ConfigStore, Request, Response};
use url::Url;

/// The config store of all comparison programs.
pub const STORE: &str = "comparison";

/// Sends the request to the origin of the config store's entry `origin`, and gives its response back; 502 if that fails.
#[must_use]
pub fn forward(store: &ConfigStore, mut request: Request) -> Response {
    // Past the platform's read-through cache, like the gateway: answers to callers with tokens are not for others.
    request.set_pass(true);
    let sent = backend(store).and_then(|backend| request.send(backend).map_err(|why| why.to_string()));
    sent.unwrap_or_else(|why| plain(StatusCode::BAD_GATEWAY, &why))
}

/// Sends the request to a backend as it is, and the response to the client; 502 if that fails.
pub fn pass(request: Request, backend: Result<&Backend, &String>) {
    let (mut request, body) = request.into_handles();
    let mut past_cache = CacheOverride::default();
    past_cache.set_pass(true);
    request.set_cache_override(&past_cache);
    let body = body.unwrap_or_else(BodyHandle::new);
    let sent = backend
        .map_err(Clone::clone)
        .and_then(|backend| request.send_to_backend(body, backend).map_err(|why| why.to_string()));
    match sent {
        Ok((head, body)) => head.send_to_client(body),
        Err(why) => plain(StatusCode::BAD_GATEWAY, &why).send_to_client(),
    }
}

/// A short answer in plain text.
#[must_use]
pub fn plain(status: StatusCode, body: &str) -> Response {
    Response::from_status(status).with_body_text_plain(body)
}

/// The backend for the URL in the entry `origin`.
///
/// # Errors
/// What is wrong with the entry, or what the platform says.
pub fn backend(store: &ConfigStore) -> Result<Backend, String> {
    let origin = store.try_get("origin").map_err(|why| why.to_string())?;
    let origin = origin.ok_or("the config store has no entry `origin`")?;
    let url = Url::parse(&origin).map_err(|why| format!("{origin}: {why}"))?;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(format!("{origin} has no host"));
    };
    let builder = Backend::builder("origin", format!("{host}:{port}")).override_host(url.authority());
    let builder = match url.scheme() {
        "https" => builder.enable_ssl().check_certificate(host).sni_hostname(host),
        "http" => builder,
        other => return Err(format!("{origin}: {other} is neither http nor https")),
    };
    match builder.finish() {
        Err(BackendCreationError::NameInUse) => Backend::from_name("origin").map_err(|why| why.to_string()),
        made => made.map_err(|why| why.to_string()),
    }
}
