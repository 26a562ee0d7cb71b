//! The log.

use std::io::Write;

use fastly::log::Endpoint;
use tollgate::entry::Entry;

/// The name of the log endpoint.
const LOG_ENDPOINT: &str = "tollgate";

/// Writes one entry.
pub(super) fn report(entry: &Entry) {
    if let Ok(mut endpoint) = Endpoint::try_from_name(LOG_ENDPOINT) {
        // One write is one log line. A log that fails can't be reported in the log.
        let _ = endpoint.write_all(entry.line().as_bytes());
        let _ = endpoint.flush();
    }
}
