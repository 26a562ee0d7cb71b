//! The table of layers, as `docs/architecture.md` has it.

/// The modules in the order of the table: each may use those that come after it.
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    layer: u8,
    module: String,
}

impl Table {
    /// Reads the table under `## Modules`.
    pub(crate) fn parse(document: &str) -> Result<Self, String> {
        let mut lines = document.lines().skip_while(|line| line.trim() != "## Modules");
        lines.next().ok_or("there is no section `## Modules`")?;
        let section = lines.take_while(|line| !line.starts_with("## "));
        let mut rows: Vec<Row> = Vec::new();
        for line in section.filter(|line| line.starts_with('|')).skip(2) {
            let row = row(line)?;
            if rows.last().is_some_and(|above| above.layer < row.layer) {
                return Err(format!("`{}` stands below a module of a lower layer", row.module));
            }
            if rows.iter().any(|other| other.module == row.module) {
                return Err(format!("`{}` is in the table twice", row.module));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err("the section `## Modules` has no table".to_owned());
        }
        Ok(Self { rows })
    }

    /// All modules.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.module.as_str())
    }

    /// Why `module` may not use the path `import`, if it may not.
    pub(crate) fn judge(&self, module: &str, import: &[String]) -> Option<String> {
        let path = import.join("::");
        let Some(used) = self.longest(import) else {
            let first = import.first().map_or("", String::as_str);
            return Some(format!(
                "`{module}` uses `{first}`, which is no module of the table (in `{path}`)"
            ));
        };
        let own = self.place(module)?;
        let (target, row) = (self.place(used)?, self.rows.get(own)?);
        let of_its_own = used == module || used.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"));
        if of_its_own || target > own {
            return None;
        }
        Some(format!(
            "`{module}` (layer {}) uses `{used}`, which is above it in the table (in `{path}`); move what both need \
             further down",
            row.layer
        ))
    }

    fn place(&self, module: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.module == module)
    }

    /// The module of which the path names an item.
    fn longest(&self, import: &[String]) -> Option<&str> {
        let prefixes = (1..=import.len()).rev().filter_map(|length| import.get(..length));
        prefixes
            .map(|prefix| prefix.join("::"))
            .find_map(|prefix| self.modules().find(|module| *module == prefix))
    }
}

fn row(line: &str) -> Result<Row, String> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let (layer, module) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    let layer = layer
        .parse()
        .map_err(|_| format!("`{layer}` is no layer, in: {line}"))?;
    let module = module.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let module = module.ok_or_else(|| format!("the module is no code span, in: {line}"))?;
    Ok(Row {
        layer,
        module: module.to_owned(),
    })
}
