//! What was measured, on what, when, and how to repeat it.

use std::fmt::Write as _;

use crate::{
    report::Measured,
    versus::machine::{Machine, Versions},
};

const HEAD: &str = "\
# What Tollgate costs

`cargo performance` wrote this page from [measured.json](performance/measured.json); nothing on it is edited by hand, and a
test checks that. To measure everything again (some half an hour on two cores, on a machine that does nothing else):

```sh
cargo performance
```

`cargo performance --keep load` keeps a part of the old measurements (`counts`, `profiles`, `versus` or `load`), and
`cargo performance --render` only writes the page again.

Two kinds of figures are here:

- **Counts** are WebAssembly instructions of the guest (Wasmtime's fuel: one an instruction, none for ends of blocks, one for entering
  a function, one a byte of a bulk copy), and its calls to the world: config stores, the secret store, the POP's
  cache, messages sent, log entries. The gateway runs as it is shipped, on an in-memory Fastly Compute. Host calls themselves cost
  nothing in these figures. They are the same in every run and on every machine.
- **Times** are of this gateway under Viceroy, Fastly's local runtime, on one machine. They are good for ratios between programs
  that were measured side by side. They say nothing of how long anything takes on Fastly's hosts.
";

/// With fewer rounds quartiles mean nothing.
const ROUNDS_MIN: usize = 5;

pub(super) fn text(measured: &Measured) -> String {
    let mut text = format!("{HEAD}\nWhat was measured, and when:\n\n");
    // Writing to a string can't fail.
    if let Some(counts) = &measured.counts {
        let wide = counts.wide.as_ref().map(|build| rustc(&build.versions));
        let _ = writeln!(
            text,
            "- counts: {}, {} scenarios; portable build with {}; {}",
            day(&counts.date),
            counts.portable.scenarios.len(),
            rustc(&counts.portable.versions),
            wide.map_or_else(
                || "no wide build, because its toolchain could not be had".to_owned(),
                |rustc| format!("wide build with {rustc}")
            )
        );
    }
    if let Some(profiles) = &measured.profiles {
        let _ = writeln!(
            text,
            "- profiles: {}, with {}",
            day(&profiles.date),
            rustc(&profiles.versions)
        );
    }
    if let Some(versus) = &measured.versus {
        let _ = writeln!(
            text,
            "- times beside other programs: {}, {} rounds of {} s a case over {} connections",
            day(&versus.date),
            versus.rounds,
            versus.seconds,
            versus.connections
        );
        let _ = writeln!(text, "{}", with(&versus.machine, &versus.versions));
        if versus.rounds < ROUNDS_MIN {
            let _ = writeln!(
                text,
                "  - **so few rounds show that everything works, and measure nothing**"
            );
        }
    }
    if let Some(load) = &measured.load {
        let open_loop = &load.open_loop;
        let _ = writeln!(text, "- times under load: {}", day(&open_loop.date));
        let _ = writeln!(text, "{}", with(&open_loop.machine, &open_loop.versions));
    }
    text
}

/// The date of RFC 3339's date and time.
fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn rustc(versions: &Versions) -> &str {
    versions.get("rustc").map_or("an unknown compiler", String::as_str)
}

fn with(machine: &Machine, versions: &Versions) -> String {
    let others = versions.iter().filter(|(name, _)| *name != "build" && *name != "rustc");
    // Some programs name themselves with their version, and some tell the version alone.
    let named = others.map(|(name, version)| {
        let tells_name = version.to_lowercase().contains(&name.to_lowercase());
        if tells_name {
            version.clone()
        } else {
            format!("{name} {version}")
        }
    });
    format!(
        "  - {}, {} cores, {} MiB of memory; load averages before: {}\n  - {} with {}; {}",
        machine.cpu,
        machine.cores,
        machine.memory_mib,
        machine.load,
        versions.get("build").map_or("unknown build", String::as_str),
        rustc(versions),
        named.collect::<Vec<_>>().join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_and_versions_are_told_once() {
        let machine = Machine {
            cpu: "A CPU".to_owned(),
            cores: 2,
            memory_mib: 8_192,
            load: "0.10 0.20 0.30".to_owned(),
        };
        let versions: Versions = [
            ("build", "portable build"),
            ("rustc", "rustc 1.95.0"),
            ("viceroy", "viceroy 0.22.0"),
            ("wasmtime", "46.0.3"),
        ]
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .into();
        assert_eq!(
            with(&machine, &versions),
            "  - A CPU, 2 cores, 8192 MiB of memory; load averages before: 0.10 0.20 0.30\n  - portable build with rustc \
             1.95.0; viceroy 0.22.0; wasmtime 46.0.3"
        );
        assert_eq!(day("2026-11-21T08:00:00Z"), "2026-11-21");
    }
}
