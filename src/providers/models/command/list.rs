//! Which models are installed, and which can be had by name.

use super::super::catalogue::CATALOGUE;
use super::super::progress::size;
use super::super::{Kind, Model, SPOKEN};

/// The installed models, then the rest of the catalogue.
pub(super) fn list(models: &[Model]) -> String {
    let mut text = if models.is_empty() {
        "No model is installed.\n".to_owned()
    } else {
        table(models) + footnote()
    };
    let others = CATALOGUE
        .iter()
        .filter(|entry| models.iter().all(|model| model.name != entry.name));
    let mut others = others.peekable();
    if others.peek().is_some() {
        text += "\nTo be had by `praxiloom models add NAME` (docs/models.md: none was tried):\n";
    }
    for entry in others {
        let language = entry.language;
        text += &format!(
            "  {:<18} {:<8} {language:<6} {}\n",
            entry.name, entry.kind, entry.note
        );
    }
    text
}

fn table(models: &[Model]) -> String {
    let width = models.iter().map(|model| model.name.len()).max();
    let width = width.unwrap_or_default().max(4);
    let mut text = format!(
        "  {:<width$} {:<8} {:<10} {:<8} {:>9}  {}\n",
        "NAME", "DOES", "FAMILY", "LANGUAGE", "SIZE", "FROM"
    );
    for model in models {
        let manifest = &model.manifest;
        let bytes = manifest.files.values().map(|file| file.bytes).sum();
        text += &format!(
            "{} {:<width$} {:<8} {:<10} {:<8} {:>9}  {}\n",
            if is_last(model, models) { '*' } else { ' ' },
            model.name,
            manifest.kind,
            manifest.family,
            manifest.language.as_deref().unwrap_or("-"),
            size(bytes),
            manifest.source
        );
    }
    text
}

/// Whether it is the one that a server takes.
fn is_last(model: &Model, models: &[Model]) -> bool {
    let of_kind = |kind: Kind| {
        models
            .iter()
            .filter(move |model| model.manifest.kind == kind)
    };
    let last = of_kind(model.manifest.kind).max_by_key(|model| model.manifest.installed);
    last == Some(model)
}

/// What becomes of installed models.
pub(super) const fn footnote() -> &'static str {
    if SPOKEN {
        "The next `praxiloom serve` takes the one marked *, installed last, where stt.engine and \
         tts.engine are `local`.\n"
    } else {
        "This build cannot use it: it is without sherpa-onnx (docs/models.md says how to build \
         with it).\n"
    }
}
