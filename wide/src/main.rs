//! Multiplies what some compilers multiply wrongly, and compares with products that were worked out elsewhere.
//!
//! Under `-C target-feature=+wide-arithmetic` LLVM 22, which is in Rust 1.95, mixes up the two results of a wide
//! multiplication (llvm/llvm-project issues 199910 and 98323; mended for LLVM 23 by pull request 200429). Then
//! `3.checked_mul(4)` is `None`. No error, no warning: signature checks built so would go wrong somewhere, some day.
//! So this program runs in every build that uses the feature, before that build is trusted.
//!
//! It prints one line for each case and ends with status 0 if all are right and 1 if any is wrong. It refuses to be
//! folded: every operand passes [`black_box`], and every function under test is kept as a function.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::process::ExitCode;

type Factors = (u64, u64);

const CHECKED: [(i64, i64, Option<i64>); 6] = [
    (3, 4, Some(12)),
    (-3, 4, Some(-12)),
    (-4_611_686_018_427_387_904, 2, Some(-9_223_372_036_854_775_808)),
    (3_037_000_499, 3_037_000_499, Some(9_223_372_030_926_249_001)),
    (4_611_686_018_427_387_904, 2, None),
    (4_294_967_296, 4_294_967_296, None),
];

const SATURATING: [(i64, i64, i64); 5] = [
    (3, 4, 12),
    (-3, 4, -12),
    (i64::MIN, 2, i64::MIN),
    (i64::MIN, -1, i64::MAX),
    (4_294_967_296, 4_294_967_296, i64::MAX),
];

const LARGEST: [(&[Factors], u128); 3] = [
    (&[], 0),
    (&[(3, 4), (2, 5)], 12),
    (
        &[
            (3, 4),
            (u64::MAX, u64::MAX),
            (8_589_934_592, 8_589_934_592),
            (4_294_967_296, 2_147_483_648),
        ],
        340_282_366_920_938_463_426_481_119_284_349_108_225,
    ),
];

const BELOW_2_TO_64: [(&[Factors], usize); 2] = [
    (&[(3, 4), (u64::MAX, u64::MAX)], 1),
    (&[(4_294_967_296, 4_294_967_295), (4_294_967_296, 4_294_967_296)], 1),
];

fn main() -> ExitCode {
    let findings = findings();
    let mut out = io::stdout().lock();
    for finding in &findings {
        // Nobody left to read is no reason to answer otherwise.
        let _ = writeln!(
            out,
            "{} {}",
            if finding.is_right { "right" } else { "WRONG" },
            finding.text
        );
    }
    if findings.iter().all(|finding| finding.is_right) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Finding {
    text: String,
    is_right: bool,
}

fn findings() -> Vec<Finding> {
    let mut findings = Vec::new();
    for (a, b, right) in CHECKED {
        let answer = checked(black_box(a), black_box(b));
        findings.push(finding(format!("checked_mul({a}, {b})"), &answer, &right));
    }
    for (a, b, right) in SATURATING {
        let answer = saturating(black_box(a), black_box(b));
        findings.push(finding(format!("saturating_mul({a}, {b})"), &answer, &right));
    }
    for (pairs, right) in LARGEST {
        let answer = largest(black_box(pairs));
        findings.push(finding(format!("largest product of {pairs:?}"), &answer, &right));
    }
    for (pairs, right) in BELOW_2_TO_64 {
        let answer = count_below(black_box(pairs), black_box(1 << 64));
        findings.push(finding(format!("products below 2^64 of {pairs:?}"), &answer, &right));
    }
    findings
}

fn finding<T: PartialEq + std::fmt::Debug>(what: String, answer: &T, right: &T) -> Finding {
    let is_right = answer == right;
    let text = if is_right {
        format!("{what} = {answer:?}")
    } else {
        format!("{what} = {answer:?}, not {right:?}")
    };
    Finding { text, is_right }
}

#[inline(never)]
fn checked(a: i64, b: i64) -> Option<i64> {
    a.checked_mul(b)
}

#[inline(never)]
fn saturating(a: i64, b: i64) -> i64 {
    a.saturating_mul(b)
}

#[inline(never)]
fn largest(pairs: &[Factors]) -> u128 {
    let mut best = 0;
    for &(a, b) in pairs {
        let product = u128::from(a) * u128::from(b);
        if product > best {
            best = product;
        }
    }
    best
}

#[inline(never)]
fn count_below(pairs: &[Factors], limit: u128) -> usize {
    let mut count = 0;
    for &(a, b) in pairs {
        if u128::from(a) * u128::from(b) < limit {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_right_on_the_machine_that_tests() {
        for finding in findings() {
            assert!(finding.is_right, "{}", finding.text);
        }
    }

    #[test]
    fn a_wrong_product_is_told() {
        let wrong = finding("3 * 4".to_owned(), &Some(13), &Some(12));
        assert!(!wrong.is_right);
        assert_eq!(wrong.text, "3 * 4 = Some(13), not Some(12)");
    }
}
