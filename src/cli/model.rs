//! `textmill model`: which models there are, and the store of those that are here.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::context::{Context, Process};
use super::exit::{CommandResult, ExitStatus};
use super::runtime::until_interrupted;
use super::table::Table;
use crate::app;
use crate::core::models::{FileCheck, ModelError, ModelState, ModelStore, Origin, Pulled, Verified, Watch};
use crate::operations::model_download::{ModelDownloadRequest, download};
use crate::report::text::bytes;
use crate::routers::{ModelList, ModelView};

/// List models, and fetch, check or remove their files
///
/// Example: textmill model pull all-MiniLM-L6-v2
///
/// Models lie in `models.dir` (`TEXTMILL_MODELS_DIR`), each file checked by its digest. docs/models.md says where they come
/// from, and how to add one.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// List the catalogue, and what of it is here
    List,
    /// Fetch a model's files, or those that are missing or damaged
    Pull {
        #[command(flatten)]
        request: ModelDownloadRequest,
        /// Take the files from this folder, and ask nobody
        #[arg(long, value_name = "DIR", conflicts_with = "source")]
        from: Option<PathBuf>,
    },
    /// Read every file of a model; exits with 1 if one is missing or has other bytes
    Verify(OneModel),
    /// Print the folder of a model that is here
    Path(OneModel),
    /// Remove a model's files
    Rm(OneModel),
}

#[derive(Debug, Args)]
struct OneModel {
    /// Its id, or another name of it
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &ModelArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let store = app::open_models(&loaded.config)?;
    match &args.command {
        ModelCommand::List => list(&store, context),
        ModelCommand::Pull { request, from } => pull(store, request, from.as_deref(), context),
        ModelCommand::Verify(one) => verify(&store.verify(&one.id)?, context),
        ModelCommand::Path(one) => {
            let path = store.path(&one.id)?;
            context.printer.outcome(&serde_json::json!({ "path": path }), |_| path.display().to_string())?;
            Ok(ExitStatus::Done)
        }
        ModelCommand::Rm(one) => {
            store.remove(&one.id)?;
            context.printer.note(format!("the model `{}` is removed", one.id))?;
            Ok(ExitStatus::Done)
        }
    }
}

fn list(store: &ModelStore, context: &Context) -> CommandResult {
    let list = ModelList::of(store);
    context.printer.outcome(&list, |list| {
        let mut table = Table::new(["ID", "HERE", "SIZE", "DIMENSION", "TOKENS", "LICENCE", "FOR"]);
        for model in &list.data {
            table.row(row_of(model));
        }
        table.to_string()
    })?;
    Ok(ExitStatus::Done)
}

fn row_of(model: &ModelView) -> [String; 7] {
    [
        model.id.clone(),
        match model.state {
            ModelState::Absent => "no".to_owned(),
            ModelState::Partial => format!("{} of it", bytes(model.local_bytes)),
            ModelState::Installed => "yes".to_owned(),
        },
        bytes(model.size_bytes),
        model.dimension.to_string(),
        model.max_tokens.to_string(),
        model.licence.clone(),
        model.description.clone(),
    ]
}

fn pull(store: ModelStore, request: &ModelDownloadRequest, from: Option<&Path>, context: &Context) -> CommandResult {
    let progress = context.printer.progress_sink();
    let (request, from) = (request.clone(), from.map(Path::to_owned));
    let (pulled, folder) = until_interrupted(move |cancel| {
        let watch = Watch { progress, cancel };
        let pulled = match from {
            Some(folder) => {
                request.find(store.catalogue()).and_then(|entry| store.pull_from(&entry.id, &folder, &watch))
            }
            None => download(&store, &request, &watch),
        }?;
        let folder = store.path(&pulled.id)?;
        Ok::<_, ModelError>((pulled, folder))
    })??;
    context.printer.outcome(&pulled, |pulled| in_words(pulled, &folder))?;
    Ok(ExitStatus::Done)
}

fn in_words(pulled: &Pulled, folder: &Path) -> String {
    let source = pulled.files.iter().find_map(|file| match &file.origin {
        Origin::Fetched(source) => Some(source),
        Origin::Kept => None,
    });
    let what = match source {
        Some(source) => format!("{} fetched from {source}", bytes(pulled.fetched_bytes)),
        None => "it was here, and every file is right".to_owned(),
    };
    format!("{}: {what}\n{}", pulled.id, folder.display())
}

fn verify(verified: &Verified, context: &Context) -> CommandResult {
    context.printer.outcome(verified, |verified| {
        let wrong = verified.files.iter().filter_map(|file| match file.check {
            FileCheck::Right => None,
            FileCheck::Different => Some(format!("  {}: has other bytes than the catalogue says", file.path)),
            FileCheck::Missing => Some(format!("  {}: is missing", file.path)),
        });
        let wrong: Vec<_> = wrong.collect();
        match wrong.as_slice() {
            [] => format!("{}: every file is right", verified.id),
            wrong => format!(
                "{}: not right; `textmill model pull {}` mends it\n{}",
                verified.id,
                verified.id,
                wrong.join("\n")
            ),
        }
    })?;
    Ok(if verified.is_right { ExitStatus::Done } else { ExitStatus::No })
}
