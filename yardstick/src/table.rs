//! Tables for people who look at a terminal.

use crate::{budget::Counts, counted::Count};

/// Scenarios in a row each, with the change since the budget was written.
#[must_use]
pub fn of_counts(rows: &[(String, Count)], budget: &Counts) -> String {
    let heads = [
        "scenario", "program", "change", "library", "change", "look-ups", "secrets", "state", "cache", "sends", "log",
    ];
    let mut cells: Vec<Vec<String>> = vec![heads.map(str::to_owned).to_vec()];
    for (name, count) in rows {
        let before = budget.get(name);
        cells.push(vec![
            name.clone(),
            grouped(count.program),
            change(count.program, before.map(|before| before.program)),
            grouped(count.library),
            change(count.library, before.map(|before| before.library)),
            count.look_ups.to_string(),
            count.secrets.to_string(),
            count.state.to_string(),
            count.cache_operations.to_string(),
            count.sends.to_string(),
            count.log_writes.to_string(),
        ]);
    }
    aligned(&cells)
}

/// Columns of equal width: the first to the left, all others to the right.
#[must_use]
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut lines = Vec::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| {
                if column == 0 {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        lines.push(cells.join("  ").trim_end().to_owned());
    }
    lines.join("\n") + "\n"
}

/// A number with its thousands apart: `1 234 567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The change in per cent, or nothing where there was none or nothing is known.
fn change(now: u64, before: Option<u64>) -> String {
    match before {
        None => "new".to_owned(),
        Some(before) if before == now => String::new(),
        Some(before) => {
            let (now, before) = (i128::from(now), i128::from(before.max(1)));
            let tenths = (now - before) * 1_000 / before;
            let sign = if now < before { "-" } else { "+" };
            format!("{sign}{}.{} %", (tenths / 10).abs(), (tenths % 10).abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number), text);
        }
        for (now, before, text) in [
            (100, None, "new"),
            (100, Some(100), ""),
            (110, Some(100), "+10.0 %"),
            (995, Some(1_000), "-0.5 %"),
        ] {
            assert_eq!(change(now, before), text);
        }
    }

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            aligned(&[row(["name", "n"]), row(["b", "100"])]),
            "name    n\nb     100\n"
        );
    }
}
