//! The JSON Schemas of our own kinds, so that editors complete and check them.
//!
//! Types that say what `load` reads field by field; a test holds the two together. They are stricter nowhere, and
//! where a text has a grammar of its own (selectors, durations, expressions) they leave it to `check`.

mod kinds;
mod rules;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

/// The name of a kind with its schema, for every kind of ours.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("Platform", of::<kinds::Platform>()),
        ("Tenant", of::<kinds::Tenant>()),
        ("RuleSet", of::<kinds::RuleSet>()),
        ("DashboardSet", of::<kinds::DashboardSet>()),
        ("Folder", of::<kinds::Folder>()),
        ("DataSource", of::<kinds::DataSource>()),
    ]
}

/// One schema for a file of documents of any kind of ours.
pub fn schema_of_all() -> Schema {
    of::<kinds::Any>()
}

fn of<T: JsonSchema>() -> Schema {
    // What the YAML language server and the JSON plugins of editors all read.
    SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests;
