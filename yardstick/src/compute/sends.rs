//! Requests to the outside.
//!
//! Promises: the outside answers at once, in full, and a host that is not there refuses the connection.

use super::{
    abi::{Arguments, Fault, Named, Status},
    backends::Backend,
    bodies::Body,
    headers::Headers,
    memory::Memory,
    requests::RequestHead,
    responses::ResponseHead,
    sandbox::Sandbox,
    tally::text,
};
use crate::scenario::Request;

const MODULE: &str = "fastly_http_req";

/// The calls of this module. Without a read-through cache the two versions do the same.
pub(super) const CALLS: &[Named] = &[(MODULE, "send_v2", send), (MODULE, "send_v3", send)];

/// The beginning of the details that go with a failure: what happened, and a mask of further fields, which is empty.
const WENT_WELL: [u32; 2] = [1, 0];
const CONNECTION_REFUSED: [u32; 2] = [7, 0];

fn send(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [request, body, name_at, name_length, detail_at, response_at, body_at] = arguments.words()?;
    let head = sandbox.requests.take(request)?;
    let body = sandbox.bodies.take(body)?.into_rest()?;
    let backend = Backend::named(sandbox, memory.text(name_at, name_length)?).ok_or(Status::INVAL)?;
    sandbox.count(|calls| &mut calls.sends);
    sandbox.tally()?.sent.push(sent(&head, &body, &backend));
    let Some(answer) = sandbox.pop.outside(&backend.host, head.target()) else {
        tell(memory, detail_at, CONNECTION_REFUSED)?;
        return Err(Status::ERROR.into());
    };
    let response = ResponseHead::new(answer.status, Headers::from(answer.headers.as_slice()));
    let body = Body::whole(answer.body.clone().into_bytes());
    tell(memory, detail_at, WENT_WELL)?;
    memory.put_u32(response_at, sandbox.responses.insert(response))?;
    memory.put_u32(body_at, sandbox.bodies.insert(body))
}

/// What the outside gets.
fn sent(head: &RequestHead, body: &[u8], backend: &Backend) -> Request {
    let own = head.headers.values("host").next().map(text);
    let overridden = backend.host_header.clone();
    let host = overridden.or(own).unwrap_or_else(|| head.authority().to_owned());
    let mut headers = head.headers.to_text();
    headers.retain(|(name, _)| name != "host");
    headers.insert(0, ("host".to_owned(), host));
    Request {
        method: head.method.clone(),
        target: head.target().to_owned(),
        headers,
        body: text(body),
    }
}

fn tell(memory: &mut Memory<'_>, detail_at: u32, detail: [u32; 2]) -> Result<(), Fault> {
    let [what, mask] = detail;
    memory.put_u32(detail_at, what)?;
    memory.put_u32(detail_at.saturating_add(4), mask)
}
