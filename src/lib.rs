//! Trueup keeps live systems true to what Git says.

pub mod apply;
pub mod cli;
pub mod load;
pub mod model;
pub mod plan;
pub mod provider;
pub mod reconcile;
pub mod report;
pub mod resolve;
pub mod serve;
pub mod settings;
pub mod source;
pub mod state;
pub mod telemetry;
