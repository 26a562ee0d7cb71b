//! What one sandbox holds.
//!
//! Promises that nothing of it outlives the sandbox but the POP and the passages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    abi::Fault,
    backends::Backend,
    bodies::Body,
    handles::Handles,
    lookups::Lookup,
    pop::Pop,
    requests::RequestHead,
    responses::ResponseHead,
    tally::{Calls, Passage, Tally},
    wasi::Random,
};
use crate::scenario::Request;

/// Stops the program at one point of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// The request's number, from 0.
    pub(super) request: usize,
    /// How many of its instructions are let through.
    pub(super) instructions: u64,
}

/// What the host holds for a program.
pub(super) struct Sandbox {
    pub(super) pop: Pop,
    /// The requests that have not been given yet.
    pub(super) waiting: VecDeque<Request>,
    /// The handles of the client's request, and of its body.
    pub(super) client: (u32, u32),
    /// What the client's request is called.
    pub(super) request_id: String,
    /// The names of the headers that it came with.
    pub(super) original_names: Vec<String>,
    pub(super) requests: Handles<RequestHead>,
    pub(super) responses: Handles<ResponseHead>,
    pub(super) bodies: Handles<Body>,
    /// Config stores by name.
    pub(super) config_stores: Handles<String>,
    /// Secrets by name.
    pub(super) secrets: Handles<String>,
    /// Look-ups in the KV store that wait to be fetched, by key.
    pub(super) state_lookups: Handles<String>,
    /// Log endpoints by name.
    pub(super) endpoints: Handles<String>,
    pub(super) lookups: Handles<Lookup>,
    /// The cache keys that a transaction of this sandbox has to fill.
    pub(super) obligations: BTreeSet<Vec<u8>>,
    pub(super) backends: BTreeMap<String, Backend>,
    pub(super) random: Random,
    /// What the program wrote to its standard output and error.
    pub(super) written: Vec<u8>,
    /// The passage under way.
    tally: Option<Tally>,
    /// The passages that have ended.
    pub(super) passages: Vec<Passage>,
    /// The program's memory, once it is started.
    pub(super) memory: Option<wasmtime::Memory>,
    /// The fuel that was left at the last host call.
    fuel: u64,
    memory_bytes: usize,
    /// The fuel that the program shall have from here on.
    pub(super) refuel: Option<u64>,
    stop: Option<Stop>,
}

impl Sandbox {
    /// A sandbox that is given its first request at once. `None` if there is none.
    pub(super) fn new(pop: Pop, requests: &[Request], fuel: u64, stop: Option<Stop>) -> Option<Self> {
        let mut sandbox = Self {
            pop,
            waiting: requests.iter().cloned().collect(),
            client: (0, 0),
            request_id: String::new(),
            original_names: Vec::new(),
            requests: Handles::default(),
            responses: Handles::default(),
            bodies: Handles::default(),
            config_stores: Handles::default(),
            secrets: Handles::default(),
            state_lookups: Handles::default(),
            endpoints: Handles::default(),
            lookups: Handles::default(),
            obligations: BTreeSet::new(),
            backends: BTreeMap::new(),
            random: Random::default(),
            written: Vec::new(),
            tally: None,
            passages: Vec::new(),
            memory: None,
            fuel,
            memory_bytes: 0,
            refuel: None,
            stop,
        };
        sandbox.begin().then_some(sandbox)
    }

    /// Takes note of a host call.
    pub(super) fn note(&mut self, module: &'static str, name: &'static str, fuel: u64, memory_bytes: usize) {
        self.fuel = fuel;
        self.memory_bytes = memory_bytes;
        if let Some(tally) = &mut self.tally {
            tally.host_call(module, name);
        }
    }

    /// Gives the program the next request. False if there is none.
    pub(super) fn begin(&mut self) -> bool {
        let Some(request) = self.waiting.pop_front() else {
            return false;
        };
        let number = self.passages.len();
        self.request_id = format!("{:032x}", number.saturating_add(1));
        self.original_names = request.headers.iter().map(|(name, _)| name.clone()).collect();
        let body = self.bodies.insert(Body::whole(request.body.clone().into_bytes()));
        self.client = (self.requests.insert(RequestHead::of_client(request)), body);
        if let Some(stop) = self.stop
            && stop.request == number
        {
            self.fuel = stop.instructions;
            self.refuel = Some(stop.instructions);
        }
        self.tally = Some(Tally::begin(self.fuel));
        true
    }

    /// Ends the passage under way, if there is one, as the program asks for the next request.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        let Some(tally) = self.tally.take() else {
            return Ok(());
        };
        let number = self.passages.len();
        let memory_bytes = u64::try_from(self.memory_bytes).unwrap_or(u64::MAX);
        let Some(passage) = tally.end(self.fuel, memory_bytes) else {
            return Err(Fault::Trap(format!("request {number} has got no whole answer")));
        };
        self.passages.push(passage);
        // What comes after the request in question is of no interest.
        match self.stop {
            Some(stop) if stop.request == number => Err(Fault::Exit(0)),
            _ => Ok(()),
        }
    }

    /// Ends the passage under way, if there is one, as the program ends.
    pub(super) fn close(&mut self, fuel: u64, memory_bytes: usize) -> Result<(), Fault> {
        self.fuel = fuel;
        self.memory_bytes = memory_bytes;
        self.finish()
    }

    /// The passage under way. Between two requests there is none, and calls are made that nobody answers for.
    pub(super) fn tally(&mut self) -> Result<&mut Tally, Fault> {
        self.tally
            .as_mut()
            .ok_or_else(|| Fault::Trap("no request is under way".to_owned()))
    }

    /// Counts a call that reaches out of the sandbox.
    pub(super) fn count(&mut self, which: impl FnOnce(&mut Calls) -> &mut u32) {
        if let Some(tally) = &mut self.tally {
            super::tally::count(which(&mut tally.calls));
        }
    }
}
