//! Folders as they are published, with files that hold nothing but what they say of themselves.

use super::*;

const STREAMING: &[u8] = b"\x72\x16\x0a\x10decode_chunk_len\x12\x0232";
const PIPER: &[u8] =
    b"\x0a\x0amodel_type\x12\x04vits\x0a\x07comment\x12\x05piper\x0a\x05voice\x12\x05en-us";
const COQUI: &[u8] = b"\x0a\x0amodel_type\x12\x04vits\x0a\x07comment\x12\x05coqui";
const KOKORO: &[u8] = b"\x0a\x0amodel_type\x12\x06kokoro";
const KITTEN: &[u8] = b"\x0a\x0amodel_type\x12\x0akitten-tts";

fn found(files: &[(&str, &[u8])]) -> Result<Found, String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, data) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
    recognise(folder.path(), "here").map_err(|error| error.to_string())
}

fn paths(found: &Found) -> Vec<(&str, &str)> {
    let files = found.files.iter();
    files
        .map(|(part, file)| (part.as_str(), file.path.to_str().unwrap()))
        .collect()
}

#[test]
fn a_transducer_is_put_together_of_parts_that_belong_together() {
    let mut files: Vec<(String, &[u8])> = vec![("ears/tokens.txt".to_owned(), b"")];
    for set in [
        "-epoch-99-avg-1-chunk-16-left-64",
        "-epoch-99-avg-1-chunk-16-left-128",
    ] {
        for part in ["encoder", "decoder", "joiner"] {
            for small in ["", ".int8"] {
                files.push((format!("ears/{part}{set}{small}.onnx"), STREAMING));
            }
        }
    }
    files.push(("ears/encoder-other.onnx".to_owned(), STREAMING));
    files.push(("ears/README.md".to_owned(), b"terms"));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, data)| (&**path, *data)).collect();
    let found = found(&files).unwrap();
    assert_eq!(found.family, Family::Transducer);
    assert_eq!(found.licence.as_deref(), Some("ears/README.md"));
    let whole = [
        (
            "decoder",
            "ears/decoder-epoch-99-avg-1-chunk-16-left-128.onnx",
        ),
        (
            "encoder",
            "ears/encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
        ),
        (
            "joiner",
            "ears/joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
        ),
        ("tokens", "ears/tokens.txt"),
    ];
    assert_eq!(paths(&found), whole);
}

#[test]
fn voices_are_told_by_what_they_say_of_themselves() {
    let piper = found(&[
        ("v/tokens.txt", b""),
        ("v/en_US-amy-low.onnx", PIPER),
        ("v/en_US-amy-low.onnx.json", b"{}"),
        ("v/espeak-ng-data/en_dict", b""),
    ])
    .unwrap();
    assert_eq!(
        (piper.family, piper.language.as_deref()),
        (Family::Piper, Some("en-us"))
    );
    assert_eq!(
        paths(&piper),
        [
            ("model", "v/en_US-amy-low.onnx"),
            ("tokens", "v/tokens.txt")
        ]
    );
    let kokoro = found(&[
        ("tokens.txt", b""),
        ("model.onnx", KOKORO),
        ("voices.bin", b"1234"),
    ]);
    let kokoro = kokoro.unwrap();
    assert_eq!((kokoro.family, kokoro.language), (Family::Kokoro, None));
    assert_eq!(kokoro.files["voices"].bytes, 4);
}

#[test]
fn what_is_missing_or_not_known_is_named() {
    let tokens: (&str, &[u8]) = ("tokens.txt", b"");
    for (files, why) in [
        (&[("model.onnx", PIPER)][..], "there is no tokens.txt"),
        (&[tokens], "there is no .onnx file"),
        (&[tokens, ("m.onnx", KOKORO)], "there is no voices.bin"),
        (
            &[tokens, ("m.onnx", COQUI)],
            "m.onnx is a VITS model, but none of Piper",
        ),
        (&[tokens, ("m.onnx", KITTEN)], "of the type kitten-tts"),
        (
            &[tokens, ("m.onnx", b"<html>")],
            "m.onnx does not say what it is",
        ),
        (
            &[tokens, ("encoder.onnx", STREAMING), ("joiner.onnx", b"")],
            "that belong together",
        ),
        (
            &[
                tokens,
                ("encoder.onnx", b""),
                ("decoder.onnx", b""),
                ("joiner.onnx", b""),
            ],
            "encoder.onnx is not of a streaming model",
        ),
    ] {
        let error = found(files).unwrap_err();
        assert!(
            error.starts_with("here: ") && error.contains(why),
            "{error}"
        );
    }
}
