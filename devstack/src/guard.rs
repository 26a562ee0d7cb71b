//! A child process that does not outlive the program that started it, even if that program is killed with SIGKILL.
//!
//! The child runs under a small shell. We hold the writing end of the shell's standard input and never write to it;
//! the kernel closes it when we end, however we end, and the shell's watcher then kills the child. No unsafe code, no
//! thread that must stay alive, and nothing for a crashed run to leave behind. Needs a POSIX `sh`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

/// A running child on its leash. Dropping it kills the child.
#[derive(Debug)]
pub struct Guarded {
    shell: Child,
    leash: Option<ChildStdin>,
}

// A shell gives its background jobs /dev/null for standard input, so the leash is kept as descriptor 3. The child must
// not hold it; only the watcher waits on it. The watcher must not hold the child's output, or whoever reads that would
// not see its end when the child is gone.
const SHELL_TEXT: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ read -r _ <&3; kill -KILL "$child"; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$child" 2>/dev/null
status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"
"#;

impl Guarded {
    /// Starts the command under guard: program, arguments, environment and folder are the command's. Standard output
    /// and error are pipes, to be taken with [`Guarded::take_output`].
    ///
    /// # Errors
    ///
    /// If no shell can be started. A program that is not there ends at once with status 127, as in every shell.
    pub fn spawn(command: &Command) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(SHELL_TEXT)
            .arg("guard")
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            set(&mut shell, name, value);
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Of its own group, so that an interrupt typed at the terminal reaches us alone and we end things in order.
        shell.process_group(0);
        let mut shell = shell.spawn()?;
        let leash = shell.stdin.take();
        Ok(Self { shell, leash })
    }

    /// What the child prints, standard output first. They can be taken once.
    pub fn take_output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.shell.stdout.take(), self.shell.stderr.take())
    }

    /// The child's process id; `None` once it has ended, or where the system does not list a process's children.
    #[must_use]
    pub fn child_pid(&self) -> Option<u32> {
        let shell = self.shell.id();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok()?;
        // The shell starts the child first and the watcher after it.
        children.split_whitespace().next()?.parse().ok()
    }

    /// How the child ended, if it has.
    ///
    /// # Errors
    ///
    /// If the system cannot say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.try_wait()
    }

    /// Lets go of the leash: the child is killed, at once but not before this returns.
    pub fn release(&mut self) {
        self.leash = None;
    }
}

fn set(command: &mut Command, name: &OsStr, value: Option<&OsStr>) {
    match value {
        Some(value) => command.env(name, value),
        None => command.env_remove(name),
    };
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.release();
        // The shell ends a moment later. Waiting for it here, for a bounded time, leaves no zombie and no busy port.
        for _ in 0..100 {
            if !matches!(self.shell.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::time::{Duration, Instant};

    use super::*;

    /// Prints its own process id, then sleeps under that id.
    const SLEEPER: [&str; 2] = ["-c", "echo $$; exec sleep 1000"];

    fn sleeper() -> Command {
        let mut command = Command::new("sh");
        command.args(SLEEPER);
        command
    }

    fn first_line(from: impl io::Read) -> String {
        let mut line = String::new();
        BufReader::new(from).read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    fn is_alive(process: &str) -> bool {
        Command::new("kill")
            .args(["-0", process])
            .stderr(Stdio::null())
            .status()
            .expect("kill -0")
            .success()
    }

    fn dies(process: &str) -> bool {
        let give_up = Instant::now() + Duration::from_secs(5);
        while Instant::now() < give_up {
            if !is_alive(process) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    #[test]
    fn dropping_the_guard_kills_the_child() {
        let mut guarded = Guarded::spawn(&sleeper()).expect("spawn");
        let process = first_line(guarded.take_output().0.expect("stdout"));
        assert!(is_alive(&process));
        if cfg!(target_os = "linux") {
            assert_eq!(guarded.child_pid().map(|id| id.to_string()), Some(process.clone()));
        }
        drop(guarded);
        assert!(dies(&process), "{process} outlived its guard");
    }

    #[test]
    fn the_child_ends_by_itself_with_its_own_status_and_its_output_ends_too() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo \"$COLOUR $(pwd)\"; echo no >&2; exit 7"])
            .env("COLOUR", "blue")
            .current_dir("/");
        let mut guarded = Guarded::spawn(&command).expect("spawn");
        let (stdout, stderr) = guarded.take_output();
        let (mut said, mut complained) = (String::new(), String::new());
        // These return only when nobody holds the pipes any more, though we still hold the leash.
        stdout.expect("stdout").read_to_string(&mut said).expect("read");
        stderr.expect("stderr").read_to_string(&mut complained).expect("read");
        assert_eq!((said.trim(), complained.trim()), ("blue /", "no"));
        assert_eq!(guarded.shell.wait().expect("wait").code(), Some(7));
    }

    #[test]
    fn a_program_that_is_not_there_ends_at_once_with_127() {
        let mut guarded = Guarded::spawn(&Command::new("no-such-program-here")).expect("spawn");
        assert_eq!(guarded.shell.wait().expect("wait").code(), Some(127));
    }

    #[test]
    fn a_killed_parent_takes_the_child_with_it() {
        const THIS_TEST: &str = "guard::tests::a_killed_parent_takes_the_child_with_it";
        const AS_THE_PARENT: &str = "GUARD_TEST_AS_THE_PARENT";
        // The test starts itself once more as the parent that is to be killed.
        if std::env::var_os(AS_THE_PARENT).is_some() {
            let mut guarded = Guarded::spawn(&sleeper()).expect("spawn");
            println!("child={}", first_line(guarded.take_output().0.expect("stdout")));
            std::thread::sleep(Duration::from_secs(1000));
            return;
        }
        let mut parent = Command::new(std::env::current_exe().expect("this test program"))
            .args(["--exact", THIS_TEST, "--nocapture"])
            .env(AS_THE_PARENT, "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the parent");
        let process = BufReader::new(parent.stdout.take().expect("stdout"))
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split("child=").nth(1).map(str::to_owned))
            .expect("the parent says its child's id");
        assert!(is_alive(&process));
        parent.kill().expect("SIGKILL");
        parent.wait().expect("wait");
        assert!(dies(&process), "{process} outlived its killed parent");
    }
}
