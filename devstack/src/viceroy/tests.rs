//! A shell script in Viceroy's place for what the real one does rarely; the real one for what it does always.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

struct Stand {
    folder: tempfile::TempDir,
}

impl Stand {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stand = Self { folder };
        fs::write(stand.program(), format!("#!/bin/sh\n{script}")).expect("the script");
        fs::set_permissions(stand.program(), fs::Permissions::from_mode(0o755)).expect("executable");
        fs::write(
            stand.folder.path().join("v.toml"),
            "manifest_version = 3\n[local_server]\n",
        )
        .expect("the config");
        // The smallest module that Viceroy will run: `_start` does nothing.
        let start = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
            \x07\x13\x02\x06_start\0\0\x06memory\x02\0\x0a\x04\x01\x02\0\x0b";
        fs::write(stand.folder.path().join("p.wasm"), start).expect("the module");
        stand
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("viceroy")
    }

    fn options(&self, log: LogSink) -> ViceroyOptions {
        let folder = self.folder.path();
        let addr = "127.0.0.1:0".parse().expect("an address");
        ViceroyOptions {
            wasm: folder.join("p.wasm"),
            config: folder.join("v.toml"),
            addr,
            log,
        }
    }
}

const LISTENING: &str = "echo 'INFO Listening on http://127.0.0.1:4567'\n";

#[tokio::test]
async fn log_lines_are_told_apart_kept_sent_and_found() {
    let stand = Stand::new(&format!(
        "{LISTENING} echo 'tollgate :: {{\"n\":1}}'; echo other; echo 'tollgate :: not json'; echo bad >&2; sleep 0.2; \
         echo 'tollgate :: {{\"n\":2}}'; sleep 1000"
    ));
    let (sender, mut sent) = tokio::sync::mpsc::unbounded_channel();
    let viceroy = Viceroy::start_program(&stand.program(), stand.options(LogSink::Sent(sender)))
        .await
        .expect("start");
    assert_eq!(viceroy.url(), "http://127.0.0.1:4567");

    let limit = Duration::from_secs(5);
    let find = |n: i64| viceroy.wait_for_log(move |line| line["n"] == n, limit);
    assert_eq!(
        find(2).await,
        Some(serde_json::json!({ "n": 2 })),
        "a line still to come"
    );
    assert_eq!(
        find(1).await,
        Some(serde_json::json!({ "n": 1 })),
        "a line already there"
    );
    assert_eq!(viceroy.wait_for_log(|_| false, Duration::from_millis(50)).await, None);

    assert_eq!(viceroy.log_lines(), ["{\"n\":1}", "not json", "{\"n\":2}"]);
    assert_eq!(sent.recv().await.as_deref(), Some("{\"n\":1}"));
    let diagnostics = viceroy.diagnostics();
    assert!(diagnostics.iter().any(|line| line == "other") && diagnostics.iter().any(|line| line == "bad"));
    viceroy.stop().await;
}

#[tokio::test]
async fn an_early_end_is_told_with_its_last_words() {
    let stand = Stand::new("echo 'Error: the port is taken' >&2; exit 3");
    let failure = Viceroy::start_program(&stand.program(), stand.options(LogSink::Kept))
        .await
        .expect_err("it ends");
    let text = format!("{failure:#}");
    assert!(
        text.contains("the port is taken") && text.contains("exit status: 3"),
        "{text}"
    );
}

#[tokio::test]
async fn waiting_for_a_line_ends_when_viceroy_does() {
    let stand = Stand::new(&format!("{LISTENING} sleep 0.2"));
    let viceroy = Viceroy::start_program(&stand.program(), stand.options(LogSink::Kept))
        .await
        .expect("start");
    let found = timeout(
        Duration::from_secs(5),
        viceroy.wait_for_log(|_| true, Duration::from_secs(60)),
    )
    .await;
    assert_eq!(found.expect("no long wait"), None);
}

#[tokio::test]
async fn what_is_not_there_is_named_before_anything_starts() {
    let stand = Stand::new(LISTENING);
    let mut options = stand.options(LogSink::Kept);
    options.wasm = stand.folder.path().join("absent.wasm");
    let failure = Viceroy::start_program(&stand.program(), options)
        .await
        .expect_err("no program");
    assert!(failure.to_string().contains("absent.wasm"), "{failure}");
}

#[test]
fn the_real_one_listens_outlives_its_runtime_and_is_gone_when_stopped() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    };
    let stand = Stand::new("");
    let viceroy = runtime()
        .block_on(Viceroy::start(stand.options(LogSink::Kept)))
        .expect("Viceroy starts");
    let addr = viceroy.addr();
    assert_ne!(addr.port(), 0);
    runtime().block_on(async {
        let answer = reqwest::get(viceroy.url()).await.expect("an answer");
        assert_eq!(
            answer.status(),
            200,
            "a program that answers nothing answers 200 under Viceroy"
        );
        viceroy.stop().await;
        assert!(
            tokio::net::TcpStream::connect(addr).await.is_err(),
            "{addr} still answers"
        );
    });
}
