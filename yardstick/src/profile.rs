//! Where the instructions of one request go, by function.
//!
//! Promises a profile that is the same in every run: the request is stopped at evenly spaced counts of instructions, and
//! each time the function that it is in gets one share. A program stops only where it enters a function or a loop's next
//! round, so long straight code is shown at what comes after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    compute::{Program, stack_at},
    counted::{arrange, passage},
    scenario::Scenario,
};

/// Where one request's instructions go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The scenario.
    pub scenario: String,
    /// All instructions of the request.
    pub instructions: u64,
    /// How many times it was stopped.
    pub stops: u32,
    /// Functions by the part that they and what they call have, largest first.
    pub functions: Vec<Share>,
}

/// The part of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The function, without its crate's hash and its type parameters.
    pub function: String,
    /// In how many stops it was the innermost.
    pub own: u32,
    /// In how many stops it was on the stack.
    pub with_called: u32,
}

/// The stacks that one request was stopped at.
#[derive(Debug, Clone)]
pub struct Stacks {
    /// All instructions of the request.
    pub instructions: u64,
    /// At each stop the functions, innermost first, without their crates' hashes.
    pub stacks: Vec<Vec<String>>,
}

impl Stacks {
    /// Stops the counted request of a scenario that many times; `program` needs the names of its functions.
    ///
    /// # Errors
    /// If the program fails.
    pub fn of(program: &Program, scenario: &Scenario, stops: u32) -> anyhow::Result<Self> {
        let instructions = passage(program, scenario)?.instructions;
        let (pop, requests) = arrange(program, scenario)?;
        let last = requests.len().saturating_sub(1);
        let mut stacks = Vec::new();
        for stop in 0..stops {
            let at = instructions.saturating_mul(u64::from(stop)) / u64::from(stops.max(1));
            let stack = stack_at(program, &pop, &requests, last, at)?;
            stacks.extend(stack.map(|functions| functions.iter().map(|function| short(function)).collect()));
        }
        Ok(Self { instructions, stacks })
    }

    /// The profile by function.
    #[must_use]
    pub fn profile(&self, scenario: &str) -> Profile {
        Profile {
            scenario: scenario.to_owned(),
            instructions: self.instructions,
            stops: u32::try_from(self.stacks.len()).unwrap_or(u32::MAX),
            functions: shares(&self.stacks),
        }
    }
}

fn shares(stacks: &[Vec<String>]) -> Vec<Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for stack in stacks {
        let mut seen: Vec<String> = Vec::new();
        for (depth, function) in stack.iter().enumerate() {
            let function = short(function);
            let share = shares.entry(function.clone()).or_insert_with(|| Share {
                function: function.clone(),
                own: 0,
                with_called: 0,
            });
            share.own += u32::from(depth == 0);
            share.with_called += u32::from(!seen.contains(&function));
            seen.push(function);
        }
    }
    let mut shares: Vec<Share> = shares.into_values().collect();
    shares.sort_by_key(|share| std::cmp::Reverse((share.with_called, share.own)));
    shares
}

/// A function's path alone: `<A as B>::c::<D>` stays readable, `::h0123456789abcdef` and `[0123456789abcdef]` go.
fn short(function: &str) -> String {
    let mut text = function.to_owned();
    if let Some((path, hash)) = text.rsplit_once("::h")
        && hash.len() == 16
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        text = path.to_owned();
    }
    while let Some((before, rest)) = text.split_once('[')
        && let Some((hash, after)) = rest.split_once(']')
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        && hash.len() >= 8
    {
        text = format!("{before}{after}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_count_each_function_once_a_stack() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let stacks = [stack(&["hash", "verify", "main"]), stack(&["verify", "verify", "main"])];
        let share = |function: &str, own, with_called| Share {
            function: function.to_owned(),
            own,
            with_called,
        };
        assert_eq!(
            shares(&stacks),
            [share("verify", 1, 2), share("main", 0, 2), share("hash", 1, 1)]
        );
    }

    #[test]
    fn hashes_are_left_out() {
        for (function, name) in [
            (
                "tollgate::gateway::handle::h0123456789abcdef",
                "tollgate::gateway::handle",
            ),
            (
                "tollgate[89abcdef01234567]::gateway::handle",
                "tollgate::gateway::handle",
            ),
            ("<[u8] as core::fmt::Debug>::fmt", "<[u8] as core::fmt::Debug>::fmt"),
        ] {
            assert_eq!(short(function), name);
        }
    }
}
