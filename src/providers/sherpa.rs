//! What recogniser and voice have in common where sherpa-onnx runs a model.

use std::fs;

use super::ProviderError;
use super::models::{Family, Model};

/// The engine's name in the configuration and in errors.
pub const NAME: &str = "sherpa-onnx";

pub(super) fn unavailable(message: String) -> ProviderError {
    ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message,
    }
}

/// Refuses a model that is of another family.
pub(super) fn check(model: &Model, families: &[Family]) -> Result<(), ProviderError> {
    let family = model.manifest.family;
    if families.contains(&family) {
        return Ok(());
    }
    Err(unavailable(format!(
        "model {} is of the family {family}",
        model.name
    )))
}

/// The path of a model's file, as the library takes it.
pub(super) fn file(model: &Model, part: &str) -> Result<String, ProviderError> {
    let path = model
        .file(part)
        .map_err(|error| unavailable(error.to_string()))?;
    let odd = |path: std::path::PathBuf| unavailable(format!("{} is not UTF-8", path.display()));
    path.into_os_string()
        .into_string()
        .map_err(|path| odd(path.into()))
}

pub(super) fn read(path: &str) -> Result<String, ProviderError> {
    fs::read_to_string(path).map_err(|error| unavailable(format!("{path}: {error}")))
}

/// Said before the library has the model, since it may end the process over one.
pub(super) fn loading(model: &Model) {
    tracing::info!(model = model.name, folder = %model.folder.display(), "loading a model");
}

pub(super) fn not_loaded(model: &Model) -> ProviderError {
    unavailable(format!(
        "model {}: it could not be loaded from {}; what sherpa-onnx said stands above",
        model.name,
        model.folder.display()
    ))
}

/// Whether two tags name the same language, whatever the country.
pub(super) fn same_language(a: &str, b: &str) -> bool {
    let primary = |tag: &str| {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        first.to_ascii_lowercase()
    };
    primary(a) == primary(b)
}

/// A model of tests/fixtures/models as if it were installed.
#[cfg(test)]
pub(super) fn made(name: &str) -> Model {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models");
    super::models::found(std::path::Path::new(fixtures), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_does_not_make_another_language() {
        assert!(same_language("en-us", "en-GB") && same_language("EN", "en"));
        assert!(!same_language("en", "de") && !same_language("en", ""));
    }
}
