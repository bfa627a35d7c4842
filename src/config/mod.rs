//! Settings: command line, environment and a TOML file, in this order of precedence. One file
//! per concern; a wrong value is refused by the name under which it was set.

mod archive;
mod cli;
mod database;
mod engines;
mod error;
mod example;
mod file;
mod live;
mod llm;
mod log;
mod models;
mod practice;
mod rates;
mod server;
mod setting;
mod stt;
mod tts;
mod values;
mod vendors;
mod webrtc;

use std::ffi::OsString;
use std::path::PathBuf;

pub use archive::Archive;
pub use cli::Task;
pub use database::Database;
pub(crate) use error::nearest;
pub use error::{ConfigError, Source};
pub use live::Live;
pub use llm::{Llm, ModelServer};
pub use log::{Log, LogFormat};
pub use models::{AddModel, ModelsTask};
pub use practice::Practice;
pub use server::{Origin, Origins, Server, Tls, is_local_name};
pub use stt::{CloudStt, Stt};
pub use tts::{CloudTts, Tts};
pub use vendors::Account;
pub use webrtc::{IceServer, WebRtc};

use crate::calls::Rates;
use setting::Setting;
use values::Values;

/// Names the settings file when `--config` does not.
const FILE_VARIABLE: &str = "PRAXILOOM_CONFIG";

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The HTTP edge.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// Recordings.
    pub archive: Archive,
    /// WebRTC.
    pub webrtc: WebRtc,
    /// Live sessions.
    pub live: Live,
    /// Who listens: the first, and who takes its place if it fails.
    pub stt: Vec<Stt>,
    /// Who speaks: likewise.
    pub tts: Vec<Tts>,
    /// Who thinks of an answer: likewise; nobody if the client speaks authored lines.
    pub llm: Vec<Llm>,
    /// What the engines cost.
    pub rates: Rates,
    /// The AI clients.
    pub practice: Practice,
    /// The log.
    pub log: Log,
}

/// What `praxiloom` was asked to do, and with which settings.
#[derive(Debug)]
pub struct Asked {
    /// What to do.
    pub task: Task,
    /// With which settings.
    pub config: Config,
    /// The same settings as a TOML file, with where each was set; secrets do not print.
    pub effective: String,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The command line is not one of ours, or asks for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Reads the command line (with the program's name first), the environment and the file that
/// they name. `moves` is the list of moves, for the help.
///
/// # Errors
///
/// If a flag, a variable, the file or a value is wrong; the first one found is named.
pub fn ask(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (String, String)>,
    moves: &str,
) -> Result<Asked, AskError> {
    let settings = settings();
    let mut environment: Vec<(String, String)> = environment.into_iter().collect();
    let matches = cli::command(&settings, moves).try_get_matches_from(arguments)?;
    let (task, file, flags) = cli::read(&matches, &settings);
    if matches!(task, Task::Moves { .. } | Task::CheckClients { .. }) {
        // No setting changes what they say, so a wrong one does not stop them.
        environment.clear();
    }
    let variables = values::environment(environment.iter().cloned(), &settings)?;
    let named = environment
        .into_iter()
        .find(|(name, _)| name == FILE_VARIABLE);
    let file = file.or_else(|| named.map(|(_, path)| PathBuf::from(path)));
    let in_file = file
        .map(|path| file::read(&path, &settings))
        .transpose()?
        .unwrap_or_default();
    let values = Values::new(vec![flags, variables, in_file]);
    values.refuse_passwords(&settings)?;
    let effective = example::effective(&settings, &values);
    Ok(Asked {
        task,
        config: Config::read(&values)?,
        effective,
    })
}

/// The documented example file, `praxiloom.example.toml`.
#[must_use]
pub fn example() -> String {
    example::example(&settings())
}

/// Every setting, in the order of the example file.
fn settings() -> Vec<&'static Setting> {
    [
        server::SETTINGS,
        database::SETTINGS,
        archive::SETTINGS,
        webrtc::SETTINGS,
        live::SETTINGS,
        stt::SETTINGS,
        llm::SETTINGS,
        tts::SETTINGS,
        vendors::SETTINGS,
        rates::SETTINGS,
        practice::SETTINGS,
        log::SETTINGS,
    ]
    .concat()
}

impl Config {
    fn read(values: &Values) -> Result<Self, ConfigError> {
        let server = Server::read(values)?;
        Ok(Self {
            database: Database::read(values, &server.data)?,
            archive: Archive::read(values, &server.data)?,
            webrtc: WebRtc::read(values, &server)?,
            live: Live::read(values)?,
            stt: Stt::read(values)?,
            tts: Tts::read(values)?,
            llm: Llm::read(values)?,
            rates: rates::read(values)?,
            practice: Practice::read(values)?,
            log: Log::read(values)?,
            server,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings that these variables give.
    pub(super) fn config(variables: &[(&str, &str)]) -> Config {
        asked(&["serve"], variables).unwrap().config
    }

    /// Why these variables are refused.
    pub(super) fn refused(variables: &[(&str, &str)]) -> String {
        asked(&["serve"], variables).unwrap_err().to_string()
    }

    fn asked(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Asked, AskError> {
        let arguments = [&["praxiloom"], arguments].concat();
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        ask(
            arguments.into_iter().map(OsString::from),
            variables,
            "  telling",
        )
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_command_line_wins_over_the_environment_over_the_file() {
        let file = file("[live]\nmax_sessions = 1\nsession_minutes = 1\nwebsocket_lead_ms = 100");
        let path = ("PRAXILOOM_CONFIG", file.path().to_str().unwrap());
        let variables = [
            path,
            ("PRAXILOOM_LIVE_MAX_SESSIONS", "2"),
            ("PRAXILOOM_LIVE_SESSION_MINUTES", "2"),
        ];
        let flags = ["serve", "--live-max-sessions", "3"];
        let live = asked(&flags, &variables).unwrap().config.live;
        assert_eq!(live.max_sessions, 3);
        assert_eq!(live.max_length.as_secs(), 120);
        assert_eq!(live.websocket_lead.as_millis(), 100);
        assert_eq!(live.stop_grace.as_secs(), 20);
    }

    #[test]
    fn a_wrong_value_is_named_where_it_was_set() {
        let file = file("# mine\n[server]\nlisten = \"everywhere\"");
        let path = file.path().to_str().unwrap();
        let error = asked(&["serve", "--config", path], &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("{path}:3: server.listen: `everywhere`: ")),
            "{error}"
        );
        let error = asked(&["serve", "--listen", "x"], &[])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("--listen: `x`: "), "{error}");
        let missing = asked(&["serve", "--config", "/none.toml"], &[])
            .unwrap_err()
            .to_string();
        assert!(missing.starts_with("/none.toml: "), "{missing}");
        assert!(matches!(
            asked(&["serve", "--lisen", "x"], &[]),
            Err(AskError::Usage(_))
        ));
    }

    #[test]
    fn secrets_are_not_taken_from_the_command_line_and_do_not_print() {
        assert!(matches!(
            asked(&["serve", "--llm-key", "x"], &[]),
            Err(AskError::Usage(_))
        ));
        let key = ("PRAXILOOM_ACCESS_TOKEN", "letters that nobody may see");
        let asked = asked(&["config"], &[key]).unwrap();
        assert_eq!(asked.task, Task::ShowConfig);
        for printed in [format!("{:?}", asked.config), asked.effective] {
            assert!(
                printed.contains("[private]") && !printed.contains("letters"),
                "{printed}"
            );
        }
    }

    #[test]
    fn a_key_among_the_members_of_a_body_does_not_print() {
        let extra = r#"{"temperature": 0.5, "api_key": "letters", "max_tokens": 9, "a": [{"authorization": "letters"}]}"#;
        let shown = asked(&["config"], &[("PRAXILOOM_LLM_EXTRA", extra)]).unwrap();
        let shown = shown.effective;
        assert!(
            !shown.contains("letters") && shown.contains("[private]"),
            "{shown}"
        );
        assert!(
            shown.contains("0.5") && shown.contains("\"max_tokens\":9"),
            "{shown}"
        );
        let plain = asked(
            &["config"],
            &[("PRAXILOOM_LLM_EXTRA", r#"{"temperature": 0.7}"#)],
        );
        assert!(plain.unwrap().effective.contains(r#"{"temperature": 0.7}"#));
    }

    #[test]
    fn a_password_in_an_address_is_refused_wherever_it_is_given() {
        let address = "https://user:letters@host/v1";
        let flag = asked(&["config", "--llm-base-url", address], &[]);
        let file = file(&format!("[deepgram]\nbase_url = \"{address}\""));
        let in_file = asked(&["config", "--config", file.path().to_str().unwrap()], &[]);
        let variable = asked(&["serve"], &[("PRAXILOOM_PUBLIC_URL", address)]);
        for (asked, named) in [
            (flag, "--llm-base-url: "),
            (in_file, ":2: deepgram.base_url: "),
            (variable, "PRAXILOOM_PUBLIC_URL: "),
        ] {
            let error = asked.unwrap_err().to_string();
            assert!(
                error.contains(named) && error.contains("password"),
                "{error}"
            );
            assert!(!error.contains("letters"), "{error}");
        }
    }

    #[test]
    fn switches_stand_alone() {
        let open = asked(&["serve", "--listen", "0.0.0.0:80", "--open"], &[]).unwrap();
        assert!(open.config.server.open);
        assert!(
            !asked(&["serve", "--webrtc-udp=false"], &[])
                .unwrap()
                .config
                .webrtc
                .udp
        );
    }

    #[test]
    fn the_example_file_is_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/praxiloom.example.toml");
        let kept = std::fs::read_to_string(path).unwrap();
        assert!(
            kept == example(),
            "praxiloom.example.toml differs from the code: \
             cargo run -- config --example > praxiloom.example.toml"
        );
        let from_file = asked(&["serve", "--config", path], &[]).unwrap();
        let from_nothing = asked(&["serve"], &[]).unwrap();
        assert_eq!(
            format!("{:?}", from_file.config),
            format!("{:?}", from_nothing.config)
        );
    }

    #[test]
    fn moves_are_recognised_whatever_the_settings() {
        let wrong = ("PRAXILOOM_LIVE_MAX_SESSIONS", "many");
        let file = PathBuf::from("-");
        let task = asked(&["moves", "-"], &[wrong]).unwrap().task;
        assert_eq!(task, Task::Moves { file });
        assert!(matches!(asked(&["moves"], &[]), Err(AskError::Usage(_))));
        let help = asked(&["moves", "--help"], &[]).unwrap_err().to_string();
        assert!(
            help.contains("JSON") && help.ends_with("Moves:\n  telling\n"),
            "{help}"
        );
    }

    #[test]
    fn sheets_are_checked_whatever_the_settings_and_listed_by_them() {
        let wrong = ("PRAXILOOM_LIVE_MAX_SESSIONS", "many");
        let task = asked(&["clients", "check", "a.toml", "b"], &[wrong])
            .unwrap()
            .task;
        let paths = vec![PathBuf::from("a.toml"), PathBuf::from("b")];
        assert_eq!(task, Task::CheckClients { paths });
        let own = ["clients", "list", "--practice-clients", "/etc/clients"];
        let listed = asked(&own, &[]).unwrap();
        assert_eq!(listed.task, Task::ListClients);
        let folder = listed.config.practice.clients.unwrap();
        assert_eq!(folder.to_str(), Some("/etc/clients"));
        assert!(asked(&["clients", "list"], &[wrong]).is_err());
        assert!(matches!(
            asked(&["clients", "check"], &[]),
            Err(AskError::Usage(_))
        ));
    }

    #[test]
    fn the_command_is_well_formed() {
        cli::command(&settings(), "").debug_assert();
    }
}
