//! What a credential is, before anything is known of it.
//!
//! Promises: its length is bounded, and it has no text form outside a request.

use crate::{rejection::TokenRefusal, secret::Secret};

/// The longest token that is read, in bytes.
pub const TOKEN_BYTES_MAX: usize = 8_192;

/// A token, not verified and without text form.
pub type Token = Secret<String>;

/// Checks that what was sent can be a token at all (RFC 6750 section 2.1). Not needed for one that is the same as a token
/// which was verified.
///
/// # Errors
/// [`TokenRefusal::Malformed`].
pub fn check_form(token: &Token) -> Result<(), TokenRefusal> {
    let text = token.expose().trim_end_matches('=');
    let well_formed = !text.is_empty() && text.bytes().all(is_token_byte);
    if well_formed {
        Ok(())
    } else {
        Err(TokenRefusal::Malformed)
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_token_is_looked_at() {
        for (name, text, well_formed) in [
            ("a JWT", "a.b-c.d_e", true),
            ("an opaque one", "ab+c/d~e==", true),
            ("nothing", "", false),
            ("padding alone", "==", false),
            ("padding within", "a=b", false),
            ("two tokens", "a, Bearer b", false),
            ("a space", "a b", false),
            ("no ASCII", "\u{fc}", false),
            ("a form character", "a&token=b", false),
            ("a line end", "a\n", false),
        ] {
            let formed = check_form(&Secret::new(text.to_owned()));
            assert_eq!(formed.is_ok(), well_formed, "{name}");
        }
    }
}
