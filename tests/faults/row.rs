//! What a row of the table of faults is made of.

use tollgate_devstack::faults::script::Step;

/// Scripts for one request after the other; the last goes on, and none at all is an answer that tells what came.
pub(crate) type Turns = &'static [&'static [Step]];

/// One fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Its name, which no other row has.
    pub(crate) name: &'static str,
    /// What fails, in words.
    pub(crate) fails: &'static str,
    /// The service of the policy; the request is for `/SERVICE/NAME`.
    pub(crate) service: &'static str,
    /// What happens before the request that counts.
    pub(crate) before: &'static [Before],
    /// The request that counts.
    pub(crate) ask: Asked,
    /// What the service does, or the first of its regions.
    pub(crate) acts: Turns,
    /// What the second region does.
    pub(crate) second: Turns,
    /// What Google does.
    pub(crate) google: Google,
    /// How often Google is asked, where the service has a Google of its own.
    pub(crate) google_calls: usize,
    /// What the client gets.
    pub(crate) client: Client,
    /// Headers of the answer.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What the log says.
    pub(crate) log: Log,
    /// The requests that the service saw, as [`Asked`] and the page write them: `GET`, `POST 5 bytes`, `POST in part`; with
    /// the region before, where there are several.
    pub(crate) sent: &'static [&'static str],
    /// What happens besides, in words.
    pub(crate) besides: &'static str,
}

/// What a row has unless it says otherwise.
pub(crate) const ROW: Row = Row {
    name: "",
    fails: "",
    service: "plain",
    before: &[],
    ask: GET,
    acts: &[],
    second: &[],
    google: Google::Well,
    google_calls: 0,
    client: Client::Account,
    headers: &[],
    log: Log {
        severity: "INFO",
        code: None,
        ended: "service",
        attempts: 1,
        status: Some(200),
        breaker: None,
        region: None,
        tries: &[],
    },
    sent: &["GET"],
    besides: "",
};

/// What happens before the request that counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Before {
    /// The same request so many times, whatever is answered.
    Asked(u32),
    /// Nothing, for so many milliseconds.
    Wait(u64),
    /// Nothing, until ten seconds of the clock, in which retries are counted together, are not nearly over.
    Window,
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Its method.
    pub(crate) method: &'static str,
    /// Its body.
    pub(crate) body: Body,
    /// Further headers.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// After how many bytes of the answer the client goes away.
    pub(crate) leaves_after: Option<usize>,
}

/// The body of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    /// None.
    None,
    /// So many bytes, with their length.
    Bytes(usize),
    /// So many bytes in chunks.
    Chunked(usize),
    /// So many bytes in chunks, and then the client breaks off.
    Broken(usize),
}

/// A `GET`.
pub(crate) const GET: Asked = Asked {
    method: "GET",
    body: Body::None,
    headers: &[],
    leaves_after: None,
};

/// A `POST` with a body of five bytes.
pub(crate) const POST: Asked = Asked {
    method: "POST",
    body: Body::Bytes(5),
    ..GET
};

/// A `PUT` with a body of five bytes.
pub(crate) const PUT: Asked = Asked { method: "PUT", ..POST };

/// What Google does, for services that have a Google of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Google {
    /// What it should.
    Well,
    /// The token endpoint, where a service account's key signs.
    Token(Turns),
    /// The Security Token Service.
    Sts(Turns),
    /// The Service Account Credentials API.
    Iam(Turns),
}

/// What the client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// A problem document of ours.
    Refusal(u16, &'static str),
    /// The service's answer as it came.
    Passed(u16, &'static str),
    /// The service's account of this request.
    Account,
    /// 200, and a body of so many bytes, whole.
    Whole(u64),
    /// This status, and a body that everybody can see is not whole.
    Broken(u16),
    /// Nothing that counts: it went away.
    Gone,
}

/// What the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    /// `severity`.
    pub(crate) severity: &'static str,
    /// `tollgate.code`.
    pub(crate) code: Option<&'static str>,
    /// `tollgate.ended`.
    pub(crate) ended: &'static str,
    /// `tollgate.attempts`.
    pub(crate) attempts: u64,
    /// `tollgate.upstream_status`.
    pub(crate) status: Option<u64>,
    /// `tollgate.breaker`.
    pub(crate) breaker: Option<&'static str>,
    /// `tollgate.region`.
    pub(crate) region: Option<&'static str>,
    /// `tollgate.tries`, where the service has regions: the region of each, and its status or fault.
    pub(crate) tries: &'static [&'static str],
}

/// Something on the way to the service failed, after so many attempts.
pub(crate) const fn network(code: &'static str, attempts: u64) -> Log {
    Log {
        severity: "ERROR",
        code: Some(code),
        ended: "network",
        attempts,
        status: None,
        breaker: None,
        region: None,
        tries: &[],
    }
}

/// The same, with what was tried in which region, the last of which is `region`.
pub(crate) const fn tried(log: Log, region: &'static str, tries: &'static [&'static str]) -> Log {
    Log {
        region: Some(region),
        tries,
        ..log
    }
}

/// The edge refused, and nothing was sent.
pub(crate) const fn edge(severity: &'static str, code: &'static str) -> Log {
    Log {
        severity,
        code: Some(code),
        ended: "edge",
        attempts: 0,
        status: None,
        breaker: None,
        region: None,
        tries: &[],
    }
}

/// The service answered with this status, after so many attempts.
pub(crate) const fn answered(status: u64, attempts: u64) -> Log {
    Log {
        severity: if status < 500 { "INFO" } else { "WARNING" },
        status: Some(status),
        attempts,
        ..ROW.log
    }
}

/// The same, and its 5xx body was kept from the client.
pub(crate) const fn masked(status: u64, attempts: u64) -> Log {
    Log {
        code: Some("upstream-failed"),
        ..answered(status, attempts)
    }
}
