//! What a server's process uses, as the system counts it: `/proc`, so on Linux only; elsewhere nothing is known.

use std::fs;

/// The system counts processor time in hundredths of a second, on every architecture that Rust has (`USER_HZ`).
const TICK_US: u64 = 10_000;

/// The memory that a process holds (`VmRSS`), in KiB.
#[must_use]
pub fn resident_kib(pid: u32) -> Option<u64> {
    resident_in(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// The processor time that a process and the processes it started have used so far, in microseconds; in steps of 10 ms.
#[must_use]
pub fn cpu_us(pid: u32) -> Option<u64> {
    let own = cpu_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let of_children = children
        .split_whitespace()
        .filter_map(|child| cpu_us(child.parse().ok()?));
    Some(own + of_children.sum::<u64>())
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// `utime` and `stime`, fields 14 and 15. The program's name, field 2, may hold spaces and parentheses.
fn cpu_in(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) * TICK_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_files_are_read() {
        assert_eq!(
            resident_in("Name:\tviceroy\nVmRSS:\t   51200 kB\nThreads:\t4\n"),
            Some(51_200)
        );
        assert_eq!(resident_in("Name:\tviceroy\n"), None);
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 4 0 1 2 3";
        assert_eq!(cpu_in(stat), Some(3_000_000));
        assert_eq!(cpu_in("42 (short"), None);
    }

    #[test]
    fn this_process_uses_something() {
        if cfg!(target_os = "linux") {
            let pid = std::process::id();
            assert!(resident_kib(pid).expect("memory") > 0);
            cpu_us(pid).expect("processor time");
        }
    }
}
