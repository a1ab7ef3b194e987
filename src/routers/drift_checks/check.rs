//! What can be said of a check of data before it queues, all faults at once.

use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::core::failure::{Fails as _, Failure};
use crate::core::intake::LocalSource;
use crate::core::storage::location::Source;
use crate::operations::context::RunContext;
use crate::operations::drift::{DriftError, DriftOptions, DriftRequest, Profile, check_options};
use crate::operations::sources::Sources;
use crate::routers::columns::{Named, faults};
use crate::routers::conversions::check_source_at;
use crate::routers::problem::{Faults, Problem};

impl Desk {
    /// Refuses what could not be done anyway.
    pub(super) async fn check(&self, wanted: &DriftRequest) -> Result<(), Problem> {
        let mut faults = Faults::default();
        if wanted.reference.is_none() && wanted.incoming.is_none() {
            faults.at("", DriftError::NoSet.to_failure());
        }
        for (at, source) in sides(wanted) {
            check_source_at(at, source, &self.places, &mut faults).await?;
        }
        let are_there = faults.is_empty();
        for (option, error) in check_options(&wanted.options) {
            faults.at(format!("/options/{option}"), error.to_failure());
        }
        let models = self.models.store().catalogue();
        if let Some(Err(error)) = wanted.options.embedder.as_ref().map(|id| models.get(id)) {
            faults.at("/options/embedder", error.to_failure());
        }
        // Columns of a table that is not there would be a second word on the same fault.
        if are_there {
            for (pointer, failure) in self.look_for_columns(wanted).await? {
                faults.at(pointer, failure);
            }
        }
        faults.into_result()
    }

    /// A client that hangs up ends the look.
    async fn look_for_columns(&self, wanted: &DriftRequest) -> Result<Vec<(String, Failure)>, Problem> {
        let sources = Sources { roots: self.places.roots.clone(), uploads: self.places.uploads.clone() };
        let context = RunContext::unattended(self.isolation.clone());
        let _stop = CancellationToken::drop_guard(context.cancel.clone());
        let wanted = wanted.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let there = sides(&wanted).filter_map(|(at, source)| {
                // One was there a moment ago; the job tells.
                let found = sources.local(source).ok()?;
                Some((at, found))
            });
            of_sides(&there.collect::<Vec<_>>(), &wanted.options, &context)
        });
        looked.await.map_err(|error| Problem::internal(format!("the look at the columns broke off: {error}")))
    }
}

/// The sets that are named, with their places in the body.
fn sides(wanted: &DriftRequest) -> impl Iterator<Item = (&'static str, &Source)> {
    let sides = [("/reference", &wanted.reference), ("/incoming", &wanted.incoming)];
    sides.into_iter().filter_map(|(at, source)| Some((at, source.as_ref()?)))
}

fn of_sides(
    there: &[(&'static str, LocalSource)],
    options: &DriftOptions,
    context: &RunContext,
) -> Vec<(String, Failure)> {
    // What is left unsaid is as the profile was made, and it says itself what does not fit.
    let is_profile = there.iter().any(|(_, source)| Profile::is_one(source));
    let mut found: Vec<(String, Failure)> = Vec::new();
    for (at, source) in there.iter().filter(|(_, source)| !Profile::is_one(source)) {
        let named = Named {
            at,
            one_table: "a set is one table, not a folder",
            lacks_text: options.text_column.is_empty() && !is_profile,
            columns: named_columns(options),
        };
        for (pointer, failure) in faults(source, &named, context) {
            // That no column is named is said once, though there are two sets.
            if !named.lacks_text || !found.iter().any(|(known, _)| *known == pointer) {
                found.push((pointer, told_of(at, failure, named.lacks_text)));
            }
        }
    }
    found
}

/// The same name may be there in one set and not in the other.
fn told_of(at: &str, failure: Failure, is_of_both: bool) -> Failure {
    if is_of_both {
        return failure;
    }
    let set = at.trim_start_matches('/');
    Failure { detail: format!("{set}: {}", failure.detail), ..failure }
}

/// Every column that both sets must have, with its place in the body.
fn named_columns(options: &DriftOptions) -> Vec<(String, &str)> {
    // One name may stand there without a list.
    let texts = options.text_column.iter().map(|name| ("/options/text_column".to_owned(), name));
    let single = [
        ("label_column", &options.label_column),
        ("prediction_column", &options.prediction_column),
        ("embedding_column", &options.embedding_column),
    ];
    let single = single.into_iter().filter_map(|(option, name)| Some((format!("/options/{option}"), name.as_ref()?)));
    let probabilities = options.probability_columns.0.iter();
    let probabilities = probabilities.map(|(label, name)| (format!("/options/probability_columns/{label}"), name));
    let compared = options.columns.iter().enumerate().map(|(place, name)| (format!("/options/columns/{place}"), name));
    let all = texts.chain(single).chain(probabilities).chain(compared);
    all.map(|(pointer, name)| (pointer, name.as_str())).collect()
}
