//! Clients of the operator's own: the sheets of a folder, with their portraits.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::sheet::{Sheet, SheetError, SheetErrors};

/// What files hold, and everything that is wrong with any of them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those that are sound, in the order of the files.
    pub(super) sheets: Vec<(PathBuf, Sheet)>,
    portraits: BTreeMap<String, Vec<u8>>,
    pub(super) wrong: Vec<SheetError>,
}

/// Largest sheet and largest portrait, in bytes.
const LARGEST: u64 = 1 << 20;

/// What a folder holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    /// In the order of the files' names.
    pub(super) sheets: Vec<Sheet>,
    /// Portraits by the names under which the sheets know them.
    pub(super) portraits: BTreeMap<String, Vec<u8>>,
}

impl Own {
    /// Reads every `.toml` file of a folder. `carried` are the portraits that the page carries.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(super) fn read(folder: &Path, carried: &[&str]) -> Result<Self, SheetErrors> {
        let listed = sheets_in(folder)?;
        for warning in &listed.passed_over {
            tracing::warn!("{warning}");
        }
        let found = Found::read(&listed.files, carried);
        match found.wrong.is_empty() {
            true => Ok(Self {
                sheets: found.sheets.into_iter().map(|(_, sheet)| sheet).collect(),
                portraits: found.portraits,
            }),
            false => Err(SheetErrors(found.wrong)),
        }
    }
}

impl Found {
    /// Reads sheets, each with the portrait that stands in its folder.
    pub(super) fn read(files: &[PathBuf], carried: &[&str]) -> Self {
        let mut found = Self::default();
        let mut ids: BTreeMap<(&Path, String), &Path> = BTreeMap::new();
        for path in files {
            let sheet = match read_sheet(path) {
                Ok(sheet) => sheet,
                Err(SheetErrors(errors)) => {
                    found.wrong.extend(errors);
                    continue;
                }
            };
            let folder = path.parent().unwrap_or(Path::new(""));
            let before = found.wrong.len();
            if let Some(other) = ids.insert((folder, sheet.id.clone()), path) {
                let message = format!("`id`: {} has the same", other.display());
                found.wrong.push(at_field(path, "id", message));
            }
            if let Some(name) = &sheet.portrait {
                match portrait(folder, name) {
                    Ok(Some(portrait)) => {
                        found.portraits.insert(name.clone(), portrait);
                    }
                    Ok(None) if carried.contains(&name.as_str()) => {}
                    Ok(None) => {
                        let message = format!("`portrait`: there is no {name} in this folder");
                        found.wrong.push(at_field(path, "portrait", message));
                    }
                    Err(message) => found.wrong.push(at_field(path, "portrait", message)),
                }
            }
            if found.wrong.len() == before {
                found.sheets.push((path.clone(), sheet));
            }
        }
        found
    }
}

/// The files that a path names.
pub(super) struct Sheets {
    pub(super) files: Vec<PathBuf>,
    /// Of each that was hardly meant to be left out, that it is.
    pub(super) passed_over: Vec<String>,
}

/// The sheets that a path names: the file itself, or every `.toml` file of a folder, by name.
///
/// # Errors
/// If it cannot be read.
pub(super) fn sheets_in(path: &Path) -> Result<Sheets, SheetErrors> {
    if !path.is_dir() {
        return Ok(Sheets {
            files: vec![path.to_owned()],
            passed_over: Vec::new(),
        });
    }
    let unreadable = |error: std::io::Error| at(path, 1, format!("cannot be read: {error}"));
    let (mut sheets, mut passed_over) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if is_toml(&file) {
            sheets.push(file);
        } else if file
            .file_stem()
            .is_some_and(|stem| is_toml(Path::new(stem)))
        {
            passed_over.push(file);
        }
    }
    sheets.sort_by_key(|file| file.to_string_lossy().to_lowercase());
    passed_over.sort();
    Ok(Sheets {
        files: sheets,
        passed_over: passed_over
            .iter()
            .map(|file| passed_over_message(file))
            .collect(),
    })
}

/// Whether a file's name ends as a sheet's does, in whatever case.
fn is_toml(file: &Path) -> bool {
    file.extension()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("toml"))
}

fn passed_over_message(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    format!(
        "{}: is passed over: the name of a sheet ends in .toml; rename it to {}",
        file.display(),
        Path::new(stem).display()
    )
}

/// Reads a sheet from a file.
///
/// # Errors
/// Everything that is wrong with it.
fn read_sheet(path: &Path) -> Result<Sheet, SheetErrors> {
    let text = read(path).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|b| **b == b'\n');
            (line.count() + 1, "is not UTF-8 from here on".to_owned())
        })
    });
    let text = text.map_err(|(line, message)| at(path, line, message))?;
    Sheet::parse(&path.display().to_string(), &text)
}

/// A portrait of the folder; `None` if there is none of this name.
fn portrait(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, String> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read(&path).map_err(|(_, message)| format!("`portrait`: {name} {message}"))?;
    let is_svg = std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("<svg"));
    match is_svg {
        true => Ok(Some(bytes)),
        false => Err(format!("`portrait`: {name} is no SVG picture")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, (usize, String)> {
    let unreadable = |error: std::io::Error| (1, format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(unreadable)?.take(LARGEST + 1);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    match bytes.len() as u64 > LARGEST {
        true => Err((1, format!("has more than {LARGEST} bytes"))),
        false => Ok(bytes),
    }
}

fn at(path: &Path, line: usize, message: String) -> SheetError {
    SheetError {
        file: path.display().to_string(),
        line,
        message,
    }
}

/// A mistake in a field of a sheet that can be read.
fn at_field(path: &Path, field: &str, message: String) -> SheetError {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let is_it = |line: &str| {
        let rest = line.trim_start().strip_prefix(field);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let line = text.lines().position(is_it).unwrap_or(0) + 1;
    at(path, line, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAYA: &str = include_str!("clients/maya-promotion.toml");

    fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn named(id: &str, portrait: &str) -> String {
        MAYA.replace("id = \"maya-promotion\"", &format!("id = \"{id}\""))
            .replace("portrait = \"maya-promotion.svg\"", portrait)
    }

    #[test]
    fn a_folder_gives_its_clients_and_their_portraits() {
        let folder = folder(&[
            ("B.TOML", named("ben", "portrait = \"ben.svg\"")),
            ("a.toml", named("ana", "")),
            ("carla.toml.txt", named("carla", "")),
            (
                "ben.svg",
                "<svg xmlns='http://www.w3.org/2000/svg'/>".to_owned(),
            ),
            ("notes.txt", "no sheet".to_owned()),
        ]);
        let own = Own::read(folder.path(), &[]).unwrap();
        let ids: Vec<&str> = own.sheets.iter().map(|sheet| sheet.id.as_str()).collect();
        assert_eq!(ids, ["ana", "ben"]);
        let told = sheets_in(folder.path()).unwrap().passed_over;
        assert_eq!(told.len(), 1);
        let says = "carla.toml.txt: is passed over: the name of a sheet ends in .toml; rename it to carla.toml";
        assert!(told[0].ends_with(says), "{told:?}");
        assert!(own.portraits["ben.svg"].starts_with(b"<svg"));
    }

    #[test]
    fn what_is_wrong_anywhere_in_it_is_told_at_once() {
        let folder = folder(&[
            ("a.toml", named("ana", "portrait = \"ana.svg\"")),
            ("b.toml", named("ana", "portrait = \"maya-promotion.svg\"")),
            ("c.toml", named("cem", "portrait = \"cem.svg\"")),
            ("cem.svg", "a drawing".to_owned()),
            ("d.toml", named("dan", "").replace("age = 34", "age = 0")),
            ("e.toml", "id = \"\u{fffd}".to_owned()),
        ]);
        std::fs::write(folder.path().join("f.toml"), b"# \n\xff").unwrap();
        let told = Own::read(folder.path(), &["maya-promotion.svg"])
            .unwrap_err()
            .to_string();
        for says in [
            "a.toml:5: `portrait`: there is no ana.svg in this folder",
            "b.toml:1: `id`: ",
            "c.toml:5: `portrait`: cem.svg is no SVG picture",
            "`age` is 0, which is not between 1 and 120",
            "e.toml:1: ",
            "f.toml:2: is not UTF-8 from here on",
        ] {
            assert!(told.contains(says), "{says}: {told}");
        }
        let missing = Own::read(Path::new("/nowhere/at/all"), &[]).unwrap_err();
        assert!(missing.to_string().contains("cannot be read"), "{missing}");
    }
}
