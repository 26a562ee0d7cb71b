//! The client's requests, as a sandbox is given them one after another.
//!
//! Promises: the next request is given only when the one before has its whole answer, and when there is none the program
//! is told that there will be none.

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::{Buffer, Memory},
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_http_downstream";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    ("fastly_http_req", "body_downstream_get", body_downstream_get),
    (MODULE, "next_request", next_request),
    (MODULE, "next_request_wait", next_request_wait),
    (MODULE, "next_request_abandon", next_request_abandon),
    (MODULE, "downstream_client_ip_addr", client_ip_addr),
    (MODULE, "downstream_server_ip_addr", server_ip_addr),
    (MODULE, "downstream_client_request_id", client_request_id),
    (MODULE, "downstream_original_header_count", original_header_count),
    (MODULE, "downstream_original_header_names", original_header_names),
];

/// Addresses for documentation (RFC 5737).
const CLIENT: [u8; 4] = [203, 0, 113, 7];
const SERVER: [u8; 4] = [192, 0, 2, 1];

/// The one promise of a next request. Its number is far from every other handle.
const PROMISE: u32 = 1 << 30;

fn body_downstream_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [request_at, body_at] = arguments.words()?;
    let (request, body) = sandbox.client;
    memory.put_u32(request_at, request)?;
    memory.put_u32(body_at, body)
}

fn next_request(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [_mask, _options, promise_at] = arguments.words()?;
    sandbox.finish()?;
    memory.put_u32(promise_at, PROMISE)
}

fn next_request_wait(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [promise, request_at, body_at] = arguments.words()?;
    if promise != PROMISE {
        return Err(Status::BADF.into());
    }
    if !sandbox.begin() {
        return Err(Status::NONE.into());
    }
    let (request, body) = sandbox.client;
    memory.put_u32(request_at, request)?;
    memory.put_u32(body_at, body)
}

fn next_request_abandon(_: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [promise] = arguments.words()?;
    if promise == PROMISE {
        Ok(())
    } else {
        Err(Status::BADF.into())
    }
}

/// Only of the client's request is anything of this known.
pub(super) fn must_be_clients(sandbox: &Sandbox, handle: u32) -> Result<(), Fault> {
    if sandbox.client.0 == handle {
        Ok(())
    } else {
        Err(Status::ERROR.into())
    }
}

fn client_ip_addr(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    address(sandbox, memory, arguments, CLIENT)
}

fn server_ip_addr(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    address(sandbox, memory, arguments, SERVER)
}

fn address(sandbox: &Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>, octets: [u8; 4]) -> Result<(), Fault> {
    let [request, octets_at, written_at] = call.words()?;
    must_be_clients(sandbox, request)?;
    memory.give(
        &octets,
        Buffer {
            at: octets_at,
            length: 16,
        },
        written_at,
    )
}

fn client_request_id(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [request, at, length, written_at] = arguments.words()?;
    must_be_clients(sandbox, request)?;
    memory.give(sandbox.request_id.as_bytes(), Buffer { at, length }, written_at)
}

fn original_header_count(
    sandbox: &mut Sandbox,
    memory: &mut Memory<'_>,
    arguments: &Arguments<'_>,
) -> Result<(), Fault> {
    let [request, count_at] = arguments.words()?;
    must_be_clients(sandbox, request)?;
    memory.put_u32(count_at, u32::try_from(sandbox.original_names.len()).unwrap_or(0))
}

fn original_header_names(
    sandbox: &mut Sandbox,
    memory: &mut Memory<'_>,
    arguments: &Arguments<'_>,
) -> Result<(), Fault> {
    let [request, at, length, cursor, ending_at, written_at] = arguments.words()?;
    must_be_clients(sandbox, request)?;
    let names = sandbox.original_names.iter().map(String::as_bytes);
    memory.give_list(names, Buffer { at, length }, cursor, ending_at, written_at)
}
