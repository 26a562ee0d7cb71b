//! What a faulty service does with a request, as data.
//!
//! Promises that a script can be written as a constant, so that a table of faults is a table, and that the answers which
//! Google's front end gives stand here once, in its own words.

use std::borrow::Cow;
use std::net::SocketAddr;

/// One thing that is done with a request whose head was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Waits so many milliseconds.
    Wait(u64),
    /// Reads the request's body to its end.
    Body,
    /// Writes exactly this.
    Say(Cow<'static, str>),
    /// Writes so many bytes that all are `x`.
    Fill(u64),
    /// Reads the body, and answers 200 with an account of the request.
    Echo,
    /// Says nothing more, until the other side goes away.
    Stall,
    /// Breaks the connection off, so that the other side sees a reset.
    Reset,
    /// Gives the request to another server, as it came, and what that says back.
    Pass(SocketAddr),
}

/// What is done with a request, step by step. The connection is closed at the end.
pub type Script = Cow<'static, [Step]>;

/// [`Step::Say`] as a constant.
#[must_use]
pub const fn say(text: &'static str) -> Step {
    Step::Say(Cow::Borrowed(text))
}

/// What a service does with the requests for one path.
#[derive(Debug, Clone)]
pub enum Plan {
    /// A script for each request, one after the other; the last goes on for ever. None at all is [`Step::Echo`].
    Turns(Vec<Script>),
    /// One of the scripts for so many of a hundred requests, by chance, and [`Step::Echo`] for the others. The same seed
    /// is the same chance.
    Chance {
        /// How many of a hundred.
        percent: u64,
        /// What may happen.
        scripts: Vec<Script>,
        /// Where chance begins.
        seed: u64,
    },
}

impl Plan {
    /// These scripts, one after the other.
    #[must_use]
    pub fn turns(scripts: &'static [&'static [Step]]) -> Self {
        Self::Turns(scripts.iter().map(|steps| Cow::Borrowed(*steps)).collect())
    }

    /// The script of the request that comes after so many others.
    #[must_use]
    pub fn script(&self, number: u64) -> Script {
        const ECHO: &[Step] = &[Step::Echo];
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let script = match self {
            Self::Turns(scripts) => scripts.get(place(number)).or_else(|| scripts.last()),
            Self::Chance { percent, scripts, seed } => {
                let chance = mixed(seed.wrapping_add(number));
                let which = (chance >> 32).checked_rem(scripts.len() as u64).unwrap_or(0);
                scripts.get(place(which)).filter(|_| chance % 100 < *percent)
            }
        };
        script.cloned().unwrap_or(Cow::Borrowed(ECHO))
    }
}

/// SplitMix64: neighbouring numbers become numbers that have nothing in common.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// No instance took the request (Google's "Troubleshoot Cloud Run issues", 429).
pub const RATE_EXCEEDED: Step = say("HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/html\r\n\
     Server: Google Frontend\r\nX-Cloud-Trace-Context: 0af7651916cd43dd8448eb211c80319c;o=1\r\n\
     Content-Length: 14\r\nConnection: close\r\n\r\nRate exceeded.");

/// IAM does not know the token (the same, 401).
pub const IAM_401: Step = say("HTTP/1.1 401 Unauthorized\r\n\
     WWW-Authenticate: Bearer error=\"invalid_token\" error_description=\"The access token could not be verified\"\r\n\
     Content-Type: text/html; charset=UTF-8\r\nServer: Google Frontend\r\nConnection: close\r\n\r\n\
     \n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
     <title>401 Unauthorized</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Unauthorized</h1>\n\
     <h2>Your client does not have permission to the requested URL <code>/</code>.</h2>\n<h2></h2>\n</body></html>\n");

/// IAM does not let the account in (the same, 403).
pub const IAM_403: Step = say("HTTP/1.1 403 Forbidden\r\n\
     Content-Type: text/html; charset=UTF-8\r\nServer: Google Frontend\r\nConnection: close\r\n\r\n\
     \n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
     <title>403 Forbidden</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Forbidden</h1>\n\
     <h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>\n<h2></h2>\n</body></html>\n");

/// The front end found no instance that is ready (the same, 503).
pub const NO_INSTANCE: Step = say(
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=UTF-8\r\n\
     Server: Google Frontend\r\nConnection: close\r\n\r\n\
     \n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
     <title>503 Service Unavailable</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n\
     <h1>Error: Service Unavailable</h1>\n<h2>The service you requested is not available yet.<p>Please try again in 30 \
     seconds.</h2>\n<h2></h2>\n</body></html>\n",
);
