//! The first of the product's clients, who answers without thinking first: so that what is measured
//! is the server and not somebody's character.

use std::path::Path;

use crate::BenchError;

const FILE: &str = "maya-promotion.toml";
const SHEET: &str = include_str!("../../src/practice/clients/maya-promotion.toml");
/// How she thinks in it.
const NOT_AT_ALL: &str = "thinking = { before_ms = 0, within_ms = [0, 0], often = 0 }";

/// Writes the client's sheet into `folder`, for `praxiloom serve --practice-clients`: all of it as
/// it is but how she thinks.
///
/// # Errors
/// If it cannot be written.
pub fn write(folder: &Path) -> Result<(), BenchError> {
    let lines = SHEET
        .lines()
        .map(|line| match line.starts_with("thinking = ") {
            true => NOT_AT_ALL,
            false => line,
        });
    let sheet: Vec<&str> = lines.collect();
    let path = folder.join(FILE);
    let io = |error| BenchError::Io(path.display().to_string(), error);
    std::fs::create_dir_all(folder).map_err(io)?;
    std::fs::write(&path, sheet.join("\n")).map_err(io)
}

#[cfg(test)]
mod tests {
    use praxiloom::practice::{Gallery, Thinking};

    #[test]
    fn who_comes_first_thinks_and_does_not_if_so_written() {
        let built_in = Gallery::load(None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        super::write(folder.path()).unwrap();
        let quick = Gallery::load(Some(folder.path())).unwrap();
        assert_eq!(quick.sheets().len(), built_in.sheets().len());
        let (quick, thinks) = (quick.first().unwrap(), built_in.first().unwrap());
        assert_eq!(quick.id, thinks.id);
        assert_ne!(thinks.thinking, Thinking::default());
        assert_eq!(quick.thinking, Thinking::default());
    }
}
