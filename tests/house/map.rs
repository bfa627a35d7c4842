//! The code stays true to the map in `src/lib.rs`, and every file says what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that must not import each other although they stand on the same floor.
const APART: &[&str] = &["engines", "rooms", "stores"];

#[test]
fn imports_go_down_the_map() {
    let floors = floors(&fs::read_to_string(root().join("src/lib.rs")).unwrap());
    let names: Vec<&str> = floors
        .iter()
        .flat_map(|(_, rooms)| rooms)
        .map(String::as_str)
        .collect();
    let at = |room: &str| {
        floors
            .iter()
            .position(|(_, rooms)| rooms.iter().any(|r| r == room))
    };
    let mut wrong = Vec::new();
    for file in files(&root().join("src"), "rs") {
        let Some(room) = room_of(&file) else { continue };
        let from = at(&room).unwrap_or_else(|| panic!("`{room}` is not on the map in src/lib.rs"));
        let code = fs::read_to_string(&file).unwrap();
        for used in rooms_used(&code, depth(&file), &names) {
            let to = at(&used).unwrap();
            let apart = APART.contains(&floors[from].0.as_str());
            if used != room && (to < from || (to == from && apart)) {
                wrong.push(format!("{}: {room} imports {used}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports go up the map:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_metric_is_in_the_documentation() {
    let documented = fs::read_to_string(root().join("docs/http.md")).unwrap();
    let mut names = 0;
    for file in files(&root().join("src/telemetry"), "rs") {
        let code = fs::read_to_string(&file).unwrap();
        for name in code.split(": &str = \"praxiloom_").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(
                documented.contains(&format!("`praxiloom_{name}`")),
                "{name}"
            );
            names += 1;
        }
    }
    assert!(names > 10, "{names}");
}

#[test]
fn the_leaves_know_neither_the_server_nor_each_other() {
    for (leaf, others) in [
        ("signaling", ["media", "praxiloom"]),
        ("media", ["signaling", "praxiloom"]),
    ] {
        for file in files(&root().join(leaf), "rs") {
            let code = without_comments(&fs::read_to_string(&file).unwrap());
            for other in others {
                let used = code.contains(&format!("{other}::"));
                assert!(!used, "{} imports {other}", file.display());
            }
        }
        let manifest = fs::read_to_string(root().join(leaf).join("Cargo.toml")).unwrap();
        for other in others {
            let depends = manifest.lines().any(|line| line.starts_with(other));
            assert!(!depends, "{leaf} depends on {other}");
        }
    }
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    for folder in ["src", "signaling", "media", "benches", "tests"] {
        for file in files(&root().join(folder), "rs") {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                text.starts_with("//! "),
                "{} does not open with `//! …`",
                file.display()
            );
        }
    }
}

#[test]
fn every_migration_opens_with_why() {
    let migrations = files(&root().join("migrations"), "sql");
    assert!(!migrations.is_empty());
    for file in migrations {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("-- "),
            "{} does not open with `-- …`",
            file.display()
        );
        let name = file.file_stem().unwrap().to_str().unwrap();
        let (time, subject) = name.split_once('_').unwrap();
        let dated = time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit());
        let plain = subject
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(dated && plain, "{name} is not YYYYMMDDHHMMSS_verb_noun");
    }
}

#[test]
fn the_reader_of_imports_sees_them() {
    let names = ["app", "http", "db", "live"];
    for (code, used) in [
        ("use crate::db::Db;", vec!["db"]),
        ("use crate::{app::App, live};", vec!["app", "live"]),
        (
            "use crate::{\n    db::{Db, DbError},\n    http,\n};",
            vec!["db", "http"],
        ),
        ("fn f(x: crate::live::Link) {}", vec!["live"]),
        ("// use crate::app::App;\nuse crate::database;", vec![]),
        ("use other::db::{live};", vec![]),
        ("use super::db::Row;", vec![]),
        ("use super::super::db::Row;", vec!["db"]),
        (
            "    use super::super::super::{app, live::Link};",
            vec!["app", "live"],
        ),
    ] {
        let used = used.into_iter().map(str::to_owned).collect();
        assert_eq!(rooms_used(code, 2, &names), used, "{code}");
    }
    let depth_of = |path: &str| depth(&root().join("src").join(path));
    let depths = [
        "db.rs",
        "live/mod.rs",
        "live/llm.rs",
        "live/conversation/mod.rs",
    ];
    assert_eq!(depths.map(depth_of), [1, 1, 2, 2]);
    let floors = floors("//! ```text\n//! doors     main · app\n//! ground    db\n//! ```\n");
    assert_eq!(
        floors[0],
        (
            "doors".to_owned(),
            vec!["main".to_owned(), "app".to_owned()]
        )
    );
    assert_eq!(floors.len(), 2);
}

/// The floors of the map from top to bottom, each with its rooms.
fn floors(lib: &str) -> Vec<(String, Vec<String>)> {
    let lines = lib
        .lines()
        .map(|line| line.trim_start_matches("//!").trim());
    let map = lines.skip_while(|line| *line != "```text").skip(1);
    map.take_while(|line| *line != "```")
        .filter_map(|line| line.split_once(' '))
        .map(|(floor, rooms)| {
            (
                floor.to_owned(),
                rooms
                    .split('·')
                    .map(|room| room.trim().to_owned())
                    .collect(),
            )
        })
        .collect()
}

/// The room that a file stands in: the folder or file right under `src`.
fn room_of(file: &Path) -> Option<String> {
    let under = file.strip_prefix(root().join("src")).unwrap();
    let first = under.components().next()?.as_os_str().to_str()?;
    let room = first.trim_end_matches(".rs");
    (room != "lib").then(|| room.to_owned())
}

/// How many steps up lead from the module of a file to the root.
fn depth(file: &Path) -> usize {
    let under = file.strip_prefix(root().join("src")).unwrap();
    let is_folder = under.file_stem().is_some_and(|stem| stem == "mod");
    under.components().count() - usize::from(is_folder)
}

/// Which of these rooms the code names by a path from the root, sorted: after `crate::`, or after
/// so many `super::` that they lead out of the room.
fn rooms_used(code: &str, depth: usize, names: &[&str]) -> BTreeSet<String> {
    let code = without_comments(code);
    let up = "super::".repeat(depth);
    let mut used = BTreeSet::new();
    for start in ["crate::", &up] {
        for (at, _) in code.match_indices(start) {
            let rest = code[at + start.len()..].trim_start_matches("super::");
            let paths = if rest.starts_with('{') {
                top_level(rest)
            } else {
                vec![rest]
            };
            for path in paths {
                let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
                let room = &path[..end.unwrap_or(path.len())];
                if names.contains(&room) {
                    used.insert(room.to_owned());
                }
            }
        }
    }
    used
}

/// The elements of the outermost `{…}` at the beginning of `text`.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut elements) = (0, 1, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 1) || depth == 0 {
            elements.push(text[begin..at].trim());
            begin = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    elements
}

fn without_comments(code: &str) -> String {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every file below a folder with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let skipped = ["target", "node_modules", ".venv"]
            .iter()
            .any(|name| path.ends_with(name));
        if path.is_dir() && !skipped {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
