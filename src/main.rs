//! The `praxiloom` command.

use std::io::Write;
use std::process::ExitCode;

use praxiloom::config::{AskError, Task};

fn main() -> ExitCode {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let asked = match praxiloom::config::ask(std::env::args_os(), variables) {
        Ok(asked) => asked,
        Err(AskError::Usage(usage)) => usage.exit(),
        Err(error) => return fail(&error),
    };
    let printed = match asked.task {
        Task::ShowExample => print(&praxiloom::config::example()),
        Task::ShowConfig => print(&asked.effective),
        Task::Serve => Ok(()),
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(text.as_bytes())
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "praxiloom: {error}");
    ExitCode::FAILURE
}
