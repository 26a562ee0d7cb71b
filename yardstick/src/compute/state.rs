//! KV stores, as far as a program reads them. There is one, and it is the gateway's.
//!
//! Promises: a look-up is counted when it is begun. An entry has no metadata, and is of the first generation.

use tollgate::host::STATE_STORE;

use super::{
    abi::{Arguments, Fault, Named, Status},
    bodies::Body,
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_kv_store";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "open", open),
    (MODULE, "lookup", lookup),
    (MODULE, "lookup_wait_v2", lookup_wait),
];

/// The one store's handle.
const STORE: u32 = 1;

/// How a look-up ends, beside its status.
const FOUND: u32 = 1;
const NOT_FOUND: u32 = 3;

fn open(_: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [name_at, name_length, handle_at] = arguments.words()?;
    if memory.text(name_at, name_length)? != STATE_STORE {
        return Err(Status::INVAL.into());
    }
    memory.put_u32(handle_at, STORE)
}

fn lookup(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [store, key_at, key_length, mask, _options, pending_at] = arguments.words()?;
    if store != STORE {
        return Err(Status::BADF.into());
    }
    if mask != 0 {
        return Err(Status::UNSUPPORTED.into());
    }
    sandbox.count(|calls| &mut calls.state);
    let key = memory.text(key_at, key_length)?.to_owned();
    memory.put_u32(pending_at, sandbox.state_lookups.insert(key))
}

fn lookup_wait(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [
        pending,
        body_at,
        _metadata_at,
        _metadata_length,
        written_at,
        generation_at,
        outcome_at,
    ] = arguments.words()?;
    let key = sandbox.state_lookups.take(pending)?;
    let Some(value) = sandbox.pop.state(&key) else {
        return memory.put_u32(outcome_at, NOT_FOUND);
    };
    let body = Body::whole(value.as_bytes().to_vec());
    memory.put_u32(body_at, sandbox.bodies.insert(body))?;
    memory.put_u32(written_at, 0)?;
    memory.put(generation_at, &1_u64.to_le_bytes())?;
    memory.put_u32(outcome_at, FOUND)
}

#[cfg(test)]
mod tests {
    use wasmtime::Val;

    use super::{super::pop::Pop, *};
    use crate::scenario::{Request, World};

    /// Calls with words; gives the status.
    fn call(
        sandbox: &mut Sandbox,
        memory: &mut Memory<'_>,
        which: super::super::abi::HostCall,
        words: &[u32],
    ) -> Result<(), Fault> {
        let words: Vec<Val> = words.iter().map(|word| Val::I32(word.cast_signed())).collect();
        which(sandbox, memory, &Arguments(&words))
    }

    fn sandbox() -> Sandbox {
        let world = World {
            state: vec![("known".to_owned(), "value".to_owned())],
            ..World::default()
        };
        let request = Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers: Vec::new(),
            body: String::new(),
        };
        Sandbox::new(Pop::new(&world), &[request], 0, None).unwrap()
    }

    #[test]
    fn an_entry_is_found_once_and_counted() {
        let (mut sandbox, mut bytes) = (sandbox(), [0_u8; 128]);
        let mut memory = Memory::new(&mut bytes);
        memory.put(8, b"known?").unwrap();
        for (name, length, outcome) in [("known", 5, FOUND), ("unknown", 6, NOT_FOUND)] {
            let words = [STORE, 8, length, 0, 0, 32];
            call(&mut sandbox, &mut memory, lookup, &words).unwrap();
            let words = [memory.u32(32).unwrap(), 40, 0, 0, 48, 56, 64];
            call(&mut sandbox, &mut memory, lookup_wait, &words).unwrap();
            assert_eq!(memory.u32(64).unwrap(), outcome, "{name}");
            let again = call(&mut sandbox, &mut memory, lookup_wait, &words);
            assert!(matches!(again, Err(Fault::Status(Status::BADF))), "{name}");
        }
        let body = sandbox.bodies.take(memory.u32(40).unwrap()).unwrap();
        assert_eq!(body.into_rest().unwrap(), b"value");
        assert_eq!(sandbox.tally().unwrap().calls.state, 2);
    }

    #[test]
    fn there_is_one_store() {
        let (mut sandbox, mut bytes) = (sandbox(), [0_u8; 128]);
        let mut memory = Memory::new(&mut bytes);
        memory.put(8, STATE_STORE.as_bytes()).unwrap();
        let length = u32::try_from(STATE_STORE.len()).unwrap();
        call(&mut sandbox, &mut memory, open, &[8, length, 64]).unwrap();
        assert_eq!(memory.u32(64).unwrap(), STORE);
        let other = call(&mut sandbox, &mut memory, open, &[8, length - 1, 64]);
        assert!(matches!(other, Err(Fault::Status(Status::INVAL))));
    }
}
