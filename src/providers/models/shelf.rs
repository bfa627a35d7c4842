//! The folder of installed models: what stands there, what is put there and taken away.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::manifest::{Kind, Manifest};
use super::{ModelsError, source};

/// What every complete model's folder holds.
const MANIFEST: &str = "model.json";
/// Where fetches and half-made models are.
const WORKSHOP: &str = ".workshop";
/// Held by the command that changes something.
const LOCK: &str = ".lock";

/// The models of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    folder: PathBuf,
}

/// An installed model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What is known of it.
    pub manifest: Manifest,
}

impl Model {
    /// The path of one of its files, which is there and as long as it was.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Damaged`] names the file.
    pub fn file(&self, part: &str) -> Result<PathBuf, ModelsError> {
        let damaged = |file: &Path, why: String| ModelsError::Damaged {
            name: self.name.clone(),
            file: file.to_owned(),
            why,
        };
        let Some(file) = self.manifest.files.get(part) else {
            let manifest = self.folder.join(MANIFEST);
            return Err(damaged(&manifest, format!("it names no {part}")));
        };
        let path = self.folder.join(&file.path);
        match fs::metadata(&path) {
            Ok(now) if now.len() == file.bytes => Ok(path),
            Ok(now) => {
                let why = format!("it has {} bytes instead of {}", now.len(), file.bytes);
                Err(damaged(&path, why))
            }
            Err(error) => Err(damaged(&path, error.to_string())),
        }
    }
}

impl Shelf {
    /// The models in a server's data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            folder: data.join("models"),
        }
    }

    /// Every installed model, by name. A folder that is none is passed over.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Io`] if the folder is there and cannot be read, [`ModelsError::Damaged`]
    /// for a `model.json` that cannot.
    pub fn models(&self) -> Result<Vec<Model>, ModelsError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(ModelsError::io(&self.folder))?,
        };
        let mut models = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ModelsError::io(&self.folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if source::is_name(&name)
                && let Some(model) = self.find(&name)?
            {
                models.push(model);
            }
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The model that a server takes: that of this name, or the one that was installed last.
    ///
    /// # Errors
    ///
    /// As [`Self::models`]; [`ModelsError::Missing`] if there is none of that name and kind.
    pub fn choose(&self, kind: Kind, name: Option<&str>) -> Result<Option<Model>, ModelsError> {
        let models = self.models()?.into_iter();
        let mut of_kind = models.filter(|model| model.manifest.kind == kind);
        match name {
            None => Ok(of_kind.max_by_key(|model| model.manifest.installed)),
            Some(name) => match of_kind.find(|model| model.name == name) {
                None => Err(ModelsError::Missing(name.to_owned())),
                found => Ok(found),
            },
        }
    }

    fn find(&self, name: &str) -> Result<Option<Model>, ModelsError> {
        let folder = self.folder.join(name);
        let file = folder.join(MANIFEST);
        let json = match fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
            json => json.map_err(ModelsError::io(&file))?,
        };
        let manifest = serde_json::from_slice(&json).map_err(|error| ModelsError::Damaged {
            name: name.to_owned(),
            file,
            why: error.to_string(),
        })?;
        Ok(Some(Model {
            name: name.to_owned(),
            folder,
            manifest,
        }))
    }

    /// Takes the shelf for a change.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Busy`] if another process has it; [`ModelsError::Io`].
    pub(super) fn open(&self) -> Result<Workshop, ModelsError> {
        let workshop = self.folder.join(WORKSHOP);
        fs::create_dir_all(&workshop).map_err(ModelsError::io(&workshop))?;
        let path = self.folder.join(LOCK);
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(ModelsError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Workshop {
                shelf: self.clone(),
                _lock: lock,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(ModelsError::Busy(self.folder.clone())),
            Err(fs::TryLockError::Error(error)) => Err(ModelsError::Io { path, error }),
        }
    }
}

/// The shelf in the hands of one command, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Workshop {
    shelf: Shelf,
    _lock: File,
}

impl Workshop {
    /// Where an archive is fetched to. What an earlier command left there is still there.
    pub(super) fn part(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.part"))
    }

    /// Refuses a name that is taken.
    pub(super) fn check_free(&self, name: &str) -> Result<(), ModelsError> {
        match self.shelf.folder.join(name).symlink_metadata() {
            Ok(_) => Err(ModelsError::Exists(name.to_owned())),
            Err(_) => Ok(()),
        }
    }

    /// An empty folder for a model to be made in.
    pub(super) fn begin(&self, name: &str) -> Result<PathBuf, ModelsError> {
        let folder = self.path(&format!("{name}.new"));
        clear(&folder)?;
        fs::create_dir(&folder).map_err(ModelsError::io(&folder))?;
        Ok(folder)
    }

    /// Puts a model that was made there in its place.
    pub(super) fn install(&self, name: &str, manifest: &Manifest) -> Result<Model, ModelsError> {
        let made = self.path(&format!("{name}.new"));
        let file = made.join(MANIFEST);
        let json = serde_json::to_vec_pretty(manifest).map_err(std::io::Error::from);
        let written = json.and_then(|json| fs::write(&file, json));
        written
            .and_then(|()| File::open(&file)?.sync_all())
            .map_err(ModelsError::io(&file))?;
        self.check_free(name)?;
        let folder = self.shelf.folder.join(name);
        fs::rename(&made, &folder).map_err(ModelsError::io(&folder))?;
        Ok(Model {
            name: name.to_owned(),
            folder,
            manifest: manifest.clone(),
        })
    }

    /// Takes a model away: from one moment to the next it is no longer installed.
    pub(super) fn remove(&self, name: &str) -> Result<(), ModelsError> {
        let folder = self.shelf.folder.join(name);
        if !source::is_name(name) || !folder.join(MANIFEST).exists() {
            return Err(ModelsError::Missing(name.to_owned()));
        }
        let gone = self.path(&format!("{name}.gone"));
        clear(&gone)?;
        fs::rename(&folder, &gone).map_err(ModelsError::io(&folder))?;
        clear(&gone)
    }

    /// Throws away what was left of making a model.
    pub(super) fn clean(&self, name: &str) {
        // What cannot be removed is cleared before the next one is made.
        let _ = clear(&self.path(&format!("{name}.new")));
        let _ = fs::remove_file(self.part(name));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.shelf.folder.join(WORKSHOP).join(name)
    }
}

fn clear(folder: &Path) -> Result<(), ModelsError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ModelsError::Io {
            path: folder.to_owned(),
            error,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
