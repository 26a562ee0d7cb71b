//! Claims as header values, for services that read no signed assertion.
//!
//! Promises: a value can be decoded in one way. It is visible ASCII, so it holds no line end, and no space at its ends
//! that a server would cut off. Whoever reads it splits at the separator first and percent-decodes each item then.

use crate::policy::wanted::Scalar;

/// The longest value, in bytes; of an assertion likewise. Servers take some 8 KiB for a header.
pub const VALUE_BYTES_MAX: usize = 8_192;

/// A claim as a header value: visible ASCII as it is, `%`, spaces and all else percent-encoded. So a space between
/// scopes is never one within a scope.
pub(super) fn header_text(claim: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%').add(b' ');
    encoded(claim, ENCODED)
}

/// Scopes with a space between; `None` if there are none.
pub(super) fn scopes_text(scopes: &[String]) -> Option<String> {
    let scopes: Vec<String> = scopes.iter().map(|scope| header_text(scope)).collect();
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

/// The values of a claim with a comma between; `None` if none of them can be told. A comma within a value is encoded.
pub(super) fn values_text(values: &[Scalar]) -> Option<String> {
    const ENCODED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%').add(b' ').add(b',');
    let values: Vec<String> = values
        .iter()
        .map(|value| match value {
            Scalar::Text(text) => encoded(text, ENCODED),
            Scalar::Number(number) => number.to_string(),
            Scalar::Flag(flag) => flag.to_string(),
        })
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn encoded(text: &str, set: &'static percent_encoding::AsciiSet) -> String {
    percent_encoding::utf8_percent_encode(text, set).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_be_split_and_decoded_in_one_way() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (name, values, expected) in [
            ("nothing that can be told", vec![], None),
            ("one", vec![text("acme")], Some("acme")),
            ("several", vec![text("a"), text("b")], Some("a,b")),
            ("a comma within", vec![text("a,b")], Some("a%2Cb")),
            ("a percent sign", vec![text("100%")], Some("100%25")),
            ("spaces", vec![text(" a b ")], Some("%20a%20b%20")),
            ("a line end", vec![text("a\r\nb: c")], Some("a%0D%0Ab:%20c")),
            ("other scripts", vec![text("Łódź")], Some("%C5%81%C3%B3d%C5%BA")),
            ("DEL", vec![text("\u{7f}")], Some("%7F")),
            ("an empty text", vec![text("")], Some("")),
            (
                "a number and a flag",
                vec![Scalar::Number(-7), Scalar::Flag(true)],
                Some("-7,true"),
            ),
        ] {
            assert_eq!(values_text(&values).as_deref(), expected, "{name}");
        }
        assert_eq!(header_text("a,b"), "a,b", "a claim that is no list");
    }
}
