//! The command line of `praxiloom models`.

use clap::{Arg, ArgMatches, Command, value_parser};

/// What is to be done with the models that a person brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelsTask {
    /// Fetch, check and install one.
    Add(AddModel),
    /// Print which are installed, and which can be had by name.
    List,
    /// Take one away.
    Remove {
        /// Its name.
        name: String,
    },
}

/// A model to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddModel {
    /// A name of the catalogue, an address, a file or a folder.
    pub what: String,
    /// How it is to be called; after its archive if nothing is given.
    pub name: Option<String>,
    /// SHA-256 that the archive must have, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Its language, if it does not say so itself.
    pub language: Option<String>,
    /// Most bytes that are fetched, and that are unpacked.
    pub limit: u64,
}

const ABOUT: &str = "\
Speech models on this machine: fetch, list and remove them

Ends with 0 when it is done; 1 when it cannot be done; 2 when the command line is wrong; 3 when it \
broke off and the same command may go on (a fetch continues where it was); 4 when the archive has \
another sum than it should.";

const ADD: &str = "\
Fetch, check and install a model

WHAT is a name that `praxiloom models list` shows, the address of an archive (.tar.bz2, .tar.gz, \
.tar), such an archive on this machine, or a folder with the files. A fetch that breaks off is \
gone on with by the same command. The model is installed when all of it is there, or not at all.";

pub(super) fn command() -> Command {
    let add = Command::new("add")
        .about("Fetch, check and install a model")
        .long_about(ADD)
        .arg(
            Arg::new("what")
                .value_name("WHAT")
                .required(true)
                .help("Name, address, archive or folder"),
        )
        .arg(
            Arg::new("sha256")
                .long("sha256")
                .value_name("SUM")
                .help("SHA-256 that the archive must have"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("How it is to be called [default: as its archive]"),
        )
        .arg(
            Arg::new("language")
                .long("language")
                .value_name("TAG")
                .help("Its language, such as `en` or `pt-br`, if it does not say so itself"),
        )
        .arg(
            Arg::new("max_mb")
                .long("max-mb")
                .value_name("N")
                .default_value("4000")
                .value_parser(value_parser!(u64).range(1..=1_000_000))
                .help("Most megabytes that are fetched, and that are unpacked"),
        );
    let remove = Command::new("remove").about("Remove a model").arg(
        Arg::new("name")
            .value_name("NAME")
            .required(true)
            .help("Its name"),
    );
    Command::new("models")
        .about("Speech models on this machine: fetch, list and remove them")
        .long_about(ABOUT)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(add)
        .subcommand(Command::new("list").about("Print which are installed, and which can be had"))
        .subcommand(remove)
}

pub(super) fn read(matches: &ArgMatches) -> ModelsTask {
    let (task, flags) = matches.subcommand().unwrap_or(("list", matches));
    let text = |name: &str| flags.get_one::<String>(name).cloned();
    match task {
        "add" => ModelsTask::Add(AddModel {
            what: text("what").unwrap_or_default(),
            name: text("name"),
            sha256: text("sha256"),
            language: text("language"),
            limit: flags.get_one::<u64>("max_mb").unwrap_or(&4000) * 1_000_000,
        }),
        "remove" => ModelsTask::Remove {
            name: text("name").unwrap_or_default(),
        },
        _ => ModelsTask::List,
    }
}
