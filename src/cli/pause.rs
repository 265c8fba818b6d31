//! `trueup pause` and `trueup resume`: nothing is changed on a target for a while.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::control::{self, Control};
use super::{ConfigArg, Failure, open, output};
use crate::model::{PromDuration, TargetName};
use crate::reconcile::orders::{PauseOrder, ResumeOrder};
use crate::settings::Settings;
use crate::state::{State, StateError};

#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// A target of the settings
    target: String,
    /// How long, such as 2h or 1d; without it until `trueup resume`
    #[arg(long = "for", value_name = "DURATION")]
    length: Option<String>,
    /// Why, for whoever reads the status at night
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// A target of the settings
    target: String,
}

pub(super) async fn pause(args: PauseArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let target = known(&settings, &args.target)?;
    let seconds = args.length.as_deref().map(seconds).transpose()?;
    let order = PauseOrder {
        target: args.target,
        seconds,
        reason: args.reason,
        by: control::user(),
    };
    if let Some(daemon) = Control::find(&settings).await? {
        let answer = daemon.order("pause", &order).await?;
        return said(&answer);
    }
    let state = state(&settings)?;
    let pause = order.pause(target, order.by.clone(), Timestamp::now());
    state.begin_pause(&pause)?;
    output::print(&format!(
        "{} is {}\nNo daemon runs here now; the next one heeds it.\n",
        pause.target,
        pause.describe()
    ))?;
    Ok(0)
}

pub(super) async fn resume(args: ResumeArgs) -> Result<u8, Failure> {
    let settings = open::settings(&args.config.config)?;
    let target = known(&settings, &args.target)?;
    let by = control::user();
    if let Some(daemon) = Control::find(&settings).await? {
        let target = args.target;
        let answer = daemon.order("resume", &ResumeOrder { target, by }).await?;
        return said(&answer);
    }
    let state = state(&settings)?;
    let ended = state.end_pause(&target, Some(&by), Timestamp::now())?;
    output::print(&match ended {
        Some(_) => format!("{target} is resumed\nNo daemon runs here now.\n"),
        None => format!("{target} was not paused\n"),
    })?;
    Ok(0)
}

/// The state, where no daemon has it.
fn state(settings: &Settings) -> Result<State, Failure> {
    match State::open(&settings.state) {
        Ok(state) => Ok(state.keeping(settings.history)),
        Err(error @ StateError::Locked { .. }) => Err(Failure::from(format!(
            "{error}; a daemon that runs without its control socket (its log at start says why) is told by the \
             settings: paused: true of the target"
        ))),
        Err(error) => Err(error.into()),
    }
}

fn said(answer: &serde_json::Value) -> Result<u8, Failure> {
    let message = answer["message"].as_str().unwrap_or("done");
    output::print(&format!("{message}\n"))?;
    Ok(0)
}

/// # Errors
/// Wrong usage, where the settings have no such target.
pub(super) fn known(settings: &Settings, name: &str) -> Result<TargetName, Failure> {
    let targets = &settings.targets;
    let found = targets.iter().find(|target| target.name.as_str() == name);
    found.map(|target| target.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        Failure::usage(format!(
            "the settings have no target {name:?}; they have {}",
            names.join(", ")
        ))
    })
}

/// More than nothing, and no longer than a year: who means for ever leaves it out.
fn seconds(text: &str) -> Result<u64, Failure> {
    const YEAR: u64 = 366 * 24 * 3600;
    let length = PromDuration::parse(text).map_err(|error| {
        Failure::usage(format!(
            "--for {text:?}: {error}; write it as 30m, 2h or 1d"
        ))
    })?;
    let seconds = length.as_millis() / 1000;
    if seconds == 0 || seconds > YEAR {
        return Err(Failure::usage(format!(
            "--for {text:?}: a pause is between a second and a year; leave it out to pause until trueup resume"
        )));
    }
    Ok(seconds)
}

/// A moment of the past: how long ago (`2h`), a time of the last day (`02:00`, UTC), a day, or a moment.
pub(super) fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(ago) = PromDuration::parse(text) {
        let ago = SignedDuration::from_millis(i64::try_from(ago.as_millis()).ok()?);
        return now.checked_sub(ago).ok();
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let utc = jiff::tz::TimeZone::UTC;
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        return Some(at.to_zoned(utc).ok()?.timestamp());
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Some(day.to_zoned(utc).ok()?.timestamp());
    }
    let time: jiff::civil::Time = text.parse().ok()?;
    let today = now.to_zoned(utc.clone()).date();
    let at = |day: jiff::civil::Date| {
        Some(
            day.to_datetime(time)
                .to_zoned(utc.clone())
                .ok()?
                .timestamp(),
        )
    };
    let found = at(today)?;
    if found <= now {
        return Some(found);
    }
    at(today.yesterday().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_people_do() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let read = |text| moment(text, now).map(|at| at.to_string());
        for (text, expected) in [
            ("2h", "2026-11-24T08:00:00Z"),
            ("1d", "2026-11-23T10:00:00Z"),
            ("02:00", "2026-11-24T02:00:00Z"),
            ("23:30", "2026-11-23T23:30:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T12:30", "2026-11-20T12:30:00Z"),
            ("2026-11-20T12:30:00+01:00", "2026-11-20T11:30:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(read("yesterday"), None);
    }

    #[test]
    fn a_pause_has_a_length() {
        assert_eq!(seconds("2h").unwrap(), 7200);
        for bad in ["", "2", "0s", "10y"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
