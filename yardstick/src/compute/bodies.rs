//! Bodies: whole ones, to be read, and streaming ones, which are written towards the client or the cache.
//!
//! Promises: what is written to a streaming body reaches the client at once, but the cache only when it is closed; an
//! abandoned one never reaches the cache. There are no trailers.

use super::{
    abi::{Arguments, Fault, Named, Status},
    cache::Object,
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_http_body";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "new", new),
    (MODULE, "read", read),
    (MODULE, "write", write),
    (MODULE, "append", append),
    (MODULE, "close", close),
    (MODULE, "abandon", abandon),
    (MODULE, "known_length", known_length),
];

/// The end of a body to which bytes are written.
const BACK: u32 = 0;

/// A body.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    /// How many of them have been read.
    read: usize,
    /// Where a streaming body leads.
    sink: Option<Sink>,
}

/// Where a streaming body leads.
#[derive(Debug)]
pub(super) enum Sink {
    /// To the client.
    Client,
    /// To the cache, under this key.
    Cache(Vec<u8>, Object),
}

impl Body {
    /// A body to be read.
    pub(super) const fn whole(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            read: 0,
            sink: None,
        }
    }

    /// An empty body that leads to the cache.
    pub(super) const fn to_cache(key: Vec<u8>, object: Object) -> Self {
        Self {
            bytes: Vec::new(),
            read: 0,
            sink: Some(Sink::Cache(key, object)),
        }
    }

    /// Makes this a streaming body; gives what it held.
    pub(super) fn stream_to(&mut self, sink: Sink) -> Result<Vec<u8>, Fault> {
        let rest = self.rest()?.to_vec();
        *self = Self {
            bytes: Vec::new(),
            read: 0,
            sink: Some(sink),
        };
        Ok(rest)
    }

    /// What has not been read.
    pub(super) fn into_rest(mut self) -> Result<Vec<u8>, Fault> {
        self.rest()?;
        Ok(self.bytes.split_off(self.read.min(self.bytes.len())))
    }

    fn rest(&self) -> Result<&[u8], Fault> {
        if self.sink.is_some() {
            return Err(Status::BADF.into());
        }
        Ok(self.bytes.get(self.read..).unwrap_or_default())
    }
}

/// Adds bytes to the end of a body.
fn push(sandbox: &mut Sandbox, handle: u32, bytes: &[u8]) -> Result<(), Fault> {
    let body = sandbox.bodies.get_mut(handle)?;
    if !matches!(body.sink, Some(Sink::Client)) {
        body.bytes.extend_from_slice(bytes);
        return Ok(());
    }
    let answer = sandbox.tally()?.answer.as_mut();
    answer.ok_or(Status::BADF)?.body.extend_from_slice(bytes);
    Ok(())
}

fn new(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle_at] = arguments.words()?;
    memory.put_u32(handle_at, sandbox.bodies.insert(Body::whole(Vec::new())))
}

fn read(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length, read_at] = arguments.words()?;
    let body = sandbox.bodies.get_mut(handle)?;
    let rest = body.rest()?;
    let room = usize::try_from(length).unwrap_or(usize::MAX);
    let piece = rest.get(..room).unwrap_or(rest);
    memory.put(at, piece)?;
    memory.put_u32(read_at, u32::try_from(piece.len()).unwrap_or(0))?;
    body.read = body.read.saturating_add(piece.len());
    Ok(())
}

fn write(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length, end, written_at] = arguments.words()?;
    let bytes = memory.bytes(at, length)?;
    if end == BACK {
        push(sandbox, handle, bytes)?;
    } else {
        let body = sandbox.bodies.get_mut(handle)?;
        *body = Body::whole([bytes, body.rest()?].concat());
    }
    memory.put_u32(written_at, length)
}

fn append(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [to, from] = arguments.words()?;
    let bytes = sandbox.bodies.take(from)?.into_rest()?;
    push(sandbox, to, &bytes)
}

fn close(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    let body = sandbox.bodies.take(handle)?;
    match body.sink {
        None => {}
        Some(Sink::Cache(key, object)) => sandbox.pop.cache.insert(key, object.with_value(body.bytes)),
        Some(Sink::Client) => {
            if let Some(answer) = &mut sandbox.tally()?.answer {
                answer.open = false;
            }
        }
    }
    Ok(())
}

fn abandon(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    sandbox.bodies.take(handle).map(drop)
}

fn known_length(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, length_at] = arguments.words()?;
    let body = sandbox.bodies.get(handle)?;
    let length = body.rest().map_err(|_| Status::NONE)?.len();
    memory.put(length_at, &u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes())
}
