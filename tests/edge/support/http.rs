//! An HTTP/1.1 client that sends exactly the bytes it is told to, right or wrong, and one answer a connection.
//!
//! Libraries refuse to send or normalise what an attacker would write by hand, so none is between a test and the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The host of the policy that the tests run.
pub(crate) const HOST: &str = "api.example.com";

const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    line: Vec<u8>,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Ask {
    /// A request with a `Host` and `Connection: close`, whose target is sent as it is written here.
    pub(crate) fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        Self::bare(method, target)
            .header("Host", HOST)
            .header("Connection", "close")
    }

    /// A request without any header.
    pub(crate) fn bare(method: &str, target: impl AsRef<[u8]>) -> Self {
        let line = [method.as_bytes(), b" ", target.as_ref(), b" HTTP/1.1\r\n"].concat();
        Self {
            line,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target)
    }

    /// Exactly these bytes.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            line: bytes.as_ref().to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for piece in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
            self.headers.extend_from_slice(piece);
        }
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// A body with its `Content-Length`.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.header("Content-Length", length)
    }

    fn bytes(&self) -> Vec<u8> {
        let end: &[u8] = if self.headers.is_empty() { b"" } else { b"\r\n" };
        [&self.line, &self.headers, end, &self.body].concat()
    }

    /// Opens a connection and sends the request, without waiting for the answer.
    pub(crate) async fn open(&self, gateway: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(gateway).await.expect("the gateway listens");
        // A server that refuses early may close before it has read all; its answer is what counts.
        let _ = stream.write_all(&self.bytes()).await;
        stream
    }

    /// The answer; `None` if the connection was closed without one.
    pub(crate) async fn try_send(&self, gateway: SocketAddr) -> Option<Answer> {
        let mut stream = self.open(gateway).await;
        let mut bytes = Vec::new();
        let read = timeout(ANSWER_LIMIT, stream.read_to_end(&mut bytes)).await;
        let ended = read.unwrap_or_else(|_| panic!("no end of the answer: {}", String::from_utf8_lossy(&bytes)));
        // A reset after an early refusal is an end too, if the answer came before it.
        let _ = ended;
        Answer::parse(&bytes)
    }

    /// The answer, which must come.
    pub(crate) async fn send(&self, gateway: SocketAddr) -> Answer {
        let answer = self.try_send(gateway).await;
        answer.unwrap_or_else(|| panic!("closed without an answer: {}", String::from_utf8_lossy(&self.line)))
    }
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads what came on a connection. No answer may ever tell of a trap.
    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("wasm backtrace"), "the program trapped: {text}");
        let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = bytes.split_at(head_end.unwrap_or_else(|| panic!("half an answer: {text}")) + 4);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.trim_end().split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect("a status line");
        let headers: Vec<_> = lines
            .map(|line| line.split_once(':').expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self {
            status: status.parse().expect("a status"),
            headers,
            body: body.to_vec(),
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = joined(body);
        }
        Some(answer)
    }

    /// All values of a header, whose name is given in lower case.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The only `X-Request-Id`.
    pub(crate) fn id(&self) -> &str {
        let ids = self.values("x-request-id");
        let [id] = ids.as_slice() else {
            panic!("not one request id: {:?} {}", self, self.text())
        };
        id
    }
}

/// The body of a chunked message (RFC 9112 section 7.1), which must be complete.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&rest[..line_end]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a chunk's size in hex");
        if size == 0 {
            return body;
        }
        let chunk = &rest[line_end + 2..];
        body.extend_from_slice(&chunk[..size]);
        rest = &chunk[size + 2..];
    }
}
