//! The one configuration file of an Alertmanager, put together of the platform's own and every definition's
//! part.
//!
//! So far the text of it; reading, writing and proving it on a server come next.

pub mod wire;
