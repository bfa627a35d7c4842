//! The command line, made of the settings: one flag each, secrets excepted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::error::Source;
use super::models::{self, ModelsTask};
use super::server;
use super::setting::{Kind, Setting};
use super::values::{Given, split};

/// What `praxiloom` was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Run the server.
    Serve,
    /// Check the settings and print what holds, and where it was set.
    ShowConfig,
    /// Print the documented example file.
    ShowExample,
    /// Ask every configured provider whether it works.
    Doctor,
    /// Recognise the coach's moves in a transcript.
    Moves {
        /// The transcript; `-` is standard input.
        file: PathBuf,
    },
    /// Say what is wrong with sheets of AI clients.
    CheckClients {
        /// Files, or folders of them.
        paths: Vec<PathBuf>,
    },
    /// Print who there is to talk to.
    ListClients,
    /// Change or list the models that a person brings.
    Models(ModelsTask),
}

/// The command with all its flags. `moves` is the list of moves, for the help of that command.
pub(super) fn command(settings: &[&'static Setting], moves: &str) -> Command {
    let serve = Command::new("serve").about("Run the server");
    let config = Command::new("config")
        .about("Check the settings and print what holds, and where it was set")
        .arg(
            Arg::new("example")
                .long("example")
                .action(ArgAction::SetTrue)
                .help("Print the documented example file instead"),
        );
    let doctor = Command::new("doctor")
        .about("Ask every configured provider whether it works")
        .long_about(DOCTOR);
    let moves = Command::new("moves")
        .about("Recognise the coach's moves in a transcript")
        .long_about(MOVES)
        .after_long_help(format!("Moves:\n{moves}"))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The transcript; `-` reads standard input"),
        );
    let check = Command::new("check")
        .about("Say what is wrong with sheets of clients, all of it, with file and line")
        .arg(
            Arg::new("paths")
                .value_name("FILE")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .help("Sheets (docs/clients.md says how they are written), or folders of them"),
        );
    let list = Command::new("list").about("Print the clients that there are, your own among them");
    let clients = Command::new("clients")
        .about("The AI clients: who there is, and whether your own are sound")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
        .subcommand(with_flags(list, settings));
    // They are kept in the data folder, which any of them may be told.
    let data = |command| with_flags(command, &[&server::DATA]);
    let models = models::command().mut_subcommands(data);
    Command::new("praxiloom")
        .about("A real-time voice trainer for coaches")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_flags(serve, settings))
        .subcommand(with_flags(config, settings))
        .subcommand(with_flags(doctor, settings))
        .subcommand(moves)
        .subcommand(clients)
        .subcommand(models)
}

const DOCTOR: &str = "\
Ask every configured provider whether it works

Each is asked what a session would ask it: a recogniser hears a sentence that this machine speaks, \
a model is asked for a word, a voice says a sentence. Prints for each whether it is reachable and lets \
us in, and how long its first answer takes: of a recogniser from the end of the sentence, of a \
model to its first word, of a voice to its first sound. Nothing of a person is sent; vendors count the \
few words.

Ends with 0 if all of them work, also those that only stand in for another, and with 1 if one does \
not.";

const MOVES: &str = "\
Recognise the coach's moves in a transcript

FILE is text in UTF-8, an utterance a line, as `[00:01:13] Coach: What would help?` or `[00:01:20] \
Client: I don't know.` The time may be minutes and seconds, or missing; blank lines are passed over.

Prints a JSON object a line for each utterance: `index` (from 0), `speaker` (`coach` or `client`), \
`time` (the text between the brackets; null if there is none), `text`, and `moves`: the names of \
what the coach does in it, in the order of the list below; none for the client. A question is \
always exactly one of open_question and closed_question. The same transcript always gives the same \
moves; nothing is sent anywhere.";

fn with_flags(command: Command, settings: &[&'static Setting]) -> Command {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(
            "Settings file (TOML); `praxiloom config --example` prints one [env: PRAXILOOM_CONFIG]",
        );
    let flags = settings
        .iter()
        .filter_map(|setting| Some(flag(setting, setting.flag()?)));
    command.arg(file).args(flags)
}

fn flag(setting: &'static Setting, name: String) -> Arg {
    let set = if setting.default.is_empty() {
        ""
    } else {
        "; default: "
    };
    let help = format!(
        "{} [env: {}{set}{}]",
        setting.help.replace('\n', " "),
        setting.variable(),
        setting.default
    );
    let arg = Arg::new(setting.key)
        .long(name)
        .help(help)
        .allow_hyphen_values(true);
    match setting.kind {
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false"),
        Kind::Number => arg.value_name("N"),
        Kind::List => arg.value_name("A,B,…"),
        Kind::Text | Kind::Secret => arg.value_name("VALUE"),
    }
}

/// What a parsed command line asks for and sets.
pub(super) fn read(
    matches: &ArgMatches,
    settings: &[&'static Setting],
) -> (Task, Option<PathBuf>, BTreeMap<&'static str, Given>) {
    let (task, flags) = match matches.subcommand() {
        Some(("config", flags)) if flags.get_flag("example") => (Task::ShowExample, flags),
        Some(("config", flags)) => (Task::ShowConfig, flags),
        Some(("doctor", flags)) => (Task::Doctor, flags),
        Some(("moves", flags)) => {
            let file = flags.get_one::<PathBuf>("file").cloned();
            let file = file.unwrap_or_default();
            (Task::Moves { file }, flags)
        }
        Some(("clients", which)) => match which.subcommand() {
            Some(("check", flags)) => {
                let paths = flags.get_many::<PathBuf>("paths").into_iter().flatten();
                let paths = paths.cloned().collect();
                (Task::CheckClients { paths }, flags)
            }
            Some((_, flags)) => (Task::ListClients, flags),
            None => (Task::ListClients, which),
        },
        Some(("models", flags)) => {
            let task = Task::Models(models::read(flags));
            (task, flags.subcommand().map_or(flags, |(_, flags)| flags))
        }
        Some((_, flags)) => (Task::Serve, flags),
        None => (Task::Serve, matches),
    };
    let mut given = BTreeMap::new();
    for setting in settings {
        let Some(name) = setting.flag() else { continue };
        if let Ok(Some(value)) = flags.try_get_one::<String>(setting.key) {
            let values = split(setting.kind, value);
            given.insert(
                setting.key,
                Given {
                    values,
                    at: Source::Flag(name),
                },
            );
        }
    }
    let file = flags
        .try_get_one::<PathBuf>("config")
        .ok()
        .flatten()
        .cloned();
    (task, file, given)
}
