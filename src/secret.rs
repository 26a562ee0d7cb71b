//! Values that must never be seen: tokens, keys, and what holds them.
//!
//! Promises: a [`Secret`] has no text form. Its `Debug` output is a constant, and it has no `Display`, `Serialize` or
//! `PartialEq`, so it cannot reach a log, an error, a panic message or a cache key by accident. The one way to the
//! value is [`Secret::expose`], which can be searched for.

use std::fmt;

use subtle::ConstantTimeEq;

/// A value that has no text form.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Puts `value` away.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each call is a place to review: what is done with it there must not make it visible.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<[u8]>> Secret<T> {
    /// Whether both hold the same bytes, in time that depends on their lengths only.
    pub fn same_bytes(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_ref(), other.0.as_ref());
        one.len() == other.len() && difference(one, other).ct_eq(&0).into()
    }
}

/// Every bit in which two texts of the same length differ, laid over one another. Eight bytes a step: this runs over the
/// whole token of every request, and byte by byte it was one of the dearest things in it.
fn difference(one: &[u8], other: &[u8]) -> u64 {
    let ((words, rest), (other_words, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let words = words.iter().zip(other_words);
    let of_words = words.fold(0, |bits, (one, other)| {
        bits | (u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other))
    });
    let rest = rest.iter().zip(other_rest);
    rest.fold(of_words, |bits, (one, other)| bits | u64::from(one ^ other))
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_tells_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
        assert_eq!(format!("{:?}", Some(Secret::new(vec![1, 2, 3]))), "Some(Secret(…))");
    }

    #[test]
    fn bytes_are_compared_whole() {
        assert!(Secret::new("abc").same_bytes(&Secret::new("abc")));
        assert!(!Secret::new("abc").same_bytes(&Secret::new("abd")));
        assert!(!Secret::new("abc").same_bytes(&Secret::new("ab")));
        let text = b"nineteen bytes long".to_vec();
        assert!(Secret::new(text.clone()).same_bytes(&Secret::new(text.clone())));
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[at] ^= 1 << bit;
                assert!(!Secret::new(text.clone()).same_bytes(&Secret::new(other)), "{at} {bit}");
            }
        }
    }
}
