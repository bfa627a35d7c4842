//! The models that a person brought, where this build can run them.

use crate::providers::ProviderError;
use crate::providers::models::{Kind, Model, SPOKEN, Shelf};

/// The model that an engine is to run: that of this name, or the one that was installed last.
/// `None` if there is none, or if this build can run none and nobody asked for one by name.
pub(super) fn model(
    shelf: &Shelf,
    kind: Kind,
    name: Option<&str>,
) -> Result<Option<Model>, ProviderError> {
    let unavailable = |message: String| ProviderError::Unavailable {
        engine: "local".to_owned(),
        message,
    };
    let chosen = shelf.choose(kind, name);
    let chosen = chosen.map_err(|error| unavailable(error.to_string()))?;
    match chosen {
        Some(model) if !SPOKEN && name.is_some() => Err(unavailable(format!(
            "this build is without sherpa-onnx, which the model {} needs (docs/models.md)",
            model.name
        ))),
        Some(model) if !SPOKEN => {
            tracing::warn!(
                model = model.name,
                "an installed model is not used: this build is without sherpa-onnx"
            );
            Ok(None)
        }
        chosen => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_asked_for_must_be_there() {
        let data = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(data.path());
        assert_eq!(model(&shelf, Kind::Stt, None).unwrap(), None);
        let error = model(&shelf, Kind::Stt, Some("ears"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no model ears is installed"), "{error}");
    }
}
