//! `textmill kb rm`.

use clap::Args;

use super::OneBase;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::operations::knowledge_base::KnowledgeBases;

/// Remove a knowledge base; the folder that it was built from stays as it is
#[derive(Debug, Args)]
pub(super) struct RmArgs {
    #[command(flatten)]
    base: OneBase,
}

pub(super) fn run(args: &RmArgs, bases: &KnowledgeBases, context: &Context) -> CommandResult {
    let name = args.base.name()?;
    bases.remove(&name)?;
    context
        .printer
        .outcome(&serde_json::json!({ "removed": name }), |_| format!("the knowledge base `{name}` is removed"))?;
    Ok(ExitStatus::Done)
}
