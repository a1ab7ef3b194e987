//! textmill mills raw text data into data that can be trained on.
//!
//! ```text
//!     main ─ cli ── routers          who asks             parse, authorise, translate, answer
//!             └──────┴─ app          the wiring           builds every long-lived object once
//!                    └─ report       what is shown        outcomes as pages and sentences
//!                        └─ operations   what we do       options → plan → run → outcome
//!                            └─ core     what we do it with   tables, storage, jobs, telemetry
//! ```
//!
//! Arrows point down only; a test keeps it so. A request goes ask → job → operation → engine → storage, and nothing
//! comes back up but values and progress. `docs/ARCHITECTURE.md` tells each room's purpose and the decisions.

pub mod app;
pub mod cli;
pub mod config;
pub mod core;
pub mod operations;
pub mod report;
pub mod routers;
