//! How a command's report is written.
//!
//! Promises: text from elsewhere can't move a terminal's cursor, or turn the order in which it shows a line.

use clap::ValueEnum;

/// For whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// For programs: one JSON object
    Json,
}

/// Text from elsewhere, fit for a terminal: control and format characters, bidirectional ones too, are shown by their
/// code.
pub(crate) fn printable(text: &str) -> String {
    const PLAIN: [char; 3] = ['"', '\'', '\\'];
    let mut shown = String::new();
    for piece in text.split_inclusive(PLAIN) {
        // What the standard library escapes for debugging, but for these three, which harm no terminal.
        let body = piece.strip_suffix(PLAIN).unwrap_or(piece);
        shown.extend(body.escape_debug());
        shown.push_str(piece.strip_prefix(body).unwrap_or_default());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_is_shown_as_it_is_but_for_what_steers() {
        for (name, text, shown) in [
            ("plain", "Acme, \"nightly\" 'x' \\", "Acme, \"nightly\" 'x' \\"),
            ("other scripts", "Zoë e\u{301} 日本 हिन्दी", "Zoë e\u{301} 日本 हिन्दी"),
            ("an escape", "a\u{1b}[2Kb\n", "a\\u{1b}[2Kb\\n"),
            ("turned around", "a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
            (
                "nothing to see",
                "a\u{200b}\u{ad}\u{feff}",
                "a\\u{200b}\\u{ad}\\u{feff}",
            ),
            ("a line of its own", "a\u{2028}b\u{85}", "a\\u{2028}b\\u{85}"),
        ] {
            assert_eq!(printable(text), shown, "{name}");
        }
    }
}
