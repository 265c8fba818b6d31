//! Texts and JSON for people and their tools. Pure.

pub mod catalog;
pub mod diagnostics;
pub mod json;
pub mod markdown;
pub mod routes;
pub mod text;
