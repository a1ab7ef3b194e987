//! What can be said of a data set before it queues, all faults at once.

use super::Desk;
use super::columns::look_for_columns;
use crate::core::failure::{Code, Fails as _};
use crate::operations::classification::{ClassificationOptions, ClassificationRequest, check_options};
use crate::operations::sources::Sources;
use crate::routers::annotations;
use crate::routers::conversions::{check_destination, check_source};
use crate::routers::problem::{Faults, Problem};

impl Desk {
    /// Refuses what could not be done anyway.
    pub(super) async fn check(&self, request: &ClassificationRequest) -> Result<(), Problem> {
        let mut faults = Faults::default();
        check_source(&request.source, &self.places, &mut faults).await?;
        let is_there = faults.is_empty();
        if let Some(destination) = &request.destination {
            check_destination(destination, &self.places, &mut faults).await?;
        }
        if let Err(error) = check_options(&request.options)
            && error.code() != Code::TextColumnRequired
        {
            faults.at("/options", error.to_failure());
        }
        self.check_engines(&request.options, &mut faults).await?;
        // Columns of a table that is not there would be a second word on the same fault.
        if is_there {
            let sources = Sources { roots: self.places.roots.clone(), uploads: self.places.uploads.clone() };
            for (pointer, failure) in look_for_columns(request, sources, self.isolation.clone()).await? {
                faults.at(pointer, failure);
            }
        }
        faults.into_result()
    }

    /// Whether there are the knowledge base and the model that labels come from.
    async fn check_engines(&self, options: &ClassificationOptions, faults: &mut Faults) -> Result<(), Problem> {
        annotations::check_options("/options/annotation", &options.annotation, &self.models, faults);
        if let Some(Err(error)) = options.model.as_ref().map(|id| self.models.store().catalogue().get(id)) {
            faults.at("/options/model", error.to_failure());
        }
        let Some(name) = options.label_by_concepts.clone() else { return Ok(()) };
        let bases = self.bases.clone();
        let found = tokio::task::spawn_blocking(move || bases.open(&name).map(drop)).await;
        match found.map_err(|error| Problem::internal(format!("the look broke off: {error}")))? {
            Err(error) if error.code() == Code::NotFound => {
                faults.at("/options/label_by_concepts", error.to_failure());
                Ok(())
            }
            other => Ok(other?),
        }
    }
}
