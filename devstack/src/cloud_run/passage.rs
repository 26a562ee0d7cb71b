//! The way from the front end to the container, and what Google adds on it (Google's "Container runtime contract" and
//! "Trace HTTP requests").

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::tokens::random;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const X_CLOUD_TRACE_CONTEXT: HeaderName = HeaderName::from_static("x-cloud-trace-context");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Connections to one container.
#[derive(Debug)]
pub(super) struct Passage {
    container: Authority,
    client: Client<HttpConnector, Body>,
}

impl Passage {
    pub(super) fn to(container: Authority) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            container,
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Sends the request on as it is, and the answer back as it is but for its trace.
    pub(super) async fn forward(&self, mut request: Request, peer: SocketAddr) -> Response {
        let trace = add_google_fields(request.headers_mut(), peer);
        let Some(uri) = self.uri(request.uri()) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        *request.uri_mut() = uri;
        match self.client.request(request).await {
            Ok(mut response) => {
                set(response.headers_mut(), X_CLOUD_TRACE_CONTEXT, &format!("{trace};o=1"));
                response.map(Body::new)
            }
            // The container is gone or broke the connection off (Google's "Troubleshoot Cloud Run issues", 503).
            Err(_) => {
                let plain = [(CONTENT_TYPE, "text/plain")];
                (StatusCode::SERVICE_UNAVAILABLE, plain, "Service Unavailable").into_response()
            }
        }
    }

    /// The same target at the container. It is copied, not parsed, so nothing in it is normalised.
    fn uri(&self, target: &Uri) -> Option<Uri> {
        let target = target
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.container.clone())
            .path_and_query(target);
        uri.build().ok()
    }
}

/// Adds them and tells the trace.
fn add_google_fields(headers: &mut HeaderMap, peer: SocketAddr) -> String {
    let trace = add_trace(headers);
    let sent = headers
        .get_all(&X_FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let addresses: Vec<_> = sent.map(str::to_owned).chain([peer.ip().to_string()]).collect();
    set(headers, X_FORWARDED_FOR, &addresses.join(", "));
    set(headers, X_FORWARDED_PROTO, "https");
    trace
}

/// A request belongs to one trace, whichever of the two fields tells of it (W3C Trace Context section 3.2).
fn add_trace(headers: &mut HeaderMap) -> String {
    let trace_sent = headers
        .get(&TRACEPARENT)
        .and_then(|value| value.to_str().ok()?.split('-').nth(1));
    let trace = trace_sent.map_or_else(|| format!("{:032x}", u128::from_be_bytes(random())), str::to_owned);
    let span = u64::from_be_bytes(random());
    if !headers.contains_key(&TRACEPARENT) {
        set(headers, TRACEPARENT, &format!("00-{trace}-{span:016x}-01"));
    }
    if !headers.contains_key(&X_CLOUD_TRACE_CONTEXT) {
        set(headers, X_CLOUD_TRACE_CONTEXT, &format!("{trace}/{span};o=1"));
    }
    trace
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // All that is set here is visible ASCII; a value that were not would be left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
