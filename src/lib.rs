//! Trueup keeps live systems true to what Git says.

pub mod model;
pub mod provider;
pub mod serve;
pub mod settings;
pub mod state;
pub mod telemetry;
