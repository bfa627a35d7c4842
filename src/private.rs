//! Values that must never be printed: keys, tokens, spoken words on their way through a log.

use std::fmt;

use subtle::ConstantTimeEq;

/// What stands in a log where a private value would be.
pub const REDACTED: &str = "[private]";

/// A value that prints as [`REDACTED`] wherever it ends up.
///
/// Reading it takes the word [`expose`](Self::expose), so that every place where a private value
/// leaves its wrapping can be found by searching for it. It is not `Serialize` on purpose.
#[derive(Clone, Default)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, without the wrapping.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T: AsRef<[u8]>> Private<T> {
    /// Whether both are equal, in a time that depends on their lengths alone, so that a guess
    /// learns nothing from how long the answer took.
    pub fn matches(&self, other: impl AsRef<[u8]>) -> bool {
        self.0.as_ref().ct_eq(other.as_ref()).into()
    }
}

impl<T: AsRef<[u8]>> PartialEq for Private<T> {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl<T: AsRef<[u8]>> Eq for Private<T> {}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_what_it_holds() {
        #[derive(Debug)]
        struct Settings {
            #[expect(dead_code, reason = "read by Debug, which is what is tested")]
            key: Private<String>,
        }
        let key = Private::new("sk-letters".to_owned());
        let settings = Settings { key: key.clone() };
        for printed in [
            format!("{key}"),
            format!("{key:?}"),
            format!("{settings:#?}"),
        ] {
            assert!(printed.contains(REDACTED));
            assert!(!printed.contains("letters"));
        }
    }

    #[test]
    fn compares_the_whole_value() {
        let token = Private::new("token".to_owned());
        assert!(token.matches("token"));
        assert!(!token.matches("tokem"));
        assert!(!token.matches("token2"));
        assert!(!token.matches(""));
        assert_eq!(token, Private::new("token".to_owned()));
    }
}
