//! The gateway under test: one world for all tests that do not break it, and worlds of their own for those that do.

use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;
use tollgate_devstack::edge_program::{Build, build};
use tollgate_devstack::sample_service::Received;
use tollgate_devstack::tokens::{Issuer, TokenBuilder};
use tollgate_devstack::viceroy::Viceroy;
use tollgate_devstack::world::{World, WorldOptions};

use super::http::{Answer, Ask};
use super::services;

/// The policy of the shared world.
pub(crate) const POLICY: &str = include_str!("../policy.toml");

/// The invoker of most services.
pub(crate) const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";

/// How long a log line may take to arrive.
const LOG_LIMIT: Duration = Duration::from_secs(10);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

static SHARED: LazyLock<World> = LazyLock::new(|| RUNTIME.block_on(start_shared()));

/// Runs a test in the shared world, and checks afterwards that the world is in good health.
pub(crate) fn shared<F: Future<Output = ()>>(test: impl FnOnce(&'static World) -> F) {
    let world = &*SHARED;
    RUNTIME.block_on(test(world));
    assert_in_health(&world.gateway);
    assert_no_key(world);
}

/// Runs a test in a world of its own.
pub(crate) fn own(options: WorldOptions, test: impl AsyncFnOnce(&World)) {
    RUNTIME.block_on(async {
        let world = World::start(program().await, options).await.expect("a world");
        test(&world).await;
        assert_in_health(&world.gateway);
        assert_no_key(&world);
    });
}

/// Runs a test that starts what it needs by itself.
pub(crate) fn alone(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// The compiled edge program.
pub(crate) async fn program() -> PathBuf {
    build(Build::Portable).await.expect("the edge program")
}

async fn start_shared() -> World {
    let mut options = WorldOptions::new(POLICY);
    options.services.insert("literal".to_owned(), services::literal().await);
    let world = World::start(program().await, options).await.expect("a world");
    remove_at_the_end(world.stores());
    world
}

/// A static is never dropped, and the stores hold keys. A shell removes them when this process is gone, however it ends.
fn remove_at_the_end(folder: &Path) {
    static LEASHES: Mutex<Vec<ChildStdin>> = Mutex::new(Vec::new());
    let mut shell = Command::new("sh");
    shell.args(["-c", "read -r _; rm -rf -- \"$1\"", "cleaner"]).arg(folder);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let leash = shell.spawn().expect("sh").stdin.take().expect("stdin");
    LEASHES.lock().unwrap_or_else(PoisonError::into_inner).push(leash);
}

/// No trap, and no secret in anything that was printed.
pub(crate) fn assert_in_health(gateway: &Viceroy) {
    for line in gateway.diagnostics() {
        // The program's one thread is `main`; Viceroy's own may panic over a client that went away, and harms nobody.
        for sign in ["thread 'main'", "wasm backtrace", "wasm trap", "WebAssembly trapped"] {
            assert!(!line.contains(sign), "{line}");
        }
        // Viceroy itself tells of each URL with its query, where a test has put a token.
        if !line.contains("handling request ") {
            assert_no_secret(&line);
        }
    }
    for line in gateway.log_lines() {
        assert_no_secret(&line);
    }
}

/// Every JWT begins with `eyJ`. The tests call all their other secrets canaries.
pub(crate) fn assert_no_secret(line: &str) {
    for secret in ["Bearer", "PRIVATE KEY", "canary"] {
        assert!(!line.contains(secret), "{line}");
    }
    // A digest of 16 characters may have these three by chance.
    let mut words = line.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter)));
    assert!(!words.any(|word| word.len() > 20 && word.contains("eyJ")), "{line}");
}

/// No line of a service account's private key, no private part of a JWK and no other secret, in anything that was printed.
fn assert_no_key(world: &World) {
    let printed = [world.gateway.log_lines(), world.gateway.diagnostics()]
        .concat()
        .join("\n");
    for file in std::fs::read_dir(world.stores().join("secrets")).expect("secrets") {
        let file = std::fs::read(file.expect("a file").path()).expect("a secret");
        let key_file = serde_json::from_slice(&file).unwrap_or(Value::Null);
        let secret = match (key_file["private_key"].as_str(), key_file["d"].as_str()) {
            (Some(key), _) => key.lines().nth(3).expect("a long key").to_owned(),
            (None, Some(d)) => d.to_owned(),
            (None, None) => String::from_utf8(file).expect("a secret that is a text"),
        };
        assert!(secret.len() > 40 && !printed.contains(&secret), "a secret was printed");
    }
}

/// What the tests ask of a world.
pub(crate) trait Gateway {
    /// Sends a request.
    async fn ask(&self, ask: Ask) -> Answer;
    /// The log entry of this answer.
    async fn log(&self, answer: &Answer) -> Value;
    /// Sends a request that must be refused with this status and code, and gives the answer and its log entry.
    async fn refused(&self, ask: Ask, status: u16, code: &str) -> (Answer, Value);
    /// The issuer that most routes admit.
    fn okta(&self) -> &Issuer;
    /// What the service of this name received with this value of `x-probe`.
    fn received(&self, service: &str, probe: &str) -> Vec<Received>;
}

impl Gateway for World {
    async fn ask(&self, ask: Ask) -> Answer {
        ask.send(self.gateway.addr()).await
    }

    async fn log(&self, answer: &Answer) -> Value {
        let id = answer.id();
        let is_it = |entry: &Value| entry["tollgate"]["request_id"] == id;
        let entry = self.gateway.wait_for_log(is_it, LOG_LIMIT).await;
        entry.unwrap_or_else(|| panic!("no log entry for {id}"))
    }

    async fn refused(&self, ask: Ask, status: u16, code: &str) -> (Answer, Value) {
        let answer = self.ask(ask).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["request_id"], answer.id());
        let entry = self.log(&answer).await;
        assert_eq!(entry["tollgate"]["code"], code, "{entry}");
        assert_eq!(entry["tollgate"]["decision"], "refuse", "{entry}");
        assert_eq!(entry["httpRequest"]["status"], status, "{entry}");
        (answer, entry)
    }

    fn okta(&self) -> &Issuer {
        self.issuer("okta").expect("okta")
    }

    fn received(&self, service: &str, probe: &str) -> Vec<Received> {
        let mut received = self.sample(service).expect("a sample service").received();
        received.retain(|request| request.header("x-probe") == Some(probe));
        received
    }
}

/// A token that the routes for readers take.
pub(crate) fn reader(world: &World) -> TokenBuilder<'_> {
    world.okta().token().scope("orders:read")
}

/// The same, signed.
pub(crate) fn token(world: &World) -> String {
    reader(world).build().expect("a token")
}

/// A name that no other request of this run has.
pub(crate) fn probe() -> String {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    format!("probe-{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}
