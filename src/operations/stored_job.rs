//! A job as it is stored in a TOML file: what `textmill run` does, and `POST /v1/jobs` queues.
//!
//! For: reading the file, with values replaced. Not for: doing the job. The one decision: the file has an operation's own
//! options under its own names, so that a stored job says no word that the command line and the API don't.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::classification::{ClassificationOptions, ClassificationRequest};
use super::drift::{DriftOptions, DriftRequest};
use super::knowledge_base::{KnowledgeBaseName, KnowledgeBaseOptions, KnowledgeBaseRequest};
use super::language_model::{LanguageModelError, LanguageModelOptions, LanguageModelRequest};
use super::parquet_conversion::{ConversionOptions, ConversionRequest};
use crate::core::storage::location::{Destination, Source};

/// A job in a file.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum StoredJob {
    /// Tables and documents to Parquet.
    Conversion {
        /// What is read.
        source: PathBuf,
        /// Folder that takes the mirrored tree.
        destination: PathBuf,
        /// How.
        #[serde(default)]
        options: ConversionOptions,
    },
    /// A folder to records.
    KnowledgeBase {
        /// What is read.
        source: PathBuf,
        /// Its name.
        name: KnowledgeBaseName,
        /// How.
        #[serde(default)]
        options: KnowledgeBaseOptions,
    },
    /// A table to a data set.
    Classification {
        /// What is read.
        source: PathBuf,
        /// Folder of the data set.
        destination: PathBuf,
        /// How.
        options: Box<ClassificationOptions>,
    },
    /// A table to a language model.
    LanguageModel {
        /// What is read.
        source: PathBuf,
        /// Column of the texts.
        text_column: String,
        /// File of the model.
        destination: PathBuf,
        /// File of the co-occurrences.
        cooccurrence: Option<PathBuf>,
        /// How.
        #[serde(default)]
        options: LanguageModelOptions,
    },
    /// Incoming data, held against a reference.
    DriftCheck {
        /// What is known to be good.
        reference: Option<PathBuf>,
        /// What came in.
        incoming: Option<PathBuf>,
        /// Files of what came of it, where they are wanted.
        #[serde(default)]
        reports: Reports,
        /// What to look at.
        options: Box<DriftOptions>,
    },
}

/// Files that say what came of a check; a service has them for its jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// The report as a web page.
    pub html: Option<PathBuf>,
    /// The report as Markdown.
    pub markdown: Option<PathBuf>,
    /// The checks as `JUnit` XML.
    pub junit: Option<PathBuf>,
    /// The numbers as flat JSON.
    pub metrics: Option<PathBuf>,
}

/// A value that takes the place of one in the file: its dotted key, e.g. `options.seed`, and itself.
pub type Replacement = (String, Value);

/// A stored job as the API's requests say it.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredRequest {
    /// For `/v1/conversions`.
    Conversion(ConversionRequest),
    /// For `/v1/knowledge-bases`.
    KnowledgeBase(KnowledgeBaseRequest),
    /// For `/v1/classification-datasets`.
    Classification(Box<ClassificationRequest>),
    /// For `/v1/language-models`.
    LanguageModel(LanguageModelRequest),
    /// For `/v1/drift-checks`.
    DriftCheck(Box<DriftRequest>),
}

impl StoredJob {
    /// Reads a stored job.
    ///
    /// # Errors
    /// What is wrong with the file or a replacement, in words.
    pub fn parse(text: &str, replacements: Vec<Replacement>) -> Result<Self, String> {
        let mut table: Table = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        for (key, value) in replacements {
            replace(&mut table, &key, value)?;
        }
        serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| match error.path().to_string() {
            place if place == "." => error.inner().to_string().trim_end().to_owned(),
            place => format!("`{place}`: {}", error.inner().to_string().trim_end()),
        })
    }

    /// The request that asks a service for the same. A language model's file is its name in the folder that it lies in; its
    /// tables lie beside it, wherever `cooccurrence` would have them.
    ///
    /// # Errors
    /// When the file of a language model has no name that models may have.
    pub fn into_request(self) -> Result<StoredRequest, String> {
        Ok(match self {
            Self::Conversion { source, destination, options } => {
                let (source, destination) = (place(&source), Some(folder(&destination)));
                StoredRequest::Conversion(ConversionRequest { source, destination, options })
            }
            Self::KnowledgeBase { source, name, options } => {
                let source = place(&source);
                StoredRequest::KnowledgeBase(KnowledgeBaseRequest { name, source, destination: None, options })
            }
            Self::Classification { source, destination, options } => {
                let (source, destination) = (place(&source), Some(folder(&destination)));
                let request = ClassificationRequest { source, destination, options: *options };
                StoredRequest::Classification(Box::new(request))
            }
            Self::LanguageModel { source, text_column, destination, options, .. } => {
                let name = destination.file_stem().unwrap_or_default().to_string_lossy();
                let name = name.parse().map_err(|error: LanguageModelError| format!("`destination`: {error}"))?;
                let (source, destination) = (place(&source), destination.parent().map(folder));
                StoredRequest::LanguageModel(LanguageModelRequest { name, source, text_column, destination, options })
            }
            Self::DriftCheck { reference, incoming, options, .. } => {
                let (reference, incoming) = (reference.as_deref().map(place), incoming.as_deref().map(place));
                StoredRequest::DriftCheck(Box::new(DriftRequest {
                    reference,
                    incoming,
                    save_properties: false,
                    options: *options,
                }))
            }
        })
    }
}

fn place(path: &Path) -> Source {
    Source::Path { path: path.to_string_lossy().into_owned() }
}

fn folder(path: &Path) -> Destination {
    // The parent of a mere name is nothing, which stands for the folder that paths begin at.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Destination::Path { path: path.to_string_lossy().into_owned() }
}

/// Reads `KEY=VALUE`; what is not TOML by itself (a bare word, a path) is a string.
///
/// # Errors
/// When there is no `=`.
pub fn replacement(text: &str) -> Result<Replacement, String> {
    let (key, text) = text.split_once('=').ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut one| one.remove("value"));
    Ok((key.to_owned(), parsed.unwrap_or_else(|| Value::String(text.to_owned()))))
}

fn replace(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let mut inner = table;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            inner.insert(part.to_owned(), value);
            return Ok(());
        }
        let next = inner.entry(part).or_insert_with(|| Value::Table(Table::new()));
        inner = next.as_table_mut().ok_or_else(|| format!("`{part}` in `{key}` is not a table"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, replacements: &[String]) -> Result<StoredJob, String> {
        let replacements = replacements.iter().map(|text| replacement(text)).collect::<Result<_, _>>()?;
        StoredJob::parse(text, replacements)
    }

    const STORED: &str = "operation = \"conversion\"\nsource = \"in\"\ndestination = \"out\"\n";

    #[test]
    fn values_of_the_file_can_be_replaced() {
        let set = ["options.max_rejects=0", "source=other folder", "options.include=[\"a\", \"b\"]"];
        let StoredJob::Conversion { source, options, .. } = parse(STORED, &set.map(str::to_owned)).unwrap() else {
            unreachable!()
        };
        assert_eq!((source, options.max_rejects), (PathBuf::from("other folder"), 0));
        assert_eq!(options.include, ["a", "b"]);
    }

    #[test]
    fn a_knowledge_base_is_a_stored_job_too() {
        let text = "operation = \"knowledge_base\"\nsource = \"in\"\nname = \"esg\"\n[options]\nchunk_by = \"word\"\n";
        let job = parse(text, &[]).unwrap();
        assert!(matches!(&job, StoredJob::KnowledgeBase { name, .. } if name.as_str() == "esg"), "{job:?}");
        assert!(parse(text, &["name=a b".to_owned()]).unwrap_err().contains("a b"));
    }

    #[test]
    fn a_language_model_is_a_stored_job_too() {
        let text = "operation = \"language_model\"\nsource = \"a.csv\"\ntext_column = \"text\"\ndestination = \"a.lm\"\n\
                    [options]\norder = 4\nweighting = \"harmonic\"\n";
        let job = parse(text, &["cooccurrence=a.parquet".to_owned()]).unwrap();
        assert!(
            matches!(&job, StoredJob::LanguageModel { options, cooccurrence: Some(_), .. } if options.order == 4),
            "{job:?}"
        );
    }

    #[test]
    fn a_check_of_data_is_a_stored_job_too_with_its_suite_in_it() {
        let text = "operation = \"drift_check\"\nreference = \"a.csv\"\nincoming = \"b.csv\"\n\
            [reports]\nhtml = \"report.html\"\n[options]\ntext_column = \"body\"\nmax_rows = 1000\n\
            thresholds = { \"label_sets.new_labels\" = 1 }\n[options.suite]\nname = \"ours\"\n\
            [[options.suite.checks]]\ncheck = \"label_sets\"\nparameters = { show = 5 }\n";
        let StoredRequest::DriftCheck(request) = parse(text, &[]).unwrap().into_request().unwrap() else {
            unreachable!()
        };
        assert_eq!(request.incoming, Some(Source::Path { path: "b.csv".to_owned() }));
        assert_eq!((request.options.suite.to_string(), request.options.max_rows), ("ours".to_owned(), Some(1000)));
        let set = ["options.suite=full".to_owned()];
        let StoredJob::DriftCheck { reports, options, .. } = parse(text, &set).unwrap() else { unreachable!() };
        assert_eq!((options.suite.to_string(), reports.html), ("full".to_owned(), Some("report.html".into())));
        assert!(parse(text, &["reports.pdf=report.pdf".to_owned()]).unwrap_err().contains("pdf"));
    }

    #[test]
    fn a_data_set_is_a_stored_job_too_with_its_labels_in_it() {
        let text = "operation = \"classification\"\nsource = \"in.csv\"\ndestination = \"out\"\n[options]\n\
            text_column = \"body\"\nmargin = 0.1\nsplit = { train = 70, validation = 10, test = 20 }\n\
            [options.label_by_meaning]\njoy = \"someone is happy\"\nfear = [\"someone is afraid\", \"a threat\"]\n\
            [options.annotation]\ntypo = true\n";
        let StoredJob::Classification { options, .. } = parse(text, &["options.seed=7".to_owned()]).unwrap() else {
            unreachable!()
        };
        assert_eq!((options.text_column.as_slice(), options.seed), (["body".to_owned()].as_slice(), 7));
        assert_eq!(options.label_by_meaning.unwrap().labels()["fear"].len(), 2);
        let error = parse(text, &["options.split.test=30".to_owned()]).unwrap_err();
        assert!(error.contains("the shares of the splits add up to 110"), "{error}");
        let set = ["options.label_set=[\"a\", \"a\"]".to_owned()];
        assert!(parse(text, &set).unwrap_err().contains("the label `a` is in the set twice"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = parse(STORED, &["options.max_reject=0".to_owned()]).unwrap_err();
        assert!(error.contains("max_reject"), "{error}");
        assert!(parse("operation = \"conversoin\"", &[]).is_err());
        assert!(parse(STORED, &["options".to_owned()]).is_err());
    }

    #[test]
    fn a_service_is_asked_for_the_same() {
        let StoredRequest::Conversion(request) = parse(STORED, &[]).unwrap().into_request().unwrap() else {
            unreachable!()
        };
        assert_eq!(request.source, Source::Path { path: "in".to_owned() });
        assert_eq!(request.destination, Some(Destination::Path { path: "out".to_owned() }));
        let text =
            "operation = \"language_model\"\nsource = \"a.csv\"\ntext_column = \"text\"\ndestination = \"m/a.lm\"\n";
        let model = |set: &[String]| parse(text, set).unwrap().into_request();
        let StoredRequest::LanguageModel(request) = model(&[]).unwrap() else { unreachable!() };
        assert_eq!(
            (request.name.as_str(), request.destination),
            ("a", Some(Destination::Path { path: "m".to_owned() }))
        );
        let StoredRequest::LanguageModel(request) = model(&["destination=a.lm".to_owned()]).unwrap() else {
            unreachable!()
        };
        assert_eq!(request.destination, Some(Destination::Path { path: ".".to_owned() }));
        assert!(model(&["destination=a b.lm".to_owned()]).unwrap_err().contains("a b"));
    }
}
