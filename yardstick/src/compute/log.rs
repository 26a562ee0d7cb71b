//! Log endpoints. One write is one entry.

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::Memory,
    sandbox::Sandbox,
    tally::text,
};

const MODULE: &str = "fastly_log";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[(MODULE, "endpoint_get", endpoint_get), (MODULE, "write", write)];

fn endpoint_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [name_at, name_length, handle_at] = arguments.words()?;
    let name = text(memory.bytes(name_at, name_length)?);
    let folded = name.to_ascii_lowercase();
    if ["stdout", "stderr"].contains(&folded.as_str()) || folded.starts_with("fst_managed_") {
        return Err(Status::INVAL.into());
    }
    memory.put_u32(handle_at, sandbox.endpoints.insert(name))
}

fn write(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [endpoint, at, length, written_at] = arguments.words()?;
    sandbox.endpoints.get(endpoint)?;
    let entry = text(memory.bytes(at, length)?);
    sandbox.count(|calls| &mut calls.log_writes);
    sandbox.tally()?.log.push(entry);
    memory.put_u32(written_at, length)
}
