//! Backends: where a program may send to.
//!
//! Promises: a dynamic backend's name can be registered once in a sandbox. Beside those that a program registers, every
//! host of the outside is a declared backend under its own name.

use super::{
    abi::{Arguments, Fault, Named, Status},
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_http_req";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[(MODULE, "register_dynamic_backend", register_dynamic_backend)];

/// Options of a backend that matter here. The others set timeouts and TLS, of which there is none.
const RESERVED: u32 = 1;
const HOST_OVERRIDE: u32 = 1 << 1;
const USE_SSL: u32 = 1 << 5;

/// Where a program may send to.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    /// The host, with the port where it is not the scheme's own.
    pub(super) host: String,
    /// What `Host` says in every request, whatever the request says.
    pub(super) host_header: Option<String>,
}

impl Backend {
    /// The backend with this name; one that is declared is a host that answers to everything.
    pub(super) fn named(sandbox: &Sandbox, name: &str) -> Option<Self> {
        let declared = || {
            sandbox.pop.outside(name, "").map(|_| Self {
                host: name.to_owned(),
                host_header: None,
            })
        };
        sandbox.backends.get(name).cloned().or_else(declared)
    }
}

fn register_dynamic_backend(
    sandbox: &mut Sandbox,
    memory: &mut Memory<'_>,
    arguments: &Arguments<'_>,
) -> Result<(), Fault> {
    let [name_at, name_length, target_at, target_length, mask, config_at] = arguments.words()?;
    let name = memory.text(name_at, name_length)?.to_owned();
    let target = memory.text(target_at, target_length)?;
    if mask & RESERVED != 0 || name.is_empty() || target.is_empty() {
        return Err(Status::INVAL.into());
    }
    let port = if mask & USE_SSL == 0 { ":80" } else { ":443" };
    let host = target.strip_suffix(port).unwrap_or(target).to_owned();
    let host_header = if mask & HOST_OVERRIDE == 0 {
        None
    } else {
        let (at, length) = (memory.u32(config_at)?, memory.u32(config_at.saturating_add(4))?);
        Some(memory.text(at, length)?.to_owned())
    };
    if Backend::named(sandbox, &name).is_some() {
        return Err(Status::ERROR.into());
    }
    sandbox.backends.insert(name, Backend { host, host_header });
    Ok(())
}
