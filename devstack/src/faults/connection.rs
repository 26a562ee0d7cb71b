//! One connection of a faulty service: one request is read as far as the script says, and written down as it comes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::book::Page;
use super::script::Step;
use super::{Seen, Service};

/// The longest head that is read, in bytes, and the most fields in it.
const HEAD_BYTES_MAX: usize = 1 << 20;
const FIELDS_MAX: usize = 512;

/// How much of a body is kept, in bytes.
const BODY_BYTES_KEPT: usize = 64 << 10;

/// How long a silent connection is kept.
const SILENCE: Duration = Duration::from_secs(60);

/// A request whose head was read.
struct Exchange {
    stream: TcpStream,
    /// The head as it came.
    head: Vec<u8>,
    /// What came after the head and was not read yet.
    ahead: Vec<u8>,
    framing: Framing,
    page: Page,
}

/// How the end of the body is found (RFC 9112 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

/// Serves one request. Every error is the other side's, which may do as it likes here.
pub(super) async fn serve(mut stream: TcpStream, service: Arc<Service>) {
    let _ = stream.set_nodelay(true);
    let mut bytes = Vec::new();
    let read = read_head(&mut stream, &mut bytes).await;
    let Some((head_bytes, seen, framing)) = read else {
        if !bytes.is_empty() {
            service.book.open(Seen::nameless(&service.name));
        }
        return;
    };
    let ahead = bytes.split_off(head_bytes);
    let script = service.script(&seen.target);
    let mut exchange = Exchange {
        stream,
        head: bytes,
        ahead,
        framing,
        page: service.book.open(Seen {
            service: service.name.clone(),
            whole: framing == Framing::Length(0),
            ..seen
        }),
    };
    for step in script.iter() {
        match exchange.perform(step).await {
            Ok(true) => {}
            Ok(false) | Err(_) => return,
        }
    }
    // Closing before all was read would take back what was said (a reset), so what is on its way is read first.
    let _ = exchange.stream.shutdown().await;
    let rest = async { while exchange.more().await.is_ok_and(|bytes| bytes > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(2), rest).await;
}

/// The length of the head, what it says, and how its body ends; `None` if it did not come whole.
async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<(usize, Seen, Framing)> {
    while bytes.len() < HEAD_BYTES_MAX {
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        if let httparse::Status::Complete(head_bytes) = request.parse(bytes).ok()? {
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            let headers: Vec<_> = request
                .headers
                .iter()
                .map(|field| (field.name.to_ascii_lowercase(), text(field.value)))
                .collect();
            let seen = Seen {
                method: request.method?.to_owned(),
                target: request.path?.to_owned(),
                headers,
                ..Seen::nameless("")
            };
            let chunked = seen.header("transfer-encoding").is_some_and(|value| value == "chunked");
            let length = seen.header("content-length").and_then(|value| value.parse().ok());
            let framing = match (chunked, length) {
                (true, _) => Framing::Chunked,
                (false, length) => Framing::Length(length.unwrap_or(0)),
            };
            return Some((head_bytes, seen, framing));
        }
    }
    None
}

impl Exchange {
    /// Whether the script goes on.
    async fn perform(&mut self, step: &Step) -> io::Result<bool> {
        match step {
            Step::Wait(ms) => sleep(Duration::from_millis(*ms)).await,
            Step::Body => self.body().await?,
            Step::Say(text) => self.stream.write_all(text.as_bytes()).await?,
            Step::Fill(bytes) => self.fill(*bytes).await?,
            Step::Echo => self.echo().await?,
            Step::Stall => {
                let rest = async { while self.more().await.is_ok_and(|bytes| bytes > 0) {} };
                let _ = tokio::time::timeout(SILENCE, rest).await;
                return Ok(false);
            }
            Step::Reset => {
                self.stream.set_zero_linger()?;
                return Ok(false);
            }
            Step::Pass(to) => {
                let mut other = TcpStream::connect(to).await?;
                other.write_all(&[self.head.as_slice(), &self.ahead].concat()).await?;
                copy_bidirectional(&mut self.stream, &mut other).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads more of what comes.
    async fn more(&mut self) -> io::Result<usize> {
        if self.ahead.len() > HEAD_BYTES_MAX {
            self.ahead.clear();
        }
        self.stream.read_buf(&mut self.ahead).await
    }

    /// Reads the body to its end, and writes down how much of it came.
    async fn body(&mut self) -> io::Result<()> {
        match self.framing {
            Framing::Length(bytes) => self.take(bytes).await?,
            Framing::Chunked => loop {
                let size = self.chunk_size().await?;
                self.take(size).await?;
                self.skip_line_end().await?;
                if size == 0 {
                    break;
                }
            },
        }
        self.page.edit(|seen| seen.whole = true);
        Ok(())
    }

    /// Reads so many bytes of the body.
    async fn take(&mut self, mut bytes: u64) -> io::Result<()> {
        while bytes > 0 {
            if self.ahead.is_empty() && self.more().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.ahead.len());
            let piece: Vec<u8> = self.ahead.drain(..now).collect();
            bytes = bytes.saturating_sub(now as u64);
            self.page.edit(|seen| {
                seen.body_bytes = seen.body_bytes.saturating_add(now as u64);
                let room = BODY_BYTES_KEPT.saturating_sub(seen.body.len());
                seen.body.extend(piece.iter().take(room));
            });
        }
        Ok(())
    }

    /// The size of the next chunk (RFC 9112 section 7.1).
    async fn chunk_size(&mut self) -> io::Result<u64> {
        loop {
            match httparse::parse_chunk_size(&self.ahead) {
                Ok(httparse::Status::Complete((line_bytes, size))) => {
                    self.ahead.drain(..line_bytes);
                    return Ok(size);
                }
                Ok(httparse::Status::Partial) if self.more().await? > 0 => {}
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    async fn skip_line_end(&mut self) -> io::Result<()> {
        while self.ahead.len() < 2 {
            if self.more().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.ahead.drain(..2);
        Ok(())
    }

    async fn fill(&mut self, mut bytes: u64) -> io::Result<()> {
        let filling = [b'x'; 16 << 10];
        while bytes > 0 {
            let now = usize::try_from(bytes).unwrap_or(usize::MAX).min(filling.len());
            self.stream.write_all(filling.get(..now).unwrap_or_default()).await?;
            bytes = bytes.saturating_sub(now as u64);
        }
        Ok(())
    }

    async fn echo(&mut self) -> io::Result<()> {
        self.body().await?;
        let seen = self.page.read();
        let account = json!({
            "service": seen.service,
            "method": seen.method,
            "target": seen.target,
            "probe": seen.header("x-probe"),
            "body": String::from_utf8_lossy(&seen.body).chars().take(256).collect::<String>(),
            "body_bytes": seen.body_bytes,
        });
        let account = account.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            account.len()
        );
        let account = if seen.method == "HEAD" { "" } else { &account };
        self.stream.write_all(format!("{head}{account}").as_bytes()).await
    }
}
