//! Archives as they should be, and as they should not.

use std::io::Write as _;

use proptest::prelude::*;
use tar::{Builder, Header};

use super::*;

/// A tar file of these paths, written as they stand, whatever they are.
fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (path, kind, data) in entries {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o4777);
        if kind.is_symlink() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *data).unwrap();
    }
    builder.into_inner().unwrap()
}

fn file<'a>(path: &'a str, data: &'a [u8]) -> (&'a str, EntryType, &'a [u8]) {
    (path, EntryType::Regular, data)
}

fn unpacked(bytes: &[u8], limit: u64) -> (tempfile::TempDir, Result<(), ModelsError>) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    fs::write(&archive, bytes).unwrap();
    let into = folder.path().join("into");
    fs::create_dir(&into).unwrap();
    let done = unpack(&archive, "the archive", &into, limit);
    (folder, done)
}

fn why(bytes: &[u8], limit: u64) -> String {
    let (folder, done) = unpacked(bytes, limit);
    let beside = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(beside, 2, "something was written outside");
    done.unwrap_err().to_string()
}

#[test]
fn every_usual_form_is_unpacked() {
    let bare = tar(&[
        ("voice", EntryType::Directory, b""),
        file("./voice/model.onnx", b"layers"),
        file("voice/deep/er/tokens.txt", b"a 0"),
        ("voice/link", EntryType::Symlink, b""),
    ]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bare).unwrap();
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(&bare).unwrap();
    for bytes in [bare, gzip.finish().unwrap(), bzip.finish().unwrap()] {
        let (folder, done) = unpacked(&bytes, 9);
        done.unwrap();
        let voice = folder.path().join("into/voice");
        assert_eq!(fs::read(voice.join("model.onnx")).unwrap(), b"layers");
        assert_eq!(fs::read(voice.join("deep/er/tokens.txt")).unwrap(), b"a 0");
        assert!(voice.join("link").symlink_metadata().is_err());
    }
}

#[test]
fn nothing_is_written_outside_or_over_another() {
    for path in ["../out", "/tmp/out", "a/../../out", ".."] {
        let error = why(&tar(&[file("a/b", b"x"), file(path, b"x")]), 100);
        assert!(error.contains("outside"), "{path}: {error}");
    }
    let twice = why(&tar(&[file("a", b"x"), file("a", b"y")]), 100);
    assert!(twice.contains("exists"), "{twice}");
    let only = tar(&[("a", EntryType::Symlink, b"")]);
    assert!(why(&only, 100).contains("no files"));
}

#[test]
fn no_more_is_unpacked_than_is_allowed() {
    let zeros = vec![0; 1_000_000];
    let bare = tar(&[file("a", &zeros), file("b", b"x")]);
    let mut bomb = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bomb.write_all(&bare).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1000, "{}", bomb.len());
    assert!(unpacked(&bomb, 1_000_001).1.is_ok());
    assert!(why(&bomb, 1_000_000).contains("is bigger than 1.0 MB"));
    let many: Vec<_> = (0..=ENTRIES)
        .map(|_| ("d", EntryType::Directory, &b""[..]))
        .collect();
    assert!(why(&tar(&many), 100).contains("more than 20000 files"));
}

#[test]
fn what_is_no_archive_or_half_of_one_is_refused() {
    assert!(why(b"<!doctype html>", 100).contains("none of .tar.bz2"));
    assert!(why(b"", 100).contains("none of .tar.bz2"));
    assert!(why(b"BZh9 but that is all", 100).contains("damaged"));
    let bare = tar(&[file("a", &[7; 2000])]);
    assert!(why(&bare[..1500], 10_000).contains("damaged"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_damage_is_an_error_or_harmless(at in 0_usize..2048, byte: u8) {
        let mut bytes = tar(&[file("voice/a", &[7; 300]), file("b", b"x")]);
        let length = bytes.len();
        bytes[at % length] = byte;
        let (folder, _) = unpacked(&bytes, 1000);
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
