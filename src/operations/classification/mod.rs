//! Data sets to train on, made of any table: text, label, split, and every other column beside them.
//!
//! For: classification with one label or several, and entities (a tag for each token). Not for: training. The one decision:
//! two passes. The first notes some bytes of each row (digest of its text, label, group, time); from them it is decided what
//! becomes of each row, once and for all; the second writes rows as they stream by. So memory depends on the number of rows
//! and not on what they hold, and every row is accounted for.
//!
//! - `options` says what can be asked, `outcome` what became of it: the card that lies beside the data.
//! - `build` puts it together: `plan` (columns), `survey` (the first pass, into `facts`), `clean` (equal texts), `split`,
//!   `balance`, `writing` (the second pass); `tally` counts, `findings` says what stands out. `job` is its binding to the queue.
//! - `labels` says where labels come from, `tokens` where tags do, `split` which row goes where.

mod balance;
mod build;
mod cells;
mod clean;
mod engines;
mod error;
mod facts;
mod findings;
mod job;
mod labels;
mod options;
mod outcome;
mod plan;
mod rules;
mod split;
mod survey;
mod tally;
mod template;
mod texts;
mod tokens;
mod writing;

pub use build::{CARD, build_dataset};
pub use engines::Engines;
pub use error::ClassificationError;
pub use job::{ClassificationHandler, KIND, Models};
pub use labels::{Descriptions, LabelMap, LabelSet, UNSURE};
pub(in crate::operations) use options::one_or_many;
pub use options::{
    Balance, ClassificationOptions, ClassificationRequest, Conflicts, Duplicates, Format, OneOrMany, Task, Unlabelled,
};
pub use outcome::{Column, DatasetCard, Finding, LabelCount, LeftOut, Role, Rows, SourceFile, SplitCount, WrittenFile};
pub use rules::check_options;
pub use split::{Shares, Split};
pub use tokens::{Faults, TokensError, TokensForm, TokensOptions, TokensOutcome, TokensTarget, convert_tokens};
