//! W3C Trace Context: the trace that a request belongs to.
//!
//! Promises: a well-formed `traceparent` is continued, with its trace and flags and a span of our own; else a trace is
//! begun. The identifiers of ours are hashes (XXH64) of the platform's identifier for the request, the POP and the clock.
//! The platform gives each request another identifier, so no two are likely to have the same, and a hash spreads them as the
//! standard asks of identifiers (section 3.2.2.3); randomness is not needed. They are no secret.
//!
//! A trace that is begun here is not sampled: whether one is kept costs its owner money, so that is left to Cloud Run's
//! own sampling: `X-Cloud-Trace-Context` leaves the flag out then. Not tried on Google is whether Cloud Run takes the
//! cleared flag of `traceparent` for a decision.

use twox_hash::XxHash64;

use crate::time::WallClock;

/// The flags that are passed on: sampled, and random trace id (level 2). All others must be cleared.
const FLAGS_KEPT: u8 = 0b11;

/// What a client's `traceparent` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    trace_id: TraceId,
    flags: u8,
}

/// In halves, since numbers of 128 bits are dear in WebAssembly. Never zero.
type TraceId = [u64; 2];

impl Parent {
    /// Reads `<version>-<32 hex>-<16 hex>-<2 hex>` (section 3.2.2). A version after 00 may have more behind it, of which
    /// nothing is known (section 3.2.4); its flags mean what those of 00 mean.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(5, '-');
        let version = hex(fields.next()?, 2)?;
        let (first, second) = fields.next()?.split_at_checked(16)?;
        let trace_id = [hex(first, 16)?, hex(second, 16)?];
        let span_id = hex(fields.next()?, 16)?;
        let flags = hex(fields.next()?, 2)?;
        let known = version != 0xff && (version != 0 || fields.next().is_none());
        (known && trace_id != [0, 0] && span_id != 0).then_some(())?;
        Some(Self {
            trace_id,
            flags: u8::try_from(flags).ok()? & FLAGS_KEPT,
        })
    }

    /// The trace in 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(self) -> String {
        written(self.trace_id)
    }
}

/// So many hexadecimal digits, in lower case as the standard has them.
fn hex(text: &str, digits: usize) -> Option<u64> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let well_formed = text.len() == digits && text.bytes().all(lower);
    well_formed.then(|| u64::from_str_radix(text, 16).ok())?
}

fn written([first, second]: TraceId) -> String {
    format!("{first:016x}{second:016x}")
}

/// The trace of one request, and the gateway's own span in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    trace_id: TraceId,
    span_id: u64,
    flags: u8,
    /// Whether the client began it.
    continued: bool,
}

impl Trace {
    /// Begins a trace. `request_id` is the platform's, which no client can choose.
    #[must_use]
    pub fn begin(now: WallClock, request_id: &str, pop: &str) -> Self {
        // They need only be unlike each other: a tenth of what a digest costs, and every request has one.
        let of_request = format!("{request_id}\0{pop}\0{}", now.unix_ms);
        // Zero is no identifier.
        let number = |seed| XxHash64::oneshot(seed, of_request.as_bytes()).max(1);
        Self {
            trace_id: [number(4), number(5)],
            span_id: number(6),
            flags: 0,
            continued: false,
        }
    }

    /// The same span in the client's trace.
    #[must_use]
    pub fn under(self, parent: Parent) -> Self {
        Self {
            trace_id: parent.trace_id,
            flags: parent.flags,
            continued: true,
            ..self
        }
    }

    /// The trace in 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        written(self.trace_id)
    }

    /// The gateway's own span in 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }

    /// Whether whoever began the trace records it.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// The value of `traceparent` for the service.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{:016x}-{:02x}", self.trace_id(), self.span_id, self.flags)
    }

    /// The value of `X-Cloud-Trace-Context` (Google Cloud Trace, "Trace context"): the span in decimal digits, and the flag
    /// where the client said one.
    #[must_use]
    pub fn cloud_trace_context(&self) -> String {
        let mut text = format!("{}/{}", self.trace_id(), self.span_id);
        if self.continued {
            text.push_str(if self.is_sampled() { ";o=1" } else { ";o=0" });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallClock = WallClock {
        unix_ms: 1_795_248_000_042,
    };

    #[test]
    fn only_a_well_formed_traceparent_is_continued() {
        for (name, text, flags) in [
            (
                "sampled",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                Some(1),
            ),
            (
                "not sampled",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                Some(0),
            ),
            (
                "random",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
                Some(3),
            ),
            (
                "unknown flags",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fd",
                Some(1),
            ),
            (
                "a later version",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                Some(1),
            ),
            (
                "one with more",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-ever",
                Some(1),
            ),
            (
                "one with a dash",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
                Some(1),
            ),
            (
                "one with more but no dash",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what",
                None,
            ),
            ("nothing", "", None),
            ("no flags", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", None),
            (
                "00 with more",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                None,
            ),
            (
                "00 with a dash",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
                None,
            ),
            (
                "version ff",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                None,
            ),
            (
                "no version",
                "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                None,
            ),
            (
                "no trace",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                None,
            ),
            (
                "no span",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                None,
            ),
            (
                "capitals",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                None,
            ),
            (
                "a sign",
                "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                None,
            ),
            (
                "a space",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
                None,
            ),
            (
                "two",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01,00-0af7651916cd43dd8448eb211c80319c",
                None,
            ),
        ] {
            let parent = Parent::parse(text);
            assert_eq!(parent.map(|parent| parent.flags), flags, "{name}");
            let trace = parent.map(Parent::trace_id);
            assert!(
                trace.is_none_or(|trace| trace == "0af7651916cd43dd8448eb211c80319c"),
                "{name}"
            );
        }
    }

    #[test]
    fn a_trace_goes_on_with_a_span_of_our_own() {
        let begun = Trace::begin(NOW, "r1", "AMS");
        let parent = Parent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let trace = begun.under(parent);
        assert_eq!(trace.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(trace.span_id(), begun.span_id());
        assert_ne!(trace.span_id(), "b7ad6b7169203331");
        assert_eq!(
            trace.traceparent(),
            format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", trace.span_id())
        );
        let span = u64::from_str_radix(&trace.span_id(), 16).unwrap();
        assert_eq!(
            trace.cloud_trace_context(),
            format!("0af7651916cd43dd8448eb211c80319c/{span};o=1")
        );
    }

    #[test]
    fn traces_that_are_begun_differ_and_are_not_sampled() {
        let begun = Trace::begin(NOW, "r1", "AMS");
        assert!(!begun.is_sampled());
        let span = u64::from_str_radix(&begun.span_id(), 16).unwrap();
        assert_eq!(begun.cloud_trace_context(), format!("{}/{span}", begun.trace_id()));
        let parent = Parent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").unwrap();
        let unsampled = begun.under(parent).cloud_trace_context();
        assert_eq!(unsampled, format!("0af7651916cd43dd8448eb211c80319c/{span};o=0"));
        assert!(Parent::parse(&begun.traceparent()).is_some());
        assert_eq!(begun, Trace::begin(NOW, "r1", "AMS"));
        for (name, other) in [
            ("another request", Trace::begin(NOW, "r2", "AMS")),
            ("another POP", Trace::begin(NOW, "r1", "FRA")),
            ("another time", Trace::begin(WallClock { unix_ms: 0 }, "r1", "AMS")),
        ] {
            assert_ne!(begun.trace_id(), other.trace_id(), "{name}");
            assert_ne!(begun.span_id(), other.span_id(), "{name}");
        }
    }
}
