//! Trueup keeps live systems true to what Git says.

pub mod load;
pub mod model;
pub mod provider;
pub mod settings;
