//! The reasons why a request can't be read in one way only.

/// Why a request can't be read in one way only. Each is a 400 answer with the code `request-ambiguous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguity {
    /// The method is not upper-case letters, or is one that must not pass a gateway (`CONNECT`, `TRACE`).
    Method,
    /// The target is too long.
    TargetTooLong,
    /// The target is not in origin form: it doesn't begin with `/`.
    TargetForm,
    /// A `.` or `..` segment, plain or encoded, also where a backslash, an encoded slash or a `;` ends it.
    DotSegment,
    /// An empty segment: `//`.
    DoubleSlash,
    /// A backslash, plain or encoded.
    Backslash,
    /// An encoded slash, `%2F`.
    EncodedSlash,
    /// A path parameter: `;`.
    PathParameter,
    /// A control character or NUL, plain or encoded.
    ControlCharacter,
    /// `%` that two hexadecimal digits do not follow.
    PercentEncoding,
    /// Bytes that are not UTF-8 once decoded, or that are not ASCII before.
    Text,
    /// A fragment: `#`.
    Fragment,
    /// No `Host`, more than one, or one that is no host name or address.
    Host,
    /// More than one `Authorization`.
    Authorization,
    /// More than one `Content-Length`, one that is no number, or one beside `Transfer-Encoding`.
    ContentLength,
    /// A `Transfer-Encoding` that is not `chunked` alone (RFC 9112 section 6.1).
    TransferEncoding,
    /// A header that the route asks for comes more than once.
    RepeatedHeader,
    /// A query parameter that the route asks for comes more than once.
    RepeatedParameter,
    /// Too many headers, or a value that is not text where text is needed.
    Headers,
}

impl Ambiguity {
    /// The word for this reason in logs and answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::TargetTooLong => "target-too-long",
            Self::TargetForm => "target-form",
            Self::DotSegment => "dot-segment",
            Self::DoubleSlash => "double-slash",
            Self::Backslash => "backslash",
            Self::EncodedSlash => "encoded-slash",
            Self::PathParameter => "path-parameter",
            Self::ControlCharacter => "control-character",
            Self::PercentEncoding => "percent-encoding",
            Self::Text => "text",
            Self::Fragment => "fragment",
            Self::Host => "host",
            Self::Authorization => "authorization",
            Self::ContentLength => "content-length",
            Self::TransferEncoding => "transfer-encoding",
            Self::RepeatedHeader => "repeated-header",
            Self::RepeatedParameter => "repeated-parameter",
            Self::Headers => "headers",
        }
    }
}
