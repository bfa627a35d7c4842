//! Installs a model: fetched or found, checked, unpacked, recognised, put in its place.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use super::super::fetch::fetch;
use super::super::progress::size;
use super::super::recognise::{Found, recognise};
use super::super::shelf::Workshop;
use super::super::source::{Source, is_name};
use super::super::sum::Sum;
use super::super::unpack::unpack;
use super::super::{Manifest, Model, ModelsError, Progress, Shelf};
use super::list::footnote;
use crate::clock::Micros;
use crate::config::{AddModel, is_local_name};
use crate::providers::http;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Installs a model; what is to be said of it.
pub(super) async fn add(
    shelf: &Shelf,
    wanted: &AddModel,
    now: Micros,
    progress: &mut Progress,
) -> Result<String, ModelsError> {
    let source = Source::parse(&wanted.what)?;
    let name = wanted.name.clone().unwrap_or_else(|| source.name());
    if !is_name(&name) {
        return Err(ModelsError::Name(name));
    }
    let sum = expected(&source, wanted.sha256.as_deref())?;
    let workshop = shelf.open()?;
    workshop.check_free(&name)?;
    let job = Job {
        workshop: &workshop,
        name: &name,
        source: &source,
        sum,
        wanted,
        now,
    };
    let model = job.bring(progress).await;
    if !matches!(model, Err(ModelsError::Broken { .. })) {
        workshop.clean(&name);
    }
    Ok(report(&model?))
}

/// The sum that the archive must have, if anybody knows it.
fn expected(source: &Source, given: Option<&str>) -> Result<Option<Sum>, ModelsError> {
    let known = match source {
        Source::Web(_, Some(entry)) => entry.sha256,
        _ => None,
    };
    let sum = given.or(known).map(Sum::parse).transpose()?;
    match source {
        Source::Web(url, _) if sum.is_none() && !is_safe(url) => {
            Err(ModelsError::Unsafe(source.text()))
        }
        Source::Folder(_) if sum.is_some() => Err(ModelsError::NoModel {
            folder: source.text(),
            why: "--sha256 is that of an archive; this is a folder".to_owned(),
        }),
        _ => Ok(sum),
    }
}

fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || is_here(url)
}

fn is_here(url: &Url) -> bool {
    url.host_str().is_some_and(is_local_name)
}

/// A model on its way to the shelf.
struct Job<'a> {
    workshop: &'a Workshop,
    name: &'a str,
    source: &'a Source,
    sum: Option<Sum>,
    wanted: &'a AddModel,
    now: Micros,
}

impl Job<'_> {
    async fn bring(&self, progress: &mut Progress) -> Result<Model, ModelsError> {
        let folder = self.workshop.begin(self.name)?;
        let sum = match self.source {
            Source::Web(url, _) => {
                let part = self.workshop.part(self.name);
                progress.say(&format!("fetching {}", self.source.text()));
                let here = is_here(url);
                let client = http::client(CONNECT, here).map_err(|why| ModelsError::Refused {
                    url: self.source.text(),
                    why,
                })?;
                fetch(&client, url, &part, self.wanted.limit, progress).await?;
                Some(self.unpack(&part, &folder, progress)?)
            }
            Source::Archive(path) => Some(self.unpack(path, &folder, progress)?),
            Source::Folder(path) => {
                progress.say("copying");
                recognise(path, &self.source.text())?;
                copy(path, &folder)?;
                None
            }
        };
        let found = recognise(&folder, &self.source.text())?;
        self.workshop.install(self.name, &self.manifest(found, sum))
    }

    /// Checks the sum first: what is not what was asked for is not opened.
    fn unpack(
        &self,
        archive: &Path,
        into: &Path,
        progress: &mut Progress,
    ) -> Result<Sum, ModelsError> {
        let found = Sum::of(archive)?;
        if let Some(wanted) = self.sum.as_ref().filter(|wanted| **wanted != found) {
            return Err(ModelsError::WrongSum {
                what: self.source.text(),
                found: found.as_str().to_owned(),
                wanted: wanted.as_str().to_owned(),
            });
        }
        progress.say("unpacking");
        unpack(archive, &self.source.text(), into, self.wanted.limit)?;
        Ok(found)
    }

    fn manifest(&self, found: Found, sum: Option<Sum>) -> Manifest {
        let entry = match self.source {
            Source::Web(_, entry) => *entry,
            _ => None,
        };
        let given = self.wanted.language.clone().or(found.language);
        Manifest {
            kind: found.family.kind(),
            family: found.family,
            files: found.files,
            language: given.or_else(|| entry.map(|entry| entry.language.to_owned())),
            source: self.source.text(),
            compared: self.sum.is_some(),
            sha256: sum.map(|sum| sum.as_str().to_owned()),
            licence: entry
                .and_then(|entry| entry.licence.map(str::to_owned))
                .or(found.licence),
            installed: self.now.0,
        }
    }
}

/// Copies the files of a folder that somebody keeps; links are followed, as they are theirs.
/// `recognise` has looked into it before: it is no deeper than that.
fn copy(from: &Path, to: &Path) -> Result<(), ModelsError> {
    for entry in fs::read_dir(from).map_err(ModelsError::io(from))? {
        let from = entry.map_err(ModelsError::io(from))?.path();
        let to = to.join(from.file_name().unwrap_or_default());
        let kind = fs::metadata(&from).map_err(ModelsError::io(&from))?;
        if kind.is_dir() {
            fs::create_dir(&to).map_err(ModelsError::io(&to))?;
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(ModelsError::io(&from))?;
        }
    }
    Ok(())
}

fn report(model: &Model) -> String {
    let manifest = &model.manifest;
    let bytes = manifest.files.values().map(|file| file.bytes).sum();
    let mut text = format!(
        "installed {}: {} ({}, {})\n",
        model.name,
        manifest.kind,
        manifest.family,
        size(bytes)
    );
    if let Some(sum) = &manifest.sha256 {
        text += &if manifest.compared {
            format!("SHA-256 {sum}, as it should be\n")
        } else {
            format!(
                "SHA-256 {sum}: nobody had said what it should be, so it was compared with \
                 nothing; --sha256 does\n"
            )
        };
    }
    text + footnote()
}
