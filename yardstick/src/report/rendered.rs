//! The page and its plots as files.
//!
//! Promises that what is written is what [`Rendered::differences`] compares with, and that a plot which is no longer
//! drawn goes.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Measured, measured::FOLDER, page, plots};

/// The command that mends the files.
pub const MENDED_BY: &str = "cargo performance --render";

/// The texts of the files, by their path inside docs/, with `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered(BTreeMap<String, String>);

impl Rendered {
    /// Renders what was measured.
    ///
    /// # Errors
    /// If a plot can't be drawn.
    pub fn of(measured: &Measured) -> anyhow::Result<Self> {
        let plots = plots::all(measured);
        let mut files = BTreeMap::from([("performance.md".to_owned(), page::text(measured, &plots))]);
        for plot in &plots {
            let svg = plot.chart.svg().with_context(|| plot.file)?;
            files.insert(format!("{FOLDER}/{}", plot.file), svg);
        }
        Ok(Self(files))
    }

    /// Writes all files into a repository's docs/.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn write(&self, repository: &Path) -> anyhow::Result<()> {
        let docs = repository.join("docs");
        fs::create_dir_all(docs.join(FOLDER))?;
        for (name, text) in &self.0 {
            fs::write(docs.join(name), text).with_context(|| format!("docs/{name} can't be written"))?;
        }
        for name in self.superfluous(&docs)? {
            fs::remove_file(docs.join(&name)).with_context(|| format!("docs/{name} can't be removed"))?;
        }
        Ok(())
    }

    /// What in a repository's docs/ is not as rendered, one line each; nothing if all is.
    ///
    /// # Errors
    /// If a file is there and can't be read.
    pub fn differences(&self, repository: &Path) -> anyhow::Result<Vec<String>> {
        let docs = repository.join("docs");
        let mut differences = Vec::new();
        for (name, text) in &self.0 {
            match fs::read_to_string(docs.join(name)) {
                Ok(found) if found == *text => {}
                Ok(_) => differences.push(format!("docs/{name} is not what docs/{FOLDER}/measured.json gives")),
                Err(why) if why.kind() == io::ErrorKind::NotFound => {
                    differences.push(format!("docs/{name} is missing"));
                }
                Err(why) => return Err(why).with_context(|| format!("docs/{name} can't be read")),
            }
        }
        let superfluous = self.superfluous(&docs)?.into_iter();
        differences.extend(superfluous.map(|name| format!("docs/{name} is drawn no longer")));
        Ok(differences)
    }

    /// Plots that are there and are not drawn, by their path inside docs/.
    fn superfluous(&self, docs: &Path) -> anyhow::Result<Vec<String>> {
        let mut superfluous = Vec::new();
        for entry in entries(&docs.join(FOLDER))? {
            let is_plot = entry.extension().is_some_and(|extension| extension == "svg");
            let name = entry
                .file_name()
                .map(|name| format!("{FOLDER}/{}", name.to_string_lossy()));
            superfluous.extend(name.filter(|name| is_plot && !self.0.contains_key(name)));
        }
        superfluous.sort();
        Ok(superfluous)
    }
}

/// What a folder holds; nothing if it is not there.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(files: &[(&str, &str)]) -> Rendered {
        Rendered(
            files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn what_is_written_does_not_differ_and_what_is_edited_does() {
        let folder = tempfile::tempdir().unwrap();
        let before = rendered(&[("performance.md", "old"), ("performance/old.svg", "old")]);
        before.write(folder.path()).unwrap();
        assert_eq!(before.differences(folder.path()).unwrap(), Vec::<String>::new());

        let now = rendered(&[("performance.md", "new"), ("performance/new.svg", "new")]);
        assert_eq!(
            now.differences(folder.path()).unwrap(),
            [
                "docs/performance.md is not what docs/performance/measured.json gives",
                "docs/performance/new.svg is missing",
                "docs/performance/old.svg is drawn no longer",
            ]
        );
        now.write(folder.path()).unwrap();
        assert_eq!(now.differences(folder.path()).unwrap(), Vec::<String>::new());
    }
}
