//! Markdown tables.
//!
//! Promises that no cell ends its row: a `|` in a text is escaped.

/// A table: as many columns of words to the left, and all others, figures, to the right.
#[must_use]
pub(super) fn table(words: usize, heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![row(heads.iter().map(|head| (*head).to_owned()))];
    let marks = (0..heads.len()).map(|column| if column < words { "---" } else { "---:" });
    lines.push(row(marks.map(str::to_owned)));
    lines.extend(
        rows.iter()
            .map(|cells| row(cells.iter().map(|cell| cell.replace('|', "\\|")))),
    );
    lines.join("\n") + "\n"
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {} |", cells.join(" | "))
}

/// A function's or a scenario's name as code. A `|` inside is left to [`table`].
#[must_use]
pub(super) fn code(name: &str) -> String {
    format!("`{name}`")
}

/// What stands where there is nothing.
pub(super) const NOTHING: &str = "–";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_a_line_a_row() {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            table(1, &["name", "n"], &[cells(["a|b", "1"]), cells(["c", NOTHING])]),
            "| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n| c | – |\n"
        );
    }
}
