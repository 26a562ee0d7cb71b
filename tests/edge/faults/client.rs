//! A client that writes and reads at the same time, notices bodies that are not whole, and may go away.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::{sleep, timeout};

use crate::edge::support::http::{Answer, HOST};
use crate::faults::row::{Asked, Body};

const ANSWER_LIMIT: Duration = Duration::from_secs(30);
const PIECE: usize = 16 << 10;

/// What came.
pub(super) struct Got {
    pub(super) answer: Answer,
    /// Whether the body came to the end that the head tells.
    pub(super) whole: bool,
}

/// Sends a request; `None` if no head of an answer came, or the client went away.
pub(super) async fn send(gateway: SocketAddr, target: &str, asked: &Asked, probe: &str) -> Option<Got> {
    let stream = TcpStream::connect(gateway).await.expect("the gateway listens");
    let (mut reader, writer) = stream.into_split();
    let (head, body) = (head(target, asked, probe), asked.body);
    let written = tokio::spawn(write(writer, head, body));
    if matches!(body, Body::Broken(_)) {
        // Both halves go, so the connection does.
        drop(reader);
        let _ = written.await;
        return None;
    }
    let mut bytes = Vec::new();
    let read = async {
        loop {
            let more = reader.read_buf(&mut bytes).await;
            let mut got = Got::parse(&bytes);
            // Without any framing the end of the connection is the end of the body, unless it is a reset.
            if let (Ok(0), Some(got)) = (&more, &mut got) {
                got.whole |=
                    got.answer.header("content-length").is_none() && got.answer.header("transfer-encoding").is_none();
            }
            // An error is an end too: what came before it counts.
            let more = more.unwrap_or(0);
            let enough = asked.leaves_after.is_some_and(|enough| bytes.len() >= enough);
            if more == 0 || enough || got.as_ref().is_some_and(|got| got.whole && got.answer.status >= 200) {
                return got.filter(|_| !enough);
            }
        }
    };
    let got = timeout(ANSWER_LIMIT, read).await.ok().flatten();
    written.abort();
    got
}

fn head(target: &str, asked: &Asked, probe: &str) -> String {
    let method = asked.method;
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nX-Probe: {probe}\r\n");
    let upgrade = asked.headers.iter().any(|(name, _)| *name == "Upgrade");
    head += if upgrade {
        "Connection: Upgrade\r\n"
    } else {
        "Connection: close\r\n"
    };
    for (name, value) in asked.headers {
        head += &format!("{name}: {value}\r\n");
    }
    match asked.body {
        Body::None => {}
        Body::Bytes(bytes) => head += &format!("Content-Length: {bytes}\r\n"),
        Body::Chunked(_) | Body::Broken(_) => head += "Transfer-Encoding: chunked\r\n",
    }
    head + "\r\n"
}

/// A server that answers early may close before it has read all; its answer is what counts.
async fn write(mut writer: OwnedWriteHalf, head: String, body: Body) {
    let _ = writer.write_all(head.as_bytes()).await;
    let (bytes, chunked) = match body {
        Body::None => (0, false),
        Body::Bytes(bytes) => (bytes, false),
        Body::Chunked(bytes) | Body::Broken(bytes) => (bytes, true),
    };
    let mut left = bytes;
    while left > 0 {
        let now = left.min(PIECE);
        let mut piece = vec![b'y'; now];
        if chunked {
            piece = [format!("{now:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
        }
        if writer.write_all(&piece).await.is_err() {
            return;
        }
        left -= now;
    }
    match body {
        Body::Chunked(_) => drop(writer.write_all(b"0\r\n\r\n").await),
        Body::Broken(_) => sleep(Duration::from_millis(200)).await,
        // What is not shut down is kept open until the answer is there.
        Body::None | Body::Bytes(_) => {}
    }
    if !matches!(body, Body::Broken(_)) {
        sleep(ANSWER_LIMIT).await;
    }
}

impl Got {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, rest) = bytes.split_at(head_end + 4);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: rest.to_vec(),
        };
        let length = answer
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        let whole = match (answer.header("transfer-encoding"), length) {
            (Some("chunked"), _) => {
                let (body, whole) = joined(rest);
                answer.body = body;
                whole
            }
            (_, Some(length)) => rest.len() >= length,
            _ => matches!(status, 204 | 304),
        };
        Some(Self { answer, whole })
    }
}

/// What the chunks hold so far (RFC 9112 section 7.1), and whether the last has come.
fn joined(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line_end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return (body, false);
        };
        let size = std::str::from_utf8(&rest[..line_end]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a chunk's size in hex");
        let chunk = &rest[line_end + 2..];
        if size == 0 {
            return (body, chunk.starts_with(b"\r\n"));
        }
        body.extend_from_slice(&chunk[..size.min(chunk.len())]);
        if chunk.len() < size + 2 {
            return (body, false);
        }
        rest = &chunk[size + 2..];
    }
}
