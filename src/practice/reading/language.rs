//! The languages that a client may have.

/// Whether a text names a language by its code of ISO 639-1, perhaps with a script or region:
/// `de`, `pt-BR`, `zh-Hant-TW`.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let further = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    CODES.split_whitespace().any(|code| code == first) && parts.all(further)
}

/// Every code of ISO 639-1.
const CODES: &str = "\
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
    dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia \
    id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo \
    lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl \
    ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk \
    tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_languages_are_languages() {
        assert_eq!(CODES.split_whitespace().count(), 183);
        for language in ["en", "de-CH", "zh-Hant-TW", "es-419"] {
            assert!(is_language(language), "{language}");
        }
        for none in ["zz", "", "EN", "e", "en-", "en-x!", "english", "en US"] {
            assert!(!is_language(none), "{none}");
        }
    }
}
