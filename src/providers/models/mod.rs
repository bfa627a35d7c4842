//! Models that a person brings: fetched, checked, unpacked and kept in a folder of their own.
//!
//! A model is a folder `NAME` in `models` of the data folder, with the files that its archive
//! held and `model.json`, which says what they are. A folder with that file is complete: it is
//! made beside the others and moved into its place at the end.

pub mod catalogue;
pub mod command;

mod error;
mod fetch;
mod manifest;
mod metadata;
mod progress;
mod recognise;
mod shelf;
mod source;
mod sum;
mod unpack;

pub use error::ModelsError;
pub use manifest::{Family, File, Kind, Manifest};
pub use progress::Progress;
pub use shelf::{Model, Shelf};

/// Whether this build can speak to sherpa-onnx, which all families of models need.
pub const SPOKEN: bool = cfg!(feature = "sherpa");

/// A folder of models that nobody installed, as one that somebody did.
#[cfg(all(test, feature = "sherpa"))]
pub(super) fn found(folder: &std::path::Path, name: &str) -> Model {
    let folder = folder.join(name);
    let found = recognise::recognise(&folder, name).unwrap();
    let manifest = Manifest {
        kind: found.family.kind(),
        family: found.family,
        files: found.files,
        language: found.language,
        source: name.to_owned(),
        sha256: None,
        compared: false,
        licence: None,
        installed: 0,
    };
    let name = name.to_owned();
    Model {
        name,
        folder,
        manifest,
    }
}
