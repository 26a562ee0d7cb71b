//! Connections to the outside, as the platform's dynamic backends.
//!
//! Promises: TLS, certificate host, SNI and `Host` are set together or not at all. Without the certificate host the
//! platform would check no name. Services keep dynamic backends; an operator may declare those for Google.

use std::time::Duration;

use fastly::backend::{Backend, BackendCreationError};
use tollgate::{host::SendFault, upstream::send::Destination};

/// Google's endpoints, each of which may be declared as a backend of its own in the service's settings, under this name.
const GOOGLE: [(&str, &str); 3] = [
    ("google_oauth2", "https://oauth2.googleapis.com"),
    ("google_sts", "https://sts.googleapis.com"),
    ("google_iam_credentials", "https://iamcredentials.googleapis.com"),
];

/// The backend for a destination. Its name holds all its settings, so that a name in use always leads to the same
/// place, also when a policy changes while the sandbox lives.
pub(super) fn backend(destination: &Destination) -> Result<Backend, SendFault> {
    let name = name(destination);
    let endpoint = &destination.endpoint;
    let timeouts = &destination.timeouts;
    let mut builder = Backend::builder(&name, endpoint.address())
        .override_host(endpoint.host_header())
        .connect_timeout(Duration::from_millis(timeouts.connect_ms.into()))
        .first_byte_timeout(Duration::from_millis(timeouts.first_byte_ms.into()))
        .between_bytes_timeout(Duration::from_millis(timeouts.between_bytes_ms.into()));
    if endpoint.tls() {
        builder = builder
            .enable_ssl()
            .check_certificate(endpoint.host())
            .sni_hostname(endpoint.host());
    }
    match builder.finish() {
        Ok(backend) => Ok(backend),
        Err(BackendCreationError::NameInUse) => {
            Backend::from_name(&name).map_err(|why| SendFault::NotSent(format!("backend {name}: {why}")))
        }
        Err(why) => Err(SendFault::NotSent(format!("backend {name}: {why}"))),
    }
}

fn name(destination: &Destination) -> String {
    let origin = destination.endpoint.origin();
    if GOOGLE.contains(&(destination.name.as_str(), origin.as_str())) {
        return destination.name.clone();
    }
    let timeouts = &destination.timeouts;
    format!(
        "{origin}|{}|{}|{}",
        timeouts.connect_ms, timeouts.first_byte_ms, timeouts.between_bytes_ms
    )
}
