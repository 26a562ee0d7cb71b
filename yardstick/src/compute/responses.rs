//! Responses' heads: those that the outside sent, and those that the program makes.

use super::{
    abi::{Arguments, Fault, Named, Status},
    bodies::Sink,
    handles::Handles,
    headers::{Head, Headers},
    memory::Memory,
    requests::HTTP_1_1,
    sandbox::Sandbox,
    tally::Answer,
};

const MODULE: &str = "fastly_http_resp";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "new", new),
    (MODULE, "close", close),
    (MODULE, "status_get", status_get),
    (MODULE, "status_set", status_set),
    (MODULE, "version_get", version_get),
    (MODULE, "version_set", version_set),
    (MODULE, "framing_headers_mode_set", ignored),
    (MODULE, "http_keepalive_mode_set", ignored),
    (MODULE, "get_addr_dest_ip", absent),
    (MODULE, "get_addr_dest_port", absent),
    (MODULE, "send_downstream", send_downstream),
];

/// A response without its body.
#[derive(Debug)]
pub(super) struct ResponseHead {
    status: u16,
    version: u32,
    headers: Headers,
}

impl ResponseHead {
    /// With this status and these headers.
    pub(super) const fn new(status: u16, headers: Headers) -> Self {
        Self {
            status,
            version: HTTP_1_1,
            headers,
        }
    }
}

impl Head for ResponseHead {
    fn held(sandbox: &mut Sandbox) -> &mut Handles<Self> {
        &mut sandbox.responses
    }

    fn headers(&mut self) -> &mut Headers {
        &mut self.headers
    }
}

fn new(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle_at] = arguments.words()?;
    let response = ResponseHead::new(200, Headers::default());
    memory.put_u32(handle_at, sandbox.responses.insert(response))
}

fn close(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    sandbox.responses.take(handle).map(drop)
}

fn status_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, status_at] = arguments.words()?;
    memory.put(status_at, &sandbox.responses.get(handle)?.status.to_le_bytes())
}

fn status_set(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, status] = arguments.words()?;
    let status = u16::try_from(status).ok().filter(|status| (100..1000).contains(status));
    sandbox.responses.get_mut(handle)?.status = status.ok_or(Status::INVAL)?;
    Ok(())
}

fn version_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, version_at] = arguments.words()?;
    memory.put_u32(version_at, sandbox.responses.get(handle)?.version)
}

fn version_set(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, version] = arguments.words()?;
    sandbox.responses.get_mut(handle)?.version = version;
    Ok(())
}

/// Settings of the connection, which is not there.
fn ignored(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, _mode] = arguments.words()?;
    sandbox.responses.get(handle).map(drop)
}

/// Where a response came from is not told.
fn absent(_: &mut Sandbox, _: &mut Memory<'_>, _: &Arguments<'_>) -> Result<(), Fault> {
    Err(Status::NONE.into())
}

fn send_downstream(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [response, body, streaming] = arguments.words()?;
    let head = sandbox.responses.take(response)?;
    let open = streaming == 1;
    let body = if open {
        sandbox.bodies.get_mut(body)?.stream_to(Sink::Client)?
    } else {
        sandbox.bodies.take(body)?.into_rest()?
    };
    let tally = sandbox.tally()?;
    if tally.answer.is_some() {
        return Err(Status::ERROR.into());
    }
    tally.answer = Some(Answer {
        status: head.status,
        headers: head.headers.to_text(),
        body,
        open,
    });
    Ok(())
}
