//! A proxy that looks at nothing: each request goes to the origin of the config store's entry `origin`, and what comes
//! back goes to the client.
//!
//! Promises the least that a proxy can do on this platform: the backend is made once a sandbox, and no message is read
//! or changed.

#[cfg(target_arch = "wasm32")]
fn main() {
    use fastly::ConfigStore;
    use tollgate_comparisons::origin::{STORE, backend, pass};

    let store = ConfigStore::try_open(STORE).map_err(|why| why.to_string());
    let backend = store.and_then(|store| backend(&store));
    tollgate_comparisons::reuse::serve_sent(|request| pass(request, backend.as_ref()));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    tollgate_comparisons::not_at_the_edge()
}
