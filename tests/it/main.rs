//! The one integration binary: every further one would link the whole tree again.

#![cfg(test)]

mod annotate;
mod architecture;
mod archives;
mod chaos;
mod classification;
mod classification_api;
mod cli;
mod cluster;
mod config_reference;
mod conversion;
mod corpus;
mod crash;
mod drift_api;
mod drift_cli;
mod drift_goldens;
mod drift_power;
mod embed;
mod embedding_load;
mod embeddings_api;
mod entities;
mod goldens;
mod isolation;
mod kb_graph;
mod kb_search;
mod knowledge_base;
mod knowledge_base_api;
mod language_model;
mod language_models_api;
mod models;
mod openapi;
mod options;
mod parts;
mod pdf_text;
mod readme;
mod sample;
mod search_load;
mod service;
mod soak;
mod support;
mod throughput;
