//! `spec` of a Template.
//!
//! Source: `@backstage/plugin-scaffolder-common` 2.3.0, `Template.v1beta3.schema.json`.

use super::shape::{Field, Shape, may, needs, open};

pub(super) const SPEC: &[Field] = &[
    needs("type", Shape::Full),
    may("owner", Shape::Full),
    may("lifecycle", Shape::Full),
    may("parameters", Shape::OneOrMany(&PERMITTED)),
    may("secrets", open(&[may("schema", open(&[]))])),
    may("presentation", open(&[may("buttonLabels", BUTTONS)])),
    may(
        "EXPERIMENTAL_recovery",
        open(&[may("EXPERIMENTAL_strategy", Shape::Text)]),
    ),
    may("formDecorators", Shape::List(&DECORATOR, 0)),
    may("EXPERIMENTAL_formDecorators", Shape::List(&DECORATOR, 0)),
    needs("steps", Shape::List(&STEP, 0)),
    may("output", Shape::Map(OUTPUT, &Shape::Text)),
];

const PERMISSIONS: Shape = open(&[may("tags", Shape::List(&Shape::Text, 0))]);

const PERMITTED: Shape = open(&[may("backstage:permissions", PERMISSIONS)]);

const BUTTONS: Shape = open(&[
    may("backButtonText", Shape::Text),
    may("createButtonText", Shape::Text),
    may("reviewButtonText", Shape::Text),
]);

const DECORATOR: Shape = open(&[may("id", Shape::Text), may("input", open(&[]))]);

const STEP: Shape = open(&[
    may("id", Shape::Text),
    may("name", Shape::Text),
    needs("action", Shape::Text),
    may("input", open(&[])),
    may("if", Shape::TextOrBool),
    may("backstage:permissions", PERMISSIONS),
]);

/// Beside these only texts.
const OUTPUT: &[Field] = &[
    may("links", Shape::List(&OUTPUT_LINK, 0)),
    may("text", Shape::List(&OUTPUT_TEXT, 0)),
];

const OUTPUT_LINK: Shape = open(&[
    may("if", Shape::TextOrBool),
    may("url", Shape::Full),
    may("entityRef", Shape::Full),
    may("title", Shape::Full),
    may("icon", Shape::Full),
]);

const OUTPUT_TEXT: Shape = open(&[
    may("if", Shape::TextOrBool),
    may("title", Shape::Full),
    may("icon", Shape::Full),
    may("content", Shape::Text),
]);
