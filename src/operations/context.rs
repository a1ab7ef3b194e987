//! What every operation gets besides its options: somebody to tell, and somebody who may say stop.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::core::isolation::Isolation;
use crate::core::progress::{ProgressSink, Silent};

/// Progress out, cancel in. Cheap to clone.
#[derive(Clone)]
pub struct RunContext {
    /// Takes progress.
    pub progress: Arc<dyn ProgressSink>,
    /// Looked at every safe point.
    pub cancel: CancellationToken,
    /// A folder that is neither read nor written, wherever it lies: the service's own.
    pub reserved: Option<Arc<Path>>,
    /// Reads files, those that need it in processes of their own.
    pub isolation: Isolation,
}

impl RunContext {
    /// A run that nobody watches or stops.
    pub fn unattended(isolation: Isolation) -> Self {
        Self { progress: Arc::new(Silent), cancel: CancellationToken::new(), reserved: None, isolation }
    }
}

impl std::fmt::Debug for RunContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunContext").field("cancelled", &self.cancel.is_cancelled()).finish_non_exhaustive()
    }
}
