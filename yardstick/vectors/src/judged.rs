//! Signatures, judged one at a time.

use std::cmp::Reverse;

use tollgate::identity::algorithm::Algorithm;

use crate::{Counts, VerifyingKey};

/// How many bits of a message are flipped, spread over all of it. A message with fewer has each flipped.
const MESSAGE_BITS_FLIPPED: usize = 256;

/// What was judged so far.
pub(crate) struct Judged {
    pub(crate) algorithm: Algorithm,
    counts: Counts,
    /// The valid signature whose bits are flipped.
    good: Option<(VerifyingKey, Vec<u8>, Vec<u8>)>,
}

impl Judged {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            counts: Counts::default(),
            good: None,
        }
    }

    /// A signature that is valid or not.
    pub(crate) fn judge(
        &mut self,
        key: &VerifyingKey,
        (message, signature): (&[u8], &[u8]),
        valid: bool,
        name: &str,
    ) -> Result<(), String> {
        self.check(key, (message, signature), valid, name)?;
        if !valid {
            self.counts.invalid += 1;
            return Ok(());
        }
        self.counts.valid += 1;
        // One whose message has enough bits, and of these the first of the shortest, for the sake of time.
        let rank = |signature: &[u8], message: &[u8]| {
            let message_bits = (message.len() * 8).min(MESSAGE_BITS_FLIPPED);
            (Reverse(message_bits), signature.len())
        };
        let good = self.good.as_ref();
        if good.is_none_or(|(_, message_of_good, good)| rank(signature, message) < rank(good, message_of_good)) {
            self.good = Some((key.clone(), message.to_vec(), signature.to_vec()));
        }
        Ok(())
    }

    /// A signature that is of another algorithm or form. `mended` if what was spoiled for those is good for us.
    pub(crate) fn judge_other(
        &mut self,
        key: &VerifyingKey,
        signed: (&[u8], &[u8]),
        mended: bool,
        name: &str,
    ) -> Result<(), String> {
        self.check(key, signed, mended, name)?;
        self.counts.others += 1;
        Ok(())
    }

    /// A secret that could not be used.
    pub(crate) fn refused_secret(&mut self) {
        self.counts.secrets += 1;
    }

    /// Flips each bit of a good signature, and bits of its message.
    pub(crate) fn flipped(mut self) -> Result<Counts, String> {
        let (key, mut message, mut signature) = self.good.take().ok_or("no vector is valid")?;
        let (signature_bits, message_bits) = (signature.len() * 8, message.len() * 8);
        for bit in 0..signature_bits {
            flip(&mut signature, bit);
            self.check(
                &key,
                (&message, &signature),
                false,
                &format!("bit {bit} of the signature"),
            )?;
            flip(&mut signature, bit);
        }
        let flips = message_bits.min(MESSAGE_BITS_FLIPPED);
        for number in 0..flips {
            let bit = number * message_bits / flips;
            flip(&mut message, bit);
            self.check(
                &key,
                (&message, &signature),
                false,
                &format!("bit {bit} of the message"),
            )?;
            flip(&mut message, bit);
        }
        // Or what was flipped was no good signature to begin with.
        self.check(&key, (&message, &signature), true, "all bits back")?;
        self.counts.flipped = signature_bits + flips;
        Ok(self.counts)
    }

    fn check(
        &self,
        key: &VerifyingKey,
        (message, signature): (&[u8], &[u8]),
        expected: bool,
        name: &str,
    ) -> Result<(), String> {
        let algorithm = self.algorithm.name();
        if key.algorithm() != self.algorithm {
            return Err(format!(
                "{algorithm}, {name}: the key is for {}",
                key.algorithm().name()
            ));
        }
        match key.verifies(message, signature) == expected {
            true => Ok(()),
            false => Err(format!(
                "{algorithm}, {name}: taken is {}, and should be {expected}",
                !expected
            )),
        }
    }
}

fn flip(bytes: &mut [u8], bit: usize) {
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
}
