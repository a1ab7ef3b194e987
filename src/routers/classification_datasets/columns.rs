//! Which columns a request for a data set names, and whether its table has them.

use tokio_util::sync::CancellationToken;

use crate::core::failure::Failure;
use crate::core::isolation::Isolation;
use crate::operations::classification::{ClassificationOptions, ClassificationRequest};
use crate::operations::context::RunContext;
use crate::operations::sources::Sources;
use crate::routers::columns::{Named, faults};
use crate::routers::problem::Problem;

/// What is wrong with the columns, each at its place in the body. A client that hangs up ends the look.
pub(super) async fn look_for_columns(
    request: &ClassificationRequest,
    sources: Sources,
    isolation: Isolation,
) -> Result<Vec<(String, Failure)>, Problem> {
    let context = RunContext::unattended(isolation);
    let _stop = CancellationToken::drop_guard(context.cancel.clone());
    let request = request.clone();
    let looked = tokio::task::spawn_blocking(move || match sources.local(&request.source) {
        Ok(source) => faults(&source, &named(&request.options), &context),
        // It was there a moment ago; the job tells.
        Err(_gone) => Vec::new(),
    });
    looked.await.map_err(|error| Problem::internal(format!("the look at the columns broke off: {error}")))
}

/// Every column that the options name, with its place in the body.
fn named(options: &ClassificationOptions) -> Named<'_> {
    // One name may stand there without a list.
    let texts = options.text_column.iter().map(|name| ("/options/text_column".to_owned(), name));
    let kept = options.keep_columns.iter().enumerate();
    let kept = kept.map(|(place, name)| (format!("/options/keep_columns/{place}"), name));
    let single = [
        ("label_column", &options.label_column),
        ("tags_column", &options.tags_column),
        ("spans_column", &options.spans_column),
        ("group_column", &options.group_column),
        ("time_column", &options.time_column),
        ("split_column", &options.split_column),
    ];
    let single = single.into_iter().filter_map(|(option, name)| Some((format!("/options/{option}"), name.as_ref()?)));
    Named {
        at: "/source",
        one_table: "the source is a folder; a data set is made of one table",
        lacks_text: options.text_column.is_empty(),
        columns: texts.chain(single).chain(kept).map(|(pointer, name)| (pointer, name.as_str())).collect(),
    }
}
