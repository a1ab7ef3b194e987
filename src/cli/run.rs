//! `textmill run`: an option set that is stored in a file, as pipelines call it.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use toml::{Table, Value};

use super::classify;
use super::context::{Context, Process};
use super::convert::{ResultArgs, Wish, convert_and_tell};
use super::exit::CommandResult;
use super::{kb, lm};
use crate::core::failure::{Code, Failure};
use crate::operations::classification::ClassificationOptions;
use crate::operations::knowledge_base::{KnowledgeBaseName, KnowledgeBaseOptions};
use crate::operations::language_model::LanguageModelOptions;
use crate::operations::parquet_conversion::ConversionOptions;

/// Run a job that is stored in a TOML file
///
/// Example: textmill run jobs/conversion/knowledgebase.toml --set options.compression=snappy
///
/// The file names the `operation` (`conversion`, `knowledge_base`, `classification` or `language_model`), `source`,
/// `destination` or `name`, for a language model `text_column`, and, under `[options]`, what the help of `textmill convert`,
/// `kb build`, `classify build` or `lm build` lists; what that takes from a file (`label_set`, `label_by_meaning`) stands there
/// itself. Paths start at the working directory.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The stored job
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a value of the file, e.g. `options.dry_run=true` or `options.include=["a/**"]`; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    results: ResultArgs,
}

/// A job in a file.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
enum StoredJob {
    Conversion {
        source: PathBuf,
        destination: PathBuf,
        #[serde(default)]
        options: ConversionOptions,
    },
    KnowledgeBase {
        source: PathBuf,
        name: KnowledgeBaseName,
        #[serde(default)]
        options: KnowledgeBaseOptions,
    },
    Classification {
        source: PathBuf,
        destination: PathBuf,
        options: Box<ClassificationOptions>,
    },
    LanguageModel {
        source: PathBuf,
        text_column: String,
        /// File of the model.
        destination: PathBuf,
        /// File of the co-occurrences.
        cooccurrence: Option<PathBuf>,
        #[serde(default)]
        options: LanguageModelOptions,
    },
}

pub(super) fn run(args: &RunArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    match read(&args.file, &args.set)? {
        StoredJob::Conversion { source, destination, options } => {
            let wish = Wish { source: &source, destination: &destination, options: &options, results: &args.results };
            convert_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::KnowledgeBase { source, name, options } => {
            let exit_zero = args.results.without_pages("knowledge_base")?;
            let wish = kb::build::Wish { source: &source, name: &name, options: &options, exit_zero };
            kb::build::build_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::Classification { source, destination, options } => {
            let exit_zero = args.results.without_pages("classification")?;
            let wish = classify::build::Wish { source: &source, folder: &destination, options: &options, exit_zero };
            classify::build::build_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::LanguageModel { source, text_column, destination, cooccurrence, options } => {
            let exit_zero = args.results.without_pages("language_model")?;
            let (table, output) = (source, destination);
            let wish = lm::build::Wish { table, text_column, output, cooccurrence, options, exit_zero };
            lm::build::build_and_tell(wish, &loaded.config, context)
        }
    }
}

fn read(path: &Path, replacements: &[String]) -> Result<StoredJob, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Code::NotFound, format!("can't read `{}`: {error}", path.display()))
            .with_hint("name a TOML file; stored jobs are kept under jobs/")
    })?;
    parse(&text, replacements).map_err(|what| {
        Failure::new(Code::InvalidParameter, format!("`{}`: {what}", path.display())).with_hint(
            "a stored job has `operation`, `source`, `destination` or `name`, and [options]; `textmill run --help`",
        )
    })
}

fn parse(text: &str, replacements: &[String]) -> Result<StoredJob, String> {
    let mut table: Table = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    for replacement in replacements {
        replace(&mut table, replacement)?;
    }
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| match error.path().to_string() {
        place if place == "." => error.inner().to_string().trim_end().to_owned(),
        place => format!("`{place}`: {}", error.inner().to_string().trim_end()),
    })
}

fn replace(table: &mut Table, replacement: &str) -> Result<(), String> {
    let (key, text) = replacement.split_once('=').ok_or_else(|| format!("`{replacement}` is not KEY=VALUE"))?;
    // What is not TOML by itself (a bare word, a path) is a string.
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut one| one.remove("value"));
    let value = parsed.unwrap_or_else(|| Value::String(text.to_owned()));
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
        assert!(error.contains("`options.split`") && error.contains("add up to 110"), "{error}");
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
}
