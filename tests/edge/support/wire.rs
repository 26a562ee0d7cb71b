//! Messages of any length on the wire, read and checked as they come, at both ends of the gateway.
//!
//! A message that breaks off is told from one that ends, which no library does in a way that a test could rely on.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a message may take to come.
const LIMIT: Duration = Duration::from_secs(60);

/// A block that is no multiple of any buffer's size, so that a piece that is lost or doubled shows.
static BLOCK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut block = super::services::noise();
    block.truncate(1_000_003);
    block
});

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Came {
    /// Start line and headers, in lower case.
    pub(crate) head: String,
    /// The length of the body.
    pub(crate) bytes: usize,
    /// Whether its framing was completed.
    pub(crate) whole: bool,
    /// Whether all of it is what [`send`] sends.
    pub(crate) right: bool,
    /// The first bytes.
    pub(crate) text: String,
}

impl Came {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    pub(crate) fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1).expect("a status");
        status.trim().parse().expect("a status")
    }
}

/// Reads a message's start line and headers; empty if there is none.
pub(crate) async fn head(from: &mut (impl AsyncBufRead + Unpin)) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if !matches!(from.read_line(&mut head).await, Ok(1..)) {
            return String::new();
        }
    }
    head.to_ascii_lowercase()
}

/// Reads a message until it ends or breaks off.
pub(crate) async fn message(from: &mut BufReader<impl AsyncRead + Unpin>) -> Came {
    let head = timeout(LIMIT, head(from)).await.expect("a head");
    rest(from, head, usize::MAX).await
}

/// Reads a message after its head until it ends or breaks off, but no further than `bytes_max` of its body.
pub(crate) async fn rest(from: &mut BufReader<impl AsyncRead + Unpin>, head: String, bytes_max: usize) -> Came {
    let came = async {
        let mut came = Came {
            head,
            bytes: 0,
            whole: false,
            right: true,
            text: String::new(),
        };
        if came.header("transfer-encoding") == Some("chunked") {
            while came.bytes < bytes_max {
                let Some(size) = chunk_size(from).await else { break };
                if !body(from, size, &mut came).await || chunk_end(from).await.is_none() {
                    break;
                }
                if size == 0 {
                    came.whole = true;
                    break;
                }
            }
        } else {
            let length = came
                .header("content-length")
                .map_or(Ok(0), str::parse)
                .expect("a length");
            came.whole = body(from, length.min(bytes_max), &mut came).await && length <= bytes_max;
        }
        came
    };
    timeout(LIMIT, came).await.expect("an end of the message")
}

async fn chunk_size(from: &mut (impl AsyncBufRead + Unpin)) -> Option<usize> {
    let mut line = String::new();
    from.read_line(&mut line).await.ok()?;
    usize::from_str_radix(line.strip_suffix("\r\n")?, 16).ok()
}

async fn chunk_end(from: &mut (impl AsyncBufRead + Unpin)) -> Option<()> {
    let mut line = String::new();
    from.read_line(&mut line).await.ok()?;
    (line == "\r\n").then_some(())
}

/// Reads so many bytes of a body; false if it breaks off before.
async fn body(from: &mut (impl AsyncBufRead + Unpin), length: usize, came: &mut Came) -> bool {
    let mut missing = length;
    while missing > 0 {
        let Ok(piece) = from.fill_buf().await else { return false };
        if piece.is_empty() {
            return false;
        }
        let piece = &piece[..piece.len().min(missing)];
        came.right &= matches(came.bytes, piece);
        if came.text.len() < 1_000 {
            came.text.push_str(&String::from_utf8_lossy(piece));
        }
        let read = piece.len();
        came.bytes += read;
        missing -= read;
        from.consume(read);
    }
    true
}

fn matches(mut place: usize, mut piece: &[u8]) -> bool {
    while !piece.is_empty() {
        let at = place % BLOCK.len();
        let length = piece.len().min(BLOCK.len() - at);
        if piece[..length] != BLOCK[at..at + length] {
            return false;
        }
        piece = &piece[length..];
        place += length;
    }
    true
}

/// Sends so many bytes of a body, as chunks or as they are, beginning at `place`; false if nobody takes them.
pub(crate) async fn send(to: &mut TcpStream, place: usize, length: usize, chunked: bool) -> bool {
    let mut sent = 0;
    while sent < length {
        let at = (place + sent) % BLOCK.len();
        let size = (length - sent).min(BLOCK.len() - at).min(100_000);
        let piece = &BLOCK[at..at + size];
        let written = match chunked {
            true => {
                to.write_all(&[format!("{size:x}\r\n").as_bytes(), piece, b"\r\n"].concat())
                    .await
            }
            false => to.write_all(piece).await,
        };
        if written.is_err() {
            return false;
        }
        sent += size;
    }
    true
}
