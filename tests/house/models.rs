//! `praxiloom models`: fetching from a real server that fails in every usual way.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::file_server::{Act, FileServer};
use crate::process::command;

/// A streaming transducer as far as its files go: some hundred kilobytes that do not compress.
fn archive() -> Vec<u8> {
    let mut noise = 1_u32;
    let weights = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    });
    let mut encoder: Vec<u8> = weights.take(300_000).collect();
    encoder.extend_from_slice(b"\x72\x16\x0a\x10decode_chunk_len\x12\x0232");
    pack(&[
        ("ears-1/encoder.onnx", &encoder),
        ("ears-1/decoder.onnx", b"layers"),
        ("ears-1/joiner.onnx", b"layers"),
        ("ears-1/tokens.txt", b"<blk> 0\n"),
        ("ears-1/LICENSE", b"as you like"),
    ])
}

fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    let mut tar = tar::Builder::new(bzip);
    for (path, data) in files {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(data.len() as u64);
        header.set_cksum();
        tar.append(&header, *data).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn models(data: &Path, arguments: &[&str]) -> Output {
    let mut command = command(&["models"]);
    command.args(arguments).arg("--data").arg(data);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What `add` said when it failed, and how it ended; nothing may be installed.
fn failed(data: &Path, arguments: &[&str]) -> (String, i32) {
    let output = models(data, &[&["add"], arguments].concat());
    let error = stderr(&output);
    assert!(!output.status.success(), "{error}");
    let listed = stdout(&models(data, &["list"]));
    assert!(listed.starts_with("No model is installed.\n"), "{listed}");
    let last = error.lines().last().unwrap_or_default().to_owned();
    (last, output.status.code().unwrap())
}

#[test]
fn a_model_is_fetched_listed_and_removed() {
    let data = tempfile::tempdir().unwrap();
    let archive = archive();
    let server = FileServer::start(&archive, &[Act::Serve]);
    let url = server.url("ears-1.tar.bz2?signature=periwinkle");
    let sum = sum(&archive);
    let output = models(
        data.path(),
        &["add", &url, "--sha256", &sum, "--language", "en"],
    );
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(stdout(&output).starts_with("installed ears-1: listens (transducer, "));
    assert!(stdout(&output).contains(&format!("SHA-256 {sum}, as it should be")));
    assert!(said.contains("(100 %)") || said.contains("kB of"), "{said}");
    let folder = data.path().join("models/ears-1");
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("model.json")).unwrap()).unwrap();
    assert_eq!(manifest["kind"], "stt");
    assert_eq!(manifest["family"], "transducer");
    assert_eq!(manifest["sha256"], sum.as_str());
    assert_eq!(manifest["licence"], "ears-1/LICENSE");
    assert_eq!(manifest["source"], server.url("ears-1.tar.bz2"));
    assert_eq!(manifest["files"]["tokens"]["path"], "ears-1/tokens.txt");
    assert!(folder.join("ears-1/encoder.onnx").exists());
    let workshop = fs::read_dir(data.path().join("models/.workshop")).unwrap();
    assert_eq!(workshop.count(), 0, "nothing is left over");
    let listed = stdout(&models(data.path(), &["list"]));
    assert!(
        listed.contains("* ears-1 listens  transducer en"),
        "{listed}"
    );
    assert!(listed.contains("kokoro-en"), "{listed}");
    let again = models(data.path(), &["add", &url]);
    assert!(stderr(&again).contains("ears-1 is installed already"));
    assert_eq!(server.heard().len(), 1, "it was not fetched for nothing");
    assert_eq!(
        stdout(&models(data.path(), &["remove", "ears-1"])),
        "removed ears-1\n"
    );
    assert!(!folder.exists());
    let none = models(data.path(), &["remove", "ears-1"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("no model ears-1 is installed"));
}

#[test]
fn a_break_in_the_middle_is_gone_on_from() {
    let data = tempfile::tempdir().unwrap();
    let archive = archive();
    let script = [Act::Cut(100_000), Act::Cut(100_000), Act::Serve];
    let server = FileServer::start(&archive, &script);
    let output = models(data.path(), &["add", &server.url("ears.tar.bz2")]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains(&sum(&archive)));
    assert!(stdout(&output).contains("compared with nothing"));
    let heard = server.heard();
    assert!(!heard[0].contains("range:"), "{}", heard[0]);
    for (request, from) in [(&heard[1], 100_000), (&heard[2], 200_000)] {
        let range = format!("range: bytes={from}-");
        assert!(
            request.contains(&range) && request.contains("if-range: \"1\""),
            "{request}"
        );
    }
}

#[test]
fn the_next_command_goes_on_where_one_gave_up() {
    let data = tempfile::tempdir().unwrap();
    let archive = archive();
    let script = [Act::Cut(150_000), Act::Status(503)];
    let server = FileServer::start(&archive, &script);
    let url = server.url("ears.tar.bz2");
    let (error, code) = failed(data.path(), &[&url]);
    assert!(
        error.contains("503") && error.contains("150 kB came and are kept"),
        "{error}"
    );
    assert_eq!(code, 3);
    // The same address, and a server that is well again.
    drop(server);
    let part = data.path().join("models/.workshop/ears.part");
    assert_eq!(fs::metadata(&part).unwrap().len(), 150_000);
    let server = FileServer::start(&archive, &[Act::Serve]);
    let known = part.with_extension("part.json");
    let json = fs::read_to_string(&known).unwrap();
    fs::write(&known, json.replace(&url, &server.url("ears.tar.bz2"))).unwrap();
    let output = models(data.path(), &["add", &server.url("ears.tar.bz2")]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains(&sum(&archive)));
    assert!(server.heard()[0].contains("range: bytes=150000-"));
}

#[test]
fn a_server_that_cannot_go_on_begins_again() {
    let archive = archive();
    let changed = [Act::Cut(100_000), Act::Change(archive.clone()), Act::Serve];
    let old = [archive.clone(), b"older".to_vec()].concat();
    let forgetful = [Act::Cut(100_000), Act::Forget];
    for (file, script) in [(&old, &changed[..]), (&archive, &forgetful[..])] {
        let data = tempfile::tempdir().unwrap();
        let server = FileServer::start(file, script);
        let output = models(data.path(), &["add", &server.url("ears.tar.bz2")]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains(&sum(&archive)), "{script:?}");
        assert!(server.heard()[1].contains("range: bytes=100000-"));
    }
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let archive = archive();
    let data = tempfile::tempdir().unwrap();
    let server = FileServer::start(&archive, &[Act::Serve]);
    let first = Act::Redirect(server.url("elsewhere"));
    let entrance = FileServer::start(b"", &[first]);
    let output = models(data.path(), &["add", &entrance.url("ears.tar.bz2")]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(data.path().join("models/ears/model.json").exists());
    let data = tempfile::tempdir().unwrap();
    let circle = FileServer::start(b"", &[Act::Redirect("/ears.tar.bz2".to_owned())]);
    let (error, _) = failed(data.path(), &[&circle.url("ears.tar.bz2")]);
    assert!(error.contains("redirects more than 5 times"), "{error}");
}

#[test]
fn another_sum_is_not_opened_and_thrown_away() {
    let data = tempfile::tempdir().unwrap();
    let archive = archive();
    let server = FileServer::start(&archive, &[Act::Serve]);
    let wanted = "0".repeat(64);
    let url = server.url("ears.tar.bz2");
    let (error, code) = failed(data.path(), &[&url, "--sha256", &wanted]);
    assert!(
        error.contains(&sum(&archive)) && error.contains(&wanted),
        "{error}"
    );
    assert_eq!(code, 4);
    assert!(!data.path().join("models/.workshop/ears.part").exists());
}

#[test]
fn what_is_too_big_is_not_fetched_to_its_end() {
    let data = tempfile::tempdir().unwrap();
    let server = FileServer::start(b"", &[Act::Endless]);
    let url = server.url("ears.tar.bz2");
    let (error, code) = failed(data.path(), &[&url, "--max-mb", "1"]);
    assert!(error.contains("is bigger than 1.0 MB (--max-mb"), "{error}");
    assert_eq!(code, 1);
    assert!(!data.path().join("models/.workshop/ears.part").exists());
}

#[test]
fn garbage_and_what_would_write_outside_is_refused() {
    for (bytes, says) in [
        (b"<!doctype html>".to_vec(), "none of .tar.bz2"),
        (archive()[..200_000].to_vec(), "damaged"),
        (
            pack(&[("../../ears", b"x")]),
            "would write outside: ../../ears",
        ),
        (
            pack(&[("/tmp/ears", b"x")]),
            "would write outside: /tmp/ears",
        ),
        (pack(&[("notes.txt", b"x")]), "there is no tokens.txt"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let server = FileServer::start(&bytes, &[Act::Serve]);
        let (error, code) = failed(data.path(), &[&server.url("ears.tar.bz2")]);
        assert!(error.contains(says), "{error}");
        assert_eq!(code, 1);
        let workshop = fs::read_dir(data.path().join("models/.workshop")).unwrap();
        assert_eq!(workshop.count(), 0, "nothing is left over");
    }
}

#[test]
fn archives_and_folders_of_this_machine_are_taken() {
    let data = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("ears.tar.bz2");
    fs::write(&file, archive()).unwrap();
    let file = file.to_str().unwrap();
    let output = models(data.path(), &["add", file]);
    assert!(output.status.success(), "{}", stderr(&output));
    let unpacked = data.path().join("models/ears/ears-1");
    let unpacked = unpacked.to_str().unwrap();
    let output = models(data.path(), &["add", unpacked, "--name", "copy"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let copy = data.path().join("models/copy/encoder.onnx");
    assert!(fs::metadata(copy).unwrap().len() > 300_000);
    assert!(
        fs::exists(file).unwrap(),
        "what somebody brought stays theirs"
    );
    let output = models(data.path(), &["add", file, "--name", "../x"]);
    assert!(stderr(&output).contains("`../x` cannot be a model's name"));
}

#[test]
fn what_cannot_be_asked_for_is_said_before_anything_is_fetched() {
    let data = tempfile::tempdir().unwrap();
    for (arguments, says, code) in [
        (&["kokoro"][..], "`kokoro` is neither in the catalogue", 1),
        (&["http://models.example/x.tar"], "has no TLS", 1),
        (&["kokoro-en", "--sha256", "12"], "64 hexadecimal digits", 1),
        (&["https://models.example/"], "cannot be a model's name", 1),
        (&["kokoro-en", "--max-mb", "0"], "--max-mb", 2),
        (&[], "<WHAT>", 2),
    ] {
        let output = models(data.path(), &[&["add"], arguments].concat());
        let error = stderr(&output);
        assert!(error.contains(says), "{arguments:?}: {error}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
    let gone = FileServer::start(b"", &[Act::Status(404)]);
    let (error, code) = failed(data.path(), &[&gone.url("ears.tar.bz2")]);
    assert!(error.contains("it answers 404"), "{error}");
    assert_eq!(code, 1);
}
