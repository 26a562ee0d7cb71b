//! Config stores.
//!
//! Promises: a look-up is counted when it is answered. One that is repeated, since the buffer was too short, counts once.

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::{Buffer, Memory},
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_config_store";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[(MODULE, "open", open), (MODULE, "get", get)];

fn open(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [name_at, name_length, handle_at] = arguments.words()?;
    let name = memory.text(name_at, name_length)?.to_owned();
    if !sandbox.pop.has_config_store(&name) {
        return Err(Status::BADF.into());
    }
    memory.put_u32(handle_at, sandbox.config_stores.insert(name))
}

fn get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [store, key_at, key_length, at, length, written_at] = arguments.words()?;
    let store = sandbox.config_stores.get(store)?;
    let value = sandbox.pop.config(store, memory.text(key_at, key_length)?);
    let given = match value {
        Some(value) => memory.give(value.as_bytes(), Buffer { at, length }, written_at),
        None => Err(Status::NONE.into()),
    };
    if !matches!(given, Err(Fault::Status(Status::BUFLEN))) {
        sandbox.count(|calls| &mut calls.look_ups);
    }
    given
}
