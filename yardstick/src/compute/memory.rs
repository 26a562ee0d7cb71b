//! The program's memory, as host calls read and write it.
//!
//! Promises that nothing outside it is touched: a pointer that leads there is a trap. Numbers are little-endian.

use super::abi::{Fault, Status};

/// The program's memory during one host call.
pub(super) struct Memory<'a>(&'a mut [u8]);

impl<'a> Memory<'a> {
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    /// Its size in bytes.
    pub(super) const fn size(&self) -> usize {
        self.0.len()
    }

    /// `length` bytes from `at`.
    pub(super) fn bytes(&self, at: u32, length: u32) -> Result<&[u8], Fault> {
        let end = at.checked_add(length).ok_or_else(|| outside(at))?;
        self.0.get(index(at)..index(end)).ok_or_else(|| outside(at))
    }

    /// As [`Self::bytes`], and they must be UTF-8.
    pub(super) fn text(&self, at: u32, length: u32) -> Result<&str, Fault> {
        std::str::from_utf8(self.bytes(at, length)?).map_err(|_| Status::INVAL.into())
    }

    /// The 32-bit number at `at`.
    pub(super) fn u32(&self, at: u32) -> Result<u32, Fault> {
        let bytes = self.bytes(at, 4)?.try_into().map_err(|_| outside(at))?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The 64-bit number at `at`.
    pub(super) fn u64(&self, at: u32) -> Result<u64, Fault> {
        let bytes = self.bytes(at, 8)?.try_into().map_err(|_| outside(at))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Writes bytes to `at`. Nothing is written to the null pointer, which stands for "not wanted".
    pub(super) fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Fault> {
        if at == 0 {
            return Ok(());
        }
        let end = index(at).checked_add(bytes.len()).ok_or_else(|| outside(at))?;
        let place = self.0.get_mut(index(at)..end).ok_or_else(|| outside(at))?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a 32-bit number to `at`.
    pub(super) fn put_u32(&mut self, at: u32, number: u32) -> Result<(), Fault> {
        self.put(at, &number.to_le_bytes())
    }

    /// Writes a value into a buffer and its length to `written_at`. Where the buffer is too short, that is the length
    /// that is needed.
    pub(super) fn give(&mut self, value: &[u8], buffer: Buffer, written_at: u32) -> Result<(), Fault> {
        let length = u32::try_from(value.len()).map_err(|_| Status::BUFLEN)?;
        self.put_u32(written_at, length)?;
        if length > buffer.length {
            return Err(Status::BUFLEN.into());
        }
        self.put(buffer.at, value)
    }

    /// Writes values from number `cursor` on into a buffer, a zero byte after each, as many as fit; then their length to
    /// `written_at`, and to `ending_at` the number of the first that did not fit, or -1. Where not even one fits,
    /// `written_at` gets the length that is needed.
    pub(super) fn give_list<'v>(
        &mut self,
        values: impl Iterator<Item = &'v [u8]>,
        buffer: Buffer,
        cursor: u32,
        ending_at: u32,
        written_at: u32,
    ) -> Result<(), Fault> {
        let mut list: Vec<u8> = Vec::new();
        let mut ending: i64 = -1;
        for (number, value) in (0_u32..).zip(values).skip(index(cursor)) {
            let needed = list.len().saturating_add(value.len()).saturating_add(1);
            if needed > index(buffer.length) {
                if list.is_empty() {
                    self.put_u32(written_at, u32::try_from(needed).unwrap_or(0))?;
                    self.put(ending_at, &(-1_i64).to_le_bytes())?;
                    return Err(Status::BUFLEN.into());
                }
                ending = i64::from(number);
                break;
            }
            list.extend_from_slice(value);
            list.push(0);
        }
        self.put(ending_at, &ending.to_le_bytes())?;
        self.put_u32(written_at, u32::try_from(list.len()).unwrap_or(0))?;
        self.put(buffer.at, &list)
    }
}

/// Where a program wants a value, and how much there is room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buffer {
    /// Its address.
    pub(super) at: u32,
    /// Its length in bytes.
    pub(super) length: u32,
}

/// An address as an index. A host has at least 32 bits.
fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn outside(at: u32) -> Fault {
    Fault::Trap(format!("address {at:#x} leads outside the program's memory"))
}

#[cfg(test)]
mod tests {
    use super::{Buffer, Memory};

    #[test]
    fn a_list_is_given_in_pieces() {
        let mut bytes = [0_u8; 64];
        let mut memory = Memory::new(&mut bytes);
        let values: [&[u8]; 3] = [b"ab", b"c", b"def"];
        let buffer = Buffer { at: 16, length: 5 };
        memory.give_list(values.into_iter(), buffer, 0, 40, 48).unwrap();
        assert_eq!(memory.bytes(16, 5).unwrap(), b"ab\0c\0");
        assert_eq!((memory.u64(40).unwrap(), memory.u32(48).unwrap()), (2, 5));
        memory.give_list(values.into_iter(), buffer, 2, 40, 48).unwrap();
        assert_eq!(memory.bytes(16, 4).unwrap(), b"def\0");
        assert_eq!((memory.u64(40).unwrap(), memory.u32(48).unwrap()), (u64::MAX, 4));
    }

    #[test]
    fn a_buffer_too_short_tells_the_length() {
        let mut bytes = [0_u8; 64];
        let mut memory = Memory::new(&mut bytes);
        let buffer = Buffer { at: 16, length: 2 };
        assert!(memory.give(b"abc", buffer, 48).is_err());
        assert_eq!(memory.u32(48).unwrap(), 3);
        assert!(memory.give_list([&b"ab"[..]].into_iter(), buffer, 0, 40, 48).is_err());
        assert_eq!(memory.u32(48).unwrap(), 3);
        assert_eq!(bytes.get(16), Some(&0));
    }

    #[test]
    fn nothing_outside_is_touched() {
        let mut bytes = [0_u8; 8];
        let mut memory = Memory::new(&mut bytes);
        assert!(memory.put(6, b"abc").is_err());
        assert!(memory.bytes(u32::MAX, 2).is_err());
        memory.put(0, b"not wanted").unwrap();
        assert_eq!(bytes, [0; 8]);
    }
}
