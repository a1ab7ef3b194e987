//! Where textmill keeps its own things, where its jobs, and which folders it may touch besides.

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

/// The settings at the top of the file.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "state_dir",
        env: env_vars::STATE_DIR,
        kind: Kind::Path,
        default: DefaultValue::Text("./.textmill"),
        help: "Folder of the database, artifacts, uploads and logs. It is made when it is first needed. With \
               `database_url` it must be set: one folder that the services and workers of that database share.",
    },
    Setting {
        key: "database_url",
        env: env_vars::DATABASE_URL,
        kind: Kind::Database,
        default: DefaultValue::None,
        help: "PostgreSQL database of the jobs, for services and workers on several machines. Without it the jobs \
               are in a SQLite file in `state_dir`. It is shown without its password.",
    },
    Setting {
        key: "data_roots",
        env: env_vars::DATA_ROOTS,
        kind: Kind::PathList,
        default: DefaultValue::WorkingDirectory,
        help: "Folders that requests may read from and write to; every other path is refused. In the environment \
               separated like those of `PATH`.",
    },
];
