//! Models that are put on the shelf, found there and taken away.

use std::collections::BTreeMap;

use super::super::manifest::{Family, File as Part};
use super::*;

fn manifest(family: Family, installed: i64) -> Manifest {
    let file = Part {
        path: "deep/tokens.txt".into(),
        bytes: 3,
    };
    Manifest {
        kind: family.kind(),
        family,
        files: BTreeMap::from([("tokens".to_owned(), file)]),
        language: None,
        source: "/somewhere".to_owned(),
        sha256: None,
        compared: false,
        licence: None,
        installed,
    }
}

fn install(shelf: &Shelf, name: &str, manifest: &Manifest) -> Model {
    let workshop = shelf.open().unwrap();
    let made = workshop.begin(name).unwrap();
    fs::create_dir(made.join("deep")).unwrap();
    fs::write(made.join("deep/tokens.txt"), "a 0").unwrap();
    workshop.install(name, manifest).unwrap()
}

#[test]
fn what_was_installed_last_is_taken_unless_another_is_named() {
    let data = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(data.path());
    assert_eq!(shelf.models().unwrap(), []);
    let old = install(&shelf, "old", &manifest(Family::Piper, 1));
    let new = install(&shelf, "new", &manifest(Family::Kokoro, 2));
    install(&shelf, "ears", &manifest(Family::Transducer, 3));
    fs::create_dir(data.path().join("models/not-yet")).unwrap();
    fs::write(data.path().join("models/file"), "").unwrap();
    let names: Vec<_> = shelf
        .models()
        .unwrap()
        .into_iter()
        .map(|model| model.name)
        .collect();
    assert_eq!(names, ["ears", "new", "old"]);
    assert_eq!(shelf.choose(Kind::Tts, None).unwrap(), Some(new));
    assert_eq!(shelf.choose(Kind::Tts, Some("old")).unwrap(), Some(old));
    let missing = shelf.choose(Kind::Tts, Some("ears")).unwrap_err();
    assert!(matches!(missing, ModelsError::Missing(_)), "{missing}");
}

#[test]
fn a_file_that_is_gone_or_cut_is_named() {
    let data = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(data.path());
    let model = install(&shelf, "ears", &manifest(Family::Transducer, 0));
    let path = model.file("tokens").unwrap();
    fs::write(&path, "a").unwrap();
    let error = model.file("tokens").unwrap_err().to_string();
    assert!(
        error.contains("deep/tokens.txt: it has 1 bytes instead of 3"),
        "{error}"
    );
    fs::remove_file(&path).unwrap();
    let error = model.file("tokens").unwrap_err().to_string();
    assert!(error.contains("deep/tokens.txt: No such file"), "{error}");
    assert!(error.contains("praxiloom models remove ears"), "{error}");
    assert!(
        model
            .file("joiner")
            .unwrap_err()
            .to_string()
            .contains("names no joiner")
    );
    fs::write(model.folder.join(MANIFEST), "{").unwrap();
    let error = shelf.models().unwrap_err().to_string();
    assert!(error.contains("model.json"), "{error}");
}

#[test]
fn only_one_command_changes_something_and_only_models() {
    let data = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(data.path());
    let model = install(&shelf, "ears", &manifest(Family::Transducer, 0));
    let workshop = shelf.open().unwrap();
    assert!(matches!(shelf.open(), Err(ModelsError::Busy(_))));
    assert!(matches!(
        workshop.check_free("ears"),
        Err(ModelsError::Exists(_))
    ));
    for none in ["ear", "..", ".", ".workshop", "", "/"] {
        assert!(
            matches!(workshop.remove(none), Err(ModelsError::Missing(_))),
            "{none}"
        );
    }
    workshop.remove("ears").unwrap();
    assert!(!model.folder.exists());
    assert_eq!(shelf.models().unwrap(), []);
    drop(workshop);
    assert!(shelf.open().is_ok());
}
