//! What the client and the log get when the program panics.
//!
//! Promises: the client gets an answer of our own, unless one is on its way already, and the log an entry; then the
//! sandbox ends in good order. An entry for an answer that was on its way says 500, whatever of it arrived. Neither holds the panic's message, which may quote what the client sent.
//!
//! Nothing of ours panics: the lints see to that. But the SDK does, over a URL that its parser refuses, and it has no
//! call that would not (`OPTIONS *` with a port in `Host`; an odd `:authority`). So a panic while the request is read
//! is the request's fault. Over a config store that the platform can't read it panics too; that is ours.

use std::{
    panic::{PanicHookInfo, set_hook},
    time::Instant,
};

use tollgate::{answer::refused::refused, entry::Entry, host::Host, rejection::Rejection, request::Ambiguity};

use crate::edge::{
    host::FastlyHost,
    report::report,
    send::send_own,
    stage::{Stage, take},
};

/// Makes sure that a panic is answered and logged.
pub(super) fn install() {
    set_hook(Box::new(|panic| {
        let (stage, request_id) = take();
        let (rejection, owed) = match stage {
            Stage::Idle => return,
            Stage::Reading => (Rejection::RequestAmbiguous(Ambiguity::TargetForm), true),
            Stage::Handling => (Rejection::Failed(place(panic)), true),
            Stage::Store(name) => (
                Rejection::Misconfigured(format!("config store {name} could not be read")),
                true,
            ),
            Stage::Sending => (Rejection::Failed(place(panic)), false),
        };
        let host = FastlyHost::new(Instant::now());
        let mut entry = Entry::begin(host.now(), &request_id, host.pop(), None);
        entry.refuse(&rejection);
        let answer = refused(&rejection, &request_id, false);
        entry.finish(answer.status, 0);
        if owed {
            send_own(answer, false);
        }
        report(&entry);
        // What broke off halfway must not serve another request.
        std::process::exit(0);
    }));
}

/// File and line, without the folders of the machine that built it.
fn place(panic: &PanicHookInfo<'_>) -> String {
    let Some(location) = panic.location() else {
        return "at an unknown place".to_owned();
    };
    let file = location.file().rsplit('/').next().unwrap_or_default();
    format!("at {file}:{}", location.line())
}
