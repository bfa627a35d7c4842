//! What `praxiloom models` does.

mod add;
mod list;

use std::io::Write;
use std::path::Path;

use super::{ModelsError, Progress, Shelf};
use crate::clock::Micros;
use crate::config::ModelsTask;

/// Does it, with the models of a server's data folder; it is `now`. What was done is written to `out`, how it
/// goes to `progress`.
///
/// # Errors
///
/// Why it could not be done; [`ModelsError::exit_code`] says how the command ends.
pub async fn run(
    task: ModelsTask,
    data: &Path,
    now: Micros,
    out: &mut (dyn Write + Send),
    progress: &mut Progress,
) -> Result<(), ModelsError> {
    let shelf = Shelf::new(data);
    let told = match task {
        ModelsTask::Add(wanted) => add::add(&shelf, &wanted, now, progress).await?,
        ModelsTask::List => list::list(&shelf.models()?),
        ModelsTask::Remove { name } => {
            shelf.open()?.remove(&name)?;
            format!("removed {name}\n")
        }
    };
    let written = out.write_all(told.as_bytes()).and_then(|()| out.flush());
    written.map_err(ModelsError::io(Path::new("standard output")))
}
