//! The faults as a client sees them.

use std::borrow::Cow;
use std::io::ErrorKind;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::script::{Step, say};
use super::*;

async fn service() -> (FaultyService, Book) {
    let book = Book::default();
    let service = FaultyService::start("a", book.clone()).await.expect("a service");
    (service, book)
}

/// What came, and how it ended.
async fn ask(service: &FaultyService, request: &str) -> (String, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(service.addr).await.expect("it listens");
    let _ = stream.write_all(request.as_bytes()).await;
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        ended.err().map(|why| why.kind()),
    )
}

const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-Probe: 1\r\n\r\n";

#[tokio::test]
async fn each_path_has_its_script() {
    const PART: &[Step] = &[say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), Step::Fill(2)];
    let (service, book) = service().await;
    service.plan("/a", Plan::turns(&[PART, &[Step::Reset], &[Step::Echo]]));
    let (text, end) = ask(&service, GET).await;
    assert!(text.ends_with("\r\n\r\nhalfxx") && end.is_none(), "{text} {end:?}");
    assert_eq!(
        ask(&service, GET).await,
        (String::new(), Some(ErrorKind::ConnectionReset))
    );
    for _ in 0..2 {
        let (text, _) = ask(&service, GET).await;
        assert!(
            text.contains("\"probe\":\"1\"") && text.contains("\"target\":\"/a?b=c\""),
            "{text}"
        );
    }
    assert_eq!((book.seen_at("/a").len(), book.seen_at("/b").len()), (4, 0));
}

#[tokio::test]
async fn bodies_are_counted_whole_and_in_part() {
    let (service, book) = service().await;
    for (body, bytes, whole) in [
        ("Content-Length: 5\r\n\r\nhello", 5, true),
        (
            "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            5,
            true,
        ),
        ("\r\n", 0, true),
    ] {
        let (text, _) = ask(&service, &format!("POST /b HTTP/1.1\r\nHost: x\r\n{body}")).await;
        assert!(text.starts_with("HTTP/1.1 200"), "{body}: {text}");
        let seen = book.seen().pop().expect("it");
        assert_eq!((seen.body_bytes, seen.whole), (bytes, whole), "{body}");
    }
    for body in [
        "Content-Length: 9\r\n\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\n9\r\nhel",
    ] {
        let mut stream = TcpStream::connect(service.addr).await.expect("it listens");
        let part = format!("POST /b HTTP/1.1\r\nHost: x\r\n{body}");
        stream.write_all(part.as_bytes()).await.expect("a part");
        stream.shutdown().await.expect("an end");
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let seen = book.seen().pop().expect("it");
        assert_eq!((seen.body_bytes, seen.whole), (3, false), "{body}");
    }
}

#[tokio::test]
async fn chance_comes_of_a_seed() {
    let plan = |seed| Plan::Chance {
        percent: 10,
        scripts: vec![Cow::Borrowed(&[Step::Reset]), Cow::Borrowed(&[Step::Stall])],
        seed,
    };
    let of = |plan: &Plan| (0..10_000).map(|number| plan.script(number)).collect::<Vec<_>>();
    let scripts = of(&plan(1));
    assert_eq!(scripts, of(&plan(1)));
    assert_ne!(scripts, of(&plan(2)));
    for (step, least, most) in [
        (Step::Reset, 400, 600),
        (Step::Stall, 400, 600),
        (Step::Echo, 8_800, 9_200),
    ] {
        let count = scripts.iter().filter(|script| script.first() == Some(&step)).count();
        assert!((least..=most).contains(&count), "{step:?}: {count}");
    }
}

#[tokio::test]
async fn closed_and_full_ports_take_nobody() {
    let closed = ClosedPort::take().expect("a port");
    let addr = |url: String| url.trim_start_matches("http://").to_owned();
    let refused = TcpStream::connect(addr(closed.url().expect("its URL"))).await;
    assert_eq!(
        refused.map_err(|why| why.kind()).expect_err("closed"),
        ErrorKind::ConnectionRefused
    );
    let full = FullPort::take().await.expect("a port");
    let waits = timeout(
        Duration::from_millis(500),
        TcpStream::connect(addr(full.url().expect("its URL"))),
    );
    assert!(waits.await.is_err(), "it was let in");
}
