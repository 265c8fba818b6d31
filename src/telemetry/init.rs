//! Where log lines go, in which form, and which of them.

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::{Layer, util::SubscriberInitExt as _};

use crate::model::{LogFormat, LogLevel};

/// Somebody else receives the log lines of this process already.
#[derive(Debug, thiserror::Error)]
#[error("cannot start logging: {0}")]
pub struct InitError(#[from] tracing_subscriber::util::TryInitError);

/// Sends log lines to standard error from now on, as text with colours (a terminal, and `NO_COLOR` not
/// set), as text, or as JSON, one object a line. Times are RFC 3339 in UTC.
///
/// # Errors
/// At the second call in one process.
pub fn init(format: LogFormat, level: LogLevel) -> Result<(), InitError> {
    let terminal = io::stderr().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let form = match (format, terminal) {
        (LogFormat::Auto, true) | (LogFormat::Text, _) => Form::Text { colour },
        (LogFormat::Auto, false) | (LogFormat::Json, _) => Form::Json,
    };
    let (subscriber, handle) = subscriber(form, level, io::stderr);
    subscriber.try_init()?;
    let _ = LEVEL.set(handle);
    Ok(())
}

/// Of this process, once it logs.
static LEVEL: OnceLock<Level> = OnceLock::new();

/// Writes lines from this level on, from now on. Before [`init`] it does nothing.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        handle.set(level);
    }
}

/// Changes the level of a subscriber.
#[derive(Debug)]
pub(super) struct Level(reload::Handle<Targets, Registry>);

impl Level {
    pub(super) fn set(&self, level: LogLevel) {
        // Fails where the subscriber is gone, and then nobody writes lines.
        let _ = self.0.reload(filter(level));
    }
}

/// How lines look.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text { colour: bool },
    Json,
}

/// What receives the events and writes the lines, and what changes its level.
pub(super) fn subscriber<W>(
    form: Form,
    level: LogLevel,
    writer: W,
) -> (impl Subscriber + Send + Sync, Level)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match form {
        Form::Text { colour } => fmt::layer()
            .with_target(false)
            .with_ansi(colour)
            .with_writer(writer)
            .boxed(),
        Form::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_writer(writer)
            .boxed(),
    };
    let (filter, handle) = reload::Layer::new(filter(level));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    (subscriber, Level(handle))
}

/// Our own lines from `level` on. Of libraries only warnings, whatever the level: at lower ones they may
/// show headers, and so credentials.
fn filter(level: LogLevel) -> Targets {
    let own = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        .with_target("trueup", own)
}
