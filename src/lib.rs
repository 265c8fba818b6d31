//! Trueup keeps live systems true to what Git says.

pub mod model;
pub mod plan;
pub mod provider;
pub mod resolve;
pub mod settings;
pub mod state;
