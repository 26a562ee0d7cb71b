//! An origin that costs next to nothing: one fixed answer to every request.
//!
//! Promises to be so light that what stands before it is measured and not itself. Takes requests without a body only,
//! over connections that are kept; looks at nothing that it is sent.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The body of every answer.
pub const BODY: &str = "from the origin";

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 15\r\n\r\nfrom the origin";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// More than any request here.
const BUFFER_BYTES: usize = 16 << 10;

/// A running origin. Dropping it closes the listener.
#[derive(Debug)]
pub struct Origin {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Origin {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port on 127.0.0.1")?;
        let addr = listener.local_addr()?;
        let accept = async move {
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(converse(stream));
                }
            }
        };
        Ok(Self {
            addr,
            task: tokio::spawn(accept),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers until the other side goes or sends more than it may.
async fn converse(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut pending = Vec::with_capacity(BUFFER_BYTES);
    while matches!(stream.read_buf(&mut pending).await, Ok(1..)) {
        while let Some(end) = end_of_head(&pending) {
            pending.drain(..end);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
        if pending.len() >= BUFFER_BYTES {
            return;
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let starts = bytes.windows(END_OF_HEAD.len());
    Some(starts.enumerate().find(|(_, window)| *window == END_OF_HEAD)?.0 + END_OF_HEAD.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_request_of_a_connection_is_answered() {
        let origin = Origin::start().await.expect("an origin");
        let mut stream = TcpStream::connect(origin.addr()).await.expect("a connection");
        // Two requests in one piece, and one in two.
        let pieces = [
            "GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\n\r\n",
            "GET /c HT",
            "TP/1.1\r\nhost: a\r\n\r\n",
        ];
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.expect("sent");
        }
        let mut answers = vec![0; ANSWER.len() * 3];
        stream.read_exact(&mut answers).await.expect("three answers");
        assert_eq!(answers, ANSWER.repeat(3));
        assert!(ANSWER.ends_with(format!("content-length: {}\r\n\r\n{BODY}", BODY.len()).as_bytes()));
    }
}
