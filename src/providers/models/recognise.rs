//! What the files of a folder are: which family of model, and which file is what to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::ModelsError;
use super::manifest::{Family, File};
use super::metadata::Metadata;

/// Deeper folders than this are not looked into.
const DEPTH: usize = 8;

/// What was found in a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How the model is built.
    pub family: Family,
    /// What it is loaded from.
    pub files: BTreeMap<String, File>,
    /// Its language, if it says.
    pub language: Option<String>,
    /// The file with the terms under which it is given.
    pub licence: Option<String>,
}

/// Finds the model in a folder, whose files are called `named` in errors.
///
/// # Errors
///
/// [`ModelsError::NoModel`] says which file is missing, or why it is none of the families.
pub(super) fn recognise(folder: &Path, named: &str) -> Result<Found, ModelsError> {
    let mut all = Vec::new();
    walk(folder, Path::new(""), 0, &mut all)?;
    all.sort_by_key(|file| (file.path.components().count(), file.path.clone()));
    let files = Files { folder, all };
    files.model().map_err(|why| ModelsError::NoModel {
        folder: named.to_owned(),
        why,
    })
}

fn walk(folder: &Path, below: &Path, depth: usize, all: &mut Vec<File>) -> Result<(), ModelsError> {
    let here = folder.join(below);
    for entry in fs::read_dir(&here).map_err(ModelsError::io(&here))? {
        let entry = entry.map_err(ModelsError::io(&here))?;
        let path = below.join(entry.file_name());
        let metadata = entry.metadata().map_err(ModelsError::io(&here))?;
        if metadata.is_dir() && depth < DEPTH {
            walk(folder, &path, depth + 1, all)?;
        } else if metadata.is_file() {
            let bytes = metadata.len();
            all.push(File { path, bytes });
        }
    }
    Ok(())
}

/// The files of a folder, the shallowest first.
struct Files<'a> {
    folder: &'a Path,
    all: Vec<File>,
}

impl Files<'_> {
    fn model(&self) -> Result<Found, String> {
        let tokens = self.called("tokens.txt").ok_or("there is no tokens.txt")?;
        let (family, mut files, language) = if self.onnx("joiner").next().is_some() {
            self.transducer()?
        } else {
            self.voice()?
        };
        files.insert("tokens".to_owned(), tokens.clone());
        let licence = [
            "LICENSE",
            "LICENSE.txt",
            "LICENSE.md",
            "MODEL_CARD",
            "README.md",
        ];
        let licence = licence.iter().find_map(|name| self.called(name));
        Ok(Found {
            family,
            files,
            language,
            licence: licence.map(|file| file.path.display().to_string()),
        })
    }

    fn transducer(&self) -> Result<Parts, String> {
        // Sets belong together by what their names have in common beside the part.
        let sets = self
            .onnx("encoder")
            .map(|file| (rest(&file.path, "encoder"), file));
        let part = |part: &str, set: &str| {
            let mut of_set = self.onnx(part).filter(|file| rest(&file.path, part) == set);
            // Whole numbers are twice as fast where it costs time, and worse in the small decoder.
            let small = of_set
                .clone()
                .find(|file| is_small(&file.path) == (part != "decoder"));
            small.or_else(|| of_set.next()).cloned()
        };
        for (set, _) in sets {
            let parts = ["encoder", "decoder", "joiner"].map(|name| (name, part(name, &set)));
            if let [(_, Some(encoder)), (_, Some(_)), (_, Some(_))] = &parts {
                let metadata = self.metadata(encoder)?;
                let streaming = ["decode_chunk_len", "chunk_shift"];
                if streaming.iter().all(|key| metadata.get(key).is_none()) {
                    let path = encoder.path.display();
                    return Err(format!("{path} is not of a streaming model"));
                }
                let files = parts.into_iter();
                let files = files.filter_map(|(name, file)| Some((name.to_owned(), file?)));
                return Ok((Family::Transducer, files.collect(), None));
            }
        }
        Err("there are no encoder, decoder and joiner (.onnx) that belong together".to_owned())
    }

    fn voice(&self) -> Result<Parts, String> {
        let model = self.onnx("").next().ok_or("there is no .onnx file")?;
        let path = model.path.display();
        let metadata = self.metadata(model)?;
        let kind = metadata.get("model_type").unwrap_or_default();
        let says = metadata.get("comment").unwrap_or_default();
        let mut files = BTreeMap::from([("model".to_owned(), model.clone())]);
        let family = match kind.as_str() {
            "vits" if says.contains("piper") => Family::Piper,
            "vits" => return Err(format!("{path} is a VITS model, but none of Piper")),
            "kokoro" => {
                let voices = self.called("voices.bin").ok_or("there is no voices.bin")?;
                files.insert("voices".to_owned(), voices.clone());
                Family::Kokoro
            }
            "" => return Err(format!("{path} does not say what it is")),
            other => {
                return Err(format!(
                    "{path} is a model of the type {other}, not known here"
                ));
            }
        };
        let language = metadata.get("voice").filter(|voice| !voice.is_empty());
        Ok((family, files, language))
    }

    fn called(&self, name: &str) -> Option<&File> {
        self.all
            .iter()
            .find(|file| file.path.file_name().is_some_and(|last| last == name))
    }

    /// Models whose names contain a word.
    fn onnx<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a File> + Clone {
        self.all.iter().filter(move |file| {
            let name = name(&file.path);
            name.ends_with(".onnx") && name.contains(word) && !name.starts_with('.')
        })
    }

    fn metadata(&self, file: &File) -> Result<Metadata, String> {
        let read = Metadata::of(&self.folder.join(&file.path));
        read.map_err(|error| format!("{}: {error}", file.path.display()))
    }
}

type Parts = (Family, BTreeMap<String, File>, Option<String>);

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn is_small(path: &Path) -> bool {
    name(path).ends_with(".int8.onnx")
}

/// The path without the part's name and without what it is made of.
fn rest(path: &Path, part: &str) -> String {
    let name = name(path)
        .replace(".int8.onnx", ".onnx")
        .replacen(part, "", 1);
    PathBuf::from(path)
        .with_file_name(name)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests;
