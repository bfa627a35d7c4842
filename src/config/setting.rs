//! One setting: its key in the file, and the flag and variable that follow from it.

/// A setting, as the file, the environment and the command line know it.
#[derive(Debug)]
pub struct Setting {
    /// `table.name` in the file.
    pub key: &'static str,
    /// What holds if nobody says anything, as it would be written on the command line; empty for
    /// "not set".
    pub default: &'static str,
    /// How it is written in the file.
    pub kind: Kind,
    /// What it does, in sentences, for the example file and `--help`.
    pub help: &'static str,
}

/// How a setting is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// An array of strings; separated by commas elsewhere.
    List,
    /// A string that never prints and is never taken from the command line, where every other
    /// process could read it.
    Secret,
}

impl Setting {
    /// A setting written as a string.
    pub const fn text(key: &'static str, default: &'static str, help: &'static str) -> Self {
        Self {
            key,
            default,
            kind: Kind::Text,
            help,
        }
    }

    /// A setting written as a whole number.
    pub const fn number(key: &'static str, default: &'static str, help: &'static str) -> Self {
        Self {
            key,
            default,
            kind: Kind::Number,
            help,
        }
    }

    /// A setting written as `true` or `false`.
    pub const fn switch(key: &'static str, default: &'static str, help: &'static str) -> Self {
        Self {
            key,
            default,
            kind: Kind::Switch,
            help,
        }
    }

    /// A setting written as an array of strings.
    pub const fn list(key: &'static str, help: &'static str) -> Self {
        Self {
            key,
            default: "",
            kind: Kind::List,
            help,
        }
    }

    /// A setting that never prints.
    pub const fn secret(key: &'static str, help: &'static str) -> Self {
        Self {
            key,
            default: "",
            kind: Kind::Secret,
            help,
        }
    }

    /// The table in the file.
    pub fn table(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(table, _)| table)
    }

    /// The name within the table.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// `PRAXILOOM_TABLE_NAME`; the table `server` goes without saying.
    pub fn variable(&self) -> String {
        format!(
            "PRAXILOOM_{}",
            self.short().replace('.', "_").to_uppercase()
        )
    }

    /// `table-name`, without the dashes in front; the table `server` goes without saying. `None`
    /// for secrets.
    pub fn flag(&self) -> Option<String> {
        (self.kind != Kind::Secret).then(|| self.short().replace(['.', '_'], "-"))
    }

    fn short(&self) -> &'static str {
        self.key.strip_prefix("server.").unwrap_or(self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_and_variable_follow_from_the_key() {
        let listen = Setting::text("server.tls_key", "", "");
        assert_eq!(listen.flag().as_deref(), Some("tls-key"));
        assert_eq!(listen.variable(), "PRAXILOOM_TLS_KEY");
        let url = Setting::text("llm.base_url", "", "");
        assert_eq!(url.flag().as_deref(), Some("llm-base-url"));
        assert_eq!(url.variable(), "PRAXILOOM_LLM_BASE_URL");
        assert_eq!((url.table(), url.name()), ("llm", "base_url"));
    }

    #[test]
    fn secrets_have_no_flag() {
        assert_eq!(Setting::secret("llm.key", "").flag(), None);
    }
}
