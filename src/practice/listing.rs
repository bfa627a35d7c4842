//! What `praxiloom clients` prints: what is wrong with sheets, and who there is to talk to.

use std::fmt::Write;
use std::path::PathBuf;

use super::gallery::Gallery;
use super::own::{Found, Sheets, sheets_in};
use super::sheet::{Sheet, SheetErrors, Slot};

/// What the check of sheets says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// A line for each sheet that is sound.
    pub sound: String,
    /// A line for each file that was hardly meant to be left out.
    pub warned: String,
    /// A line for each mistake, with file and line; empty if there is none.
    pub wrong: String,
}

/// Checks sheets: files, and all of a folder where one is named. What a server would refuse at its
/// start is wrong here too.
#[must_use]
pub fn check(paths: &[PathBuf]) -> Checked {
    let (mut sound, mut warned, mut wrong) = (String::new(), String::new(), String::new());
    let mut all: Vec<PathBuf> = Vec::new();
    for path in paths {
        let Sheets { files, passed_over } = match sheets_in(path) {
            Ok(listed) => listed,
            Err(errors) => {
                let _ = writeln!(wrong, "{errors}");
                continue;
            }
        };
        for warning in &passed_over {
            let _ = writeln!(warned, "{warning}");
        }
        if files.is_empty() {
            let _ = writeln!(wrong, "{}: there is no .toml file in it", path.display());
        }
        for file in files {
            if !all.contains(&file) {
                all.push(file);
            }
        }
    }
    let built_in = Gallery::load(None).ok();
    let built_in = built_in.iter().flat_map(Gallery::sheets);
    let carried: Vec<&str> = built_in
        .filter_map(|sheet| sheet.portrait.as_deref())
        .collect();
    let found = Found::read(&all, &carried);
    for (file, sheet) in &found.sheets {
        let _ = writeln!(sound, "{}: {}", file.display(), summary(sheet));
    }
    if !found.wrong.is_empty() {
        let _ = writeln!(wrong, "{}", SheetErrors(found.wrong));
    }
    Checked {
        sound,
        warned,
        wrong,
    }
}

/// Who there is to talk to, a line each.
#[must_use]
pub fn list(gallery: &Gallery) -> String {
    let sheets = gallery.sheets();
    let width = |text: fn(&Sheet) -> &str| {
        let widths = sheets.iter().map(|sheet| text(sheet).chars().count());
        widths.max().unwrap_or(0)
    };
    let (ids, names) = (width(|sheet| &sheet.id), width(|sheet| &sheet.name));
    let mut text = String::new();
    for sheet in sheets {
        let difficulty = format!("{:?}", sheet.difficulty).to_lowercase();
        let _ = writeln!(
            text,
            "{:ids$}  {:names$}  {:9}  {:5}  {}",
            sheet.id,
            sheet.name,
            difficulty,
            sheet.language,
            sheet.trains.join(", "),
        );
    }
    text
}

/// What a sheet that is sound holds.
fn summary(sheet: &Sheet) -> String {
    let told = sheet.lines.iter();
    let told = told
        .filter(|line| matches!(line.slot, Slot::Topic(_)))
        .count();
    format!(
        "{}, sound: {} facts, feelings and beliefs, {} triggers, {} lines, {told} of them about topics",
        sheet.name,
        sheet.facts.len(),
        sheet.triggers.len(),
        sheet.lines.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_checked_by_file_and_by_folder() {
        let folder = tempfile::tempdir().unwrap();
        let empty = tempfile::tempdir().unwrap();
        let maya = include_str!("clients/maya-promotion.toml");
        let (good, bad) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        std::fs::write(&good, maya).unwrap();
        std::fs::write(&bad, maya.replace("age = 34", "age = 0\nheight = 3")).unwrap();
        let checked = check(&[folder.path().to_owned()]);
        assert!(
            checked.sound.contains("a.toml: Maya, sound: "),
            "{checked:?}"
        );
        assert_eq!(checked.wrong.lines().count(), 2, "{checked:?}");
        assert!(checked.wrong.lines().all(|line| line.contains("b.toml:")));
        let alone = check(std::slice::from_ref(&good));
        assert!(alone.wrong.is_empty());
        let none = check(&[empty.path().to_owned()]);
        assert!(
            none.wrong.contains("there is no .toml file in it"),
            "{none:?}"
        );
        // The folder and a file of it: the file is read once.
        std::fs::remove_file(&bad).unwrap();
        let twice = check(&[folder.path().to_owned(), good.clone()]);
        assert_eq!((twice.sound.lines().count(), &*twice.wrong), (1, ""));
    }

    #[test]
    fn what_a_start_would_refuse_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let maya = include_str!("clients/maya-promotion.toml");
        for (name, portrait) in [
            ("a", "maya-promotion"),
            ("b", "maya-promotion"),
            ("c", "none"),
        ] {
            let text = maya.replace("maya-promotion.svg", &format!("{portrait}.svg"));
            let text = text.replace(
                "id = \"maya",
                &format!("id = \"{}maya", &name.replace('b', "a")),
            );
            std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        }
        let checked = check(&[folder.path().to_owned()]);
        let refused = Gallery::load(Some(folder.path())).unwrap_err();
        assert_eq!(checked.wrong.trim_end(), refused.to_string());
        assert_eq!(checked.sound.lines().count(), 1, "{checked:?}");
        assert!(checked.wrong.contains("b.toml:1: `id`: "), "{checked:?}");
        assert!(
            checked.wrong.contains("there is no none.svg"),
            "{checked:?}"
        );
    }

    #[test]
    fn everybody_is_listed() {
        let gallery = Gallery::load(None).unwrap();
        let list = list(&gallery);
        assert_eq!(list.lines().count(), gallery.sheets().len());
        for (line, sheet) in list.lines().zip(gallery.sheets()) {
            assert!(
                line.starts_with(&sheet.id) && line.contains(&sheet.trains[0]),
                "{line}"
            );
        }
    }
}
