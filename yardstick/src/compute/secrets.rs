//! The secret store. There is one, and it is the gateway's.

use tollgate::host::SECRET_STORE;

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::{Buffer, Memory},
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_secret_store";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "open", open),
    (MODULE, "get", get),
    (MODULE, "plaintext", plaintext),
];

/// The one store's handle.
const STORE: u32 = 1;

fn open(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [name_at, name_length, handle_at] = arguments.words()?;
    if memory.text(name_at, name_length)? != SECRET_STORE {
        return Err(Status::NONE.into());
    }
    memory.put_u32(handle_at, STORE)
}

fn get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [store, name_at, name_length, handle_at] = arguments.words()?;
    if store != STORE {
        return Err(Status::BADF.into());
    }
    sandbox.count(|calls| &mut calls.secrets);
    let name = memory.text(name_at, name_length)?.to_owned();
    sandbox.pop.secret(&name).ok_or(Status::NONE)?;
    memory.put_u32(handle_at, sandbox.secrets.insert(name))
}

fn plaintext(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [secret, at, length, written_at] = arguments.words()?;
    let name = sandbox.secrets.get(secret)?;
    let value = sandbox.pop.secret(name).ok_or(Status::BADF)?;
    memory.give(value.as_bytes(), Buffer { at, length }, written_at)
}
