//! What was asked of the world, in order.

use tollgate::{
    host::{ConfigStore, Freshness},
    upstream::send::{Call, Destination},
};

/// One thing that was asked.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A look-up in a config store.
    Config(ConfigStore, String),
    /// A look-up in the secret store.
    Secret(String),
    /// A look-up in the state store.
    State(String),
    /// A read of the POP's cache.
    Recall(String),
    /// A write to the POP's cache, and its surrogate keys.
    Remember(String, Freshness, Vec<String>),
    /// A read of the POP's cache that may take the turn.
    RecallOrTurn(String),
    /// A write to the POP's cache by whoever has the turn.
    Fill(String, Freshness),
    /// A small request of the gateway's own.
    Call(Call),
    /// The client's request on its way to a service.
    Forward(Sent),
    /// A pause, in milliseconds.
    Pause(u32),
}

/// A whole message to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) destination: Destination,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names and values in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether what a repetition needs was to be kept.
    pub(crate) repeatable: bool,
    /// The `Debug` text of what the library asked.
    pub(crate) debug: String,
}

/// How much was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) look_ups: usize,
    pub(crate) secrets: usize,
    pub(crate) state: usize,
    pub(crate) cache_operations: usize,
    pub(crate) sends: usize,
}

/// Counts what was asked.
pub(crate) fn count(events: &[Event]) -> Counts {
    let mut counts = Counts::default();
    for event in events {
        let counted = match event {
            Event::Config(..) => &mut counts.look_ups,
            Event::Secret(_) => &mut counts.secrets,
            Event::State(_) => &mut counts.state,
            Event::Recall(_) | Event::Remember(..) | Event::RecallOrTurn(_) | Event::Fill(..) => {
                &mut counts.cache_operations
            }
            Event::Call(_) | Event::Forward(_) => &mut counts.sends,
            Event::Pause(_) => continue,
        };
        *counted += 1;
    }
    counts
}

/// The small requests of the gateway's own.
pub(crate) fn calls(events: &[Event]) -> impl Iterator<Item = &Call> {
    events.iter().filter_map(|event| match event {
        Event::Call(call) => Some(call),
        _ => None,
    })
}

/// The messages that services got.
pub(crate) fn sent(events: &[Event]) -> impl Iterator<Item = &Sent> {
    events.iter().filter_map(|event| match event {
        Event::Forward(sent) => Some(sent),
        _ => None,
    })
}
