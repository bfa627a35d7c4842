//! A folder of recordings with a table of what is said in them.

use std::path::{Path, PathBuf};

use crate::BenchError;

/// Files and what is said in them, from the table in DIR/README.md whose first two columns are
/// `file` and `words`. Rows that name several files have no single speaker and are left out.
///
/// # Errors
/// If there is no such table, or it names no WAV file.
pub fn table(data: &Path) -> Result<Vec<(PathBuf, String)>, BenchError> {
    let readme = data.join("README.md");
    let text = std::fs::read_to_string(&readme)
        .map_err(|error| BenchError::Io(readme.display().to_string(), error))?;
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.trim().trim_matches('|').split('|').map(str::trim);
        let (file, words) = (cells.next()?, cells.next()?);
        let sound = Path::new(file)
            .extension()
            .is_some_and(|extension| extension == "wav");
        (sound && !file.contains(',')).then(|| (data.join(file), words.to_owned()))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        let message = format!("{} names no WAV file", readme.display());
        return Err(BenchError::Recording(message));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_one_wav_file_count() {
        let folder = tempfile::tempdir().unwrap();
        assert!(table(folder.path()).is_err());
        let text = "| file | words |\n|---|---|\n| a.wav | one two | x |\n| b.wav, .rttm | two |\n";
        std::fs::write(folder.path().join("README.md"), text).unwrap();
        let rows = table(folder.path()).unwrap();
        assert_eq!(rows, [(folder.path().join("a.wav"), "one two".to_owned())]);
    }
}
