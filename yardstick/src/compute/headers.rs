//! The headers of requests and responses.
//!
//! Promises: names are lower-case, and stay in the order in which they first came.

use super::{
    abi::{Arguments, Fault, Named, Status},
    handles::Handles,
    memory::{Buffer, Memory},
    requests::RequestHead,
    responses::ResponseHead,
    sandbox::Sandbox,
    tally::text,
};

const REQUEST: &str = "fastly_http_req";
const RESPONSE: &str = "fastly_http_resp";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (REQUEST, "header_names_get", names_get::<RequestHead>),
    (REQUEST, "header_values_get", values_get::<RequestHead>),
    (REQUEST, "header_value_get", value_get::<RequestHead>),
    (REQUEST, "header_values_set", values_set::<RequestHead>),
    (REQUEST, "header_insert", insert::<RequestHead>),
    (REQUEST, "header_append", append::<RequestHead>),
    (REQUEST, "header_remove", remove::<RequestHead>),
    (RESPONSE, "header_names_get", names_get::<ResponseHead>),
    (RESPONSE, "header_values_get", values_get::<ResponseHead>),
    (RESPONSE, "header_value_get", value_get::<ResponseHead>),
    (RESPONSE, "header_values_set", values_set::<ResponseHead>),
    (RESPONSE, "header_insert", insert::<ResponseHead>),
    (RESPONSE, "header_append", append::<ResponseHead>),
    (RESPONSE, "header_remove", remove::<ResponseHead>),
];

/// What has headers.
pub(super) trait Head: Sized + 'static {
    /// Those of its kind that are held.
    fn held(sandbox: &mut Sandbox) -> &mut Handles<Self>;
    /// Its headers.
    fn headers(&mut self) -> &mut Headers;
}

/// Names and values in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// Each name once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The values of a name.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let of_name = self.0.iter().filter(move |(other, _)| other == name);
        of_name.map(|(_, value)| value.as_slice())
    }

    fn append(&mut self, name: String, value: Vec<u8>) {
        self.0.push((name, value));
    }

    /// Takes a name out. False if it was not there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(other, _)| other != name);
        self.0.len() < before
    }

    /// As text.
    pub(super) fn to_text(&self) -> Vec<(String, String)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

impl From<&[(String, String)]> for Headers {
    fn from(pairs: &[(String, String)]) -> Self {
        let pairs = pairs.iter();
        Self(
            pairs
                .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                .collect(),
        )
    }
}

fn headers_of<H: Head>(sandbox: &mut Sandbox, handle: u32) -> Result<&mut Headers, Fault> {
    H::held(sandbox).get_mut(handle).map(Head::headers)
}

/// A name as it is kept.
fn name_in(memory: &Memory<'_>, at: u32, length: u32) -> Result<String, Fault> {
    let name = memory.text(at, length)?;
    if name.is_empty() {
        return Err(Status::INVAL.into());
    }
    Ok(name.to_ascii_lowercase())
}

fn names_get<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length, cursor, ending_at, written_at] = call.words()?;
    let names = headers_of::<H>(sandbox, handle)?.names();
    let names = names.into_iter().map(str::as_bytes);
    memory.give_list(names, Buffer { at, length }, cursor, ending_at, written_at)
}

fn values_get<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length, at, length, cursor, ending_at, written_at] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    let values = headers_of::<H>(sandbox, handle)?.values(&name);
    memory.give_list(values, Buffer { at, length }, cursor, ending_at, written_at)
}

fn value_get<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length, at, length, written_at] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    let value = headers_of::<H>(sandbox, handle)?.values(&name).next();
    memory.give(value.ok_or(Status::INVAL)?, Buffer { at, length }, written_at)
}

/// The values come one after the other, each with a zero byte at its end.
fn values_set<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length, values_at, values_length] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    let mut values: Vec<Vec<u8>> = memory
        .bytes(values_at, values_length)?
        .split(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect();
    // What stands after the last zero byte is no value.
    values.pop();
    let headers = headers_of::<H>(sandbox, handle)?;
    headers.remove(&name);
    for value in values {
        headers.append(name.clone(), value);
    }
    Ok(())
}

fn insert<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length, value_at, value_length] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    let value = memory.bytes(value_at, value_length)?.to_vec();
    let headers = headers_of::<H>(sandbox, handle)?;
    headers.remove(&name);
    headers.append(name, value);
    Ok(())
}

fn append<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length, value_at, value_length] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    let value = memory.bytes(value_at, value_length)?.to_vec();
    headers_of::<H>(sandbox, handle)?.append(name, value);
    Ok(())
}

fn remove<H: Head>(sandbox: &mut Sandbox, memory: &mut Memory<'_>, call: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, name_at, name_length] = call.words()?;
    let name = name_in(memory, name_at, name_length)?;
    if headers_of::<H>(sandbox, handle)?.remove(&name) {
        Ok(())
    } else {
        Err(Status::INVAL.into())
    }
}
