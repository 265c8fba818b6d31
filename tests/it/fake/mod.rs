//! Strict, stateful stand-ins for servers, over real HTTP.

pub mod grafana;
pub mod prometheus;
