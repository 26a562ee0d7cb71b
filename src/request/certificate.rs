//! The client's TLS certificate, from the text that platforms show to its bytes.
//!
//! Promises: what comes out is the whole of one certificate, as RFC 7468 section 5 writes it, and its bytes are those that
//! the client sent: thumbprints are made of them (RFC 8705 section 3.1). What is inside is not looked at.
//! Refuses, with nothing: other labels, more than one certificate, headers, and what is too long.

use pem_rfc7468::Decoder;

/// The longest text that is read, in bytes. Certificates of clients have some 2,000.
const PEM_BYTES_MAX: usize = 32_768;

/// The label of a certificate (RFC 7468 section 5.1).
const LABEL: &str = "CERTIFICATE";

/// The certificate's DER.
#[must_use]
pub fn der(pem: &[u8]) -> Option<Vec<u8>> {
    if pem.len() > PEM_BYTES_MAX {
        return None;
    }
    // No platform says how long its lines are.
    let mut decoder = Decoder::new_detect_wrap(pem).ok()?;
    if decoder.type_label() != LABEL {
        return None;
    }
    let mut der = Vec::new();
    decoder.decode_to_end(&mut der).ok()?;
    (!der.is_empty()).then_some(der)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn pem(label: &str, der: &[u8], width: usize) -> String {
        let text: Vec<char> = STANDARD.encode(der).chars().collect();
        let lines: Vec<String> = text.chunks(width).map(|line| line.iter().collect()).collect();
        let body = lines.join("\n");
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn one_certificate_is_read_and_nothing_else() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let good = pem(LABEL, &bytes, 64);
        let long = vec![0x30; PEM_BYTES_MAX];
        let table = [
            ("a certificate", good.clone(), true),
            ("longer lines", pem(LABEL, &bytes, 76), true),
            ("one line", pem(LABEL, &bytes, 4_096), true),
            ("ends of lines as in RFC 5322", good.replace('\n', "\r\n"), true),
            ("no end of the last line", good.trim_end().to_owned(), true),
            ("a key", pem("PRIVATE KEY", &bytes, 64), false),
            ("a chain", format!("{good}{good}"), false),
            (
                "a header",
                good.replacen("-----\n", "-----\nProc-Type: 4\n\n", 1),
                false,
            ),
            ("another end", good.replace("END CERTIFICATE", "END X509 CRL"), false),
            ("cut", good.split_at(good.len() / 2).0.to_owned(), false),
            ("spoiled", good.replacen("AAEC", "A*EC", 1), false),
            ("no PEM", STANDARD.encode(&bytes), false),
            ("nothing in it", pem(LABEL, &[], 64), false),
            ("nothing", String::new(), false),
            ("too long", pem(LABEL, &long, 64), false),
        ];
        for (name, text, taken) in table {
            assert_eq!(der(text.as_bytes()), taken.then(|| bytes.clone()), "{name}");
        }
    }
}
