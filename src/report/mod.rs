//! Texts and JSON for people and their tools. Pure.

pub mod json;
