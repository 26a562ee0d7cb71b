//! Whether a header value is text: visible ASCII, spaces and tabs (RFC 9110 section 5.5, without `obs-text`).
//!
//! Promises the same answer as a look at each byte. Eight bytes are looked at in one step, since a token has a thousand
//! and more, and byte by byte this was the dearest part of reading a request.

/// Whether all bytes are visible ASCII, spaces or tabs.
pub(super) fn is_visible(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    words
        .iter()
        .all(|word| is_printable(*word) || word.iter().all(is_visible_byte))
        && rest.iter().all(is_visible_byte)
}

fn is_visible_byte(byte: &u8) -> bool {
    matches!(byte, 0x20..=0x7e | b'\t')
}

/// Whether all eight are in `0x20..=0x7e`. A byte above 0x7f has its high bit set; one of 0x7f gets it when 1 is added;
/// one below 0x20 gets it when 0x20 is taken away. What is carried or borrowed between bytes only comes from a byte that
/// is refused itself.
fn is_printable(bytes: [u8; 8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    (word | word.wrapping_add(ONES) | word.wrapping_sub(ONES * 0x20)) & HIGH == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_counts_wherever_it_stands() {
        for length in [0, 1, 7, 8, 9, 16, 23] {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    for others in [b' ', b'a', b'~'] {
                        let mut bytes = vec![others; length];
                        bytes[at] = byte;
                        assert_eq!(
                            is_visible(&bytes),
                            is_visible_byte(&byte),
                            "{byte:#x} at {at} of {length}"
                        );
                    }
                }
            }
            assert!(is_visible(&vec![b'\t'; length]));
        }
    }

    #[test]
    fn pairs_of_neighbours_do_not_hide_each_other() {
        for one in 0..=u8::MAX {
            for next in 0..=u8::MAX {
                let bytes = [b'a', b'a', one, next, b'a', b'a', b'a', b'a'];
                let expected = is_visible_byte(&one) && is_visible_byte(&next);
                assert_eq!(is_visible(&bytes), expected, "{one:#x} {next:#x}");
            }
        }
    }
}
