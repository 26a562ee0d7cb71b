//! What a service's answer means: whether it goes to the client as it is.
//!
//! Promises: Cloud Run's own refusals are told from the service's by Google's own pages in their exact form, and only by these; all that a
//! service says itself below 500 passes. A 5xx keeps its status and loses its body, which tells of the inside, unless the
//! route says that it passes.
//!
//! `server` says nothing here: Google's front end sets it on every answer, the service's own included.

use crate::rejection::Rejection;

/// The most that is looked at of a body, in bytes. Google's pages are shorter.
pub const BEGINNING_BYTES_MAX: usize = 1_024;

/// The longest time in `Retry-After` that is passed on, in seconds: a day.
const RETRY_AFTER_S_MAX: u32 = 86_400;

/// What is known of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The status.
    pub status: u16,
    /// The values of `Content-Type`.
    pub content_type: &'a [&'a [u8]],
    /// The values of `WWW-Authenticate`.
    pub challenges: &'a [&'a [u8]],
    /// The values of `Retry-After`.
    pub retry_after: &'a [&'a [u8]],
    /// The beginning of the body, where [`needs_beginning`] asked for it; empty for an answer without one.
    pub beginning: &'a [u8],
}

/// Whether the beginning of the body must be known: only where one of Google's own pages could be in it.
#[must_use]
pub fn needs_beginning(status: u16, content_type: &[&[u8]]) -> bool {
    matches!(status, 401 | 403 | 429 | 503) && is_html(content_type)
}

/// Whether the page of a 429 is Cloud Run's own, for want of an instance: the two words alone, or in Google's page.
#[must_use]
pub fn has_no_instance(beginning: &[u8]) -> bool {
    beginning.trim_ascii() == b"Rate exceeded."
        || is_googles_page(beginning, "429 Too Many Requests</title>", "Rate exceeded.</h2>")
}

/// Whether an answer passes. `pass_errors` is whether the route lets the bodies of 5xx answers through.
///
/// # Errors
/// [`Rejection::UpstreamDenied`] and [`Rejection::UpstreamOverloaded`] for Cloud Run's own, whatever the route says;
/// [`Rejection::UpstreamFailed`] for a 5xx whose body does not pass, and for a status that HTTP does not have (RFC 9110
/// section 15); [`Rejection::UpstreamReset`] for an interim status in place of an answer.
pub fn passes(answered: &Answered<'_>, pass_errors: bool) -> Result<(), Rejection> {
    if let Some(cause) = denied(answered) {
        return Err(Rejection::UpstreamDenied(cause.to_owned()));
    }
    if let Some(cause) = overloaded(answered) {
        return Err(Rejection::UpstreamOverloaded {
            cause: cause.to_owned(),
            retry_after_s: retry_after_s(answered.retry_after),
        });
    }
    let failed = |status| Rejection::UpstreamFailed {
        status,
        retry_after_s: retry_after_s(answered.retry_after),
    };
    match answered.status {
        0..=199 => Err(Rejection::UpstreamReset(format!(
            "the answer is {}, which nobody asked for",
            answered.status
        ))),
        500..=599 if pass_errors => Ok(()),
        status @ 500..=599 => Err(failed(status)),
        600.. => Err(failed(502)),
        200..=499 => Ok(()),
    }
}

/// Cloud Run's IAM check, and what to look at (Cloud Run, "Troubleshoot Cloud Run issues").
fn denied(answered: &Answered<'_>) -> Option<&'static str> {
    const INVALID_TOKEN: &[u8] =
        br#"Bearer error="invalid_token" error_description="The access token could not be verified""#;
    if !is_html(answered.content_type) {
        return None;
    }
    let says = |title: &str, text: &str| is_googles_page(answered.beginning, title, text);
    match answered.status {
        // An answer to HEAD has no page, but the challenge is Google's too.
        401 if says(
            "401 Unauthorized</title>",
            "Your client does not have permission to the requested URL <code>",
        ) || (answered.beginning.is_empty() && answered.challenges == [INVALID_TOKEN]) =>
        {
            Some(
                "Cloud Run's IAM check did not take the gateway's ID token: check that `audience` is the service's URL or \
                 one of its custom audiences, and that the token has not expired",
            )
        }
        403 if says(
            "403 Forbidden</title>",
            "Your client does not have permission to get URL <code>",
        ) =>
        {
            Some(
                "Cloud Run's IAM check refused the gateway: check that `invoker` has roles/run.invoker on the service, \
                 and that the service's ingress is open to all",
            )
        }
        _ => None,
    }
}

/// Cloud Run without an instance to spare (Cloud Run, "Troubleshoot Cloud Run issues", 429 and 503).
fn overloaded(answered: &Answered<'_>) -> Option<&'static str> {
    if !is_html(answered.content_type) {
        return None;
    }
    let says = |title: &str, text: &str| is_googles_page(answered.beginning, title, text);
    match answered.status {
        429 if has_no_instance(answered.beginning) => Some(
            "Cloud Run had no instance for the request: check the service's maximum of instances and its concurrency",
        ),
        503 if says("503 ", "The service you requested is not available yet.") => {
            Some("Cloud Run has no instance that is ready: check that the service starts")
        }
        _ => None,
    }
}

/// The seconds of one `Retry-After`; a date is not read, since the gateway's own answer says seconds.
fn retry_after_s(values: &[&[u8]]) -> Option<u32> {
    let [value] = values else {
        return None;
    };
    let text = std::str::from_utf8(value).ok()?.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits)?;
    (1..=RETRY_AFTER_S_MAX).contains(&seconds).then_some(seconds)
}

fn is_html(content_type: &[&[u8]]) -> bool {
    let [value] = content_type else {
        return false;
    };
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"text/html")
}

/// Whether this is the beginning of a page as Google's front end writes them: from the first byte on, with the status for a
/// title and the sentence where it stands there. A service's own page that repeats the words elsewhere, since somebody sent
/// them, is no such page.
fn is_googles_page(beginning: &[u8], title: &str, sentence: &str) -> bool {
    let page = beginning.trim_ascii_start();
    let begins = |with: &str| {
        let first = page.get(..with.len());
        first.is_some_and(|first| first.eq_ignore_ascii_case(with.as_bytes()))
    };
    (begins("<html") || begins("<!doctype html"))
        && holds(page, &format!("<title>{title}"))
        && holds(page, &format!("<h2>{sentence}"))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests;
