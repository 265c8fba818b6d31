//! Proof that the server runs what was written, of what was touched only.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::api::{Api, Listing};
use super::compose;
use super::container::Container;
use super::wire::WireRule;
use crate::model::{Action, Change};

/// How long the server may take to list what it has loaded. Prometheus and Thanos list it at once.
const DEADLINE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Asks until every touched group is as it should be, or the deadline passes; returns those that are
/// not, with the reason.
///
/// # Errors
/// Where the server could not be asked.
pub(super) async fn verify(
    api: &Api,
    directory: &Path,
    changes: &[Change],
    touched: &[(&Container, usize)],
) -> Result<Vec<(usize, String)>, String> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let listing = api.rules().await.map_err(|error| {
            format!("the server reloaded, and could not be asked what it runs now ({error}); the next cycle observes again")
        })?;
        let missing = missing(&listing, directory, changes, touched);
        if missing.is_empty() || began.elapsed() >= DEADLINE {
            return Ok(missing);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn missing(
    listing: &Listing,
    directory: &Path,
    changes: &[Change],
    touched: &[(&Container, usize)],
) -> Vec<(usize, String)> {
    let wrong = |container: &Container, change: &Change| -> Result<(), String> {
        let file = container.file();
        let group = compose::group_name(change, container)?;
        if change.action == Action::Delete {
            return match listing.group(&file, group) {
                None => Ok(()),
                Some(_) => Err(format!(
                    "the server reloaded and still runs the group {group:?} of {file}; does it read {}?",
                    directory.display()
                )),
            };
        }
        let wanted = compose::declared(change)?;
        if listing.runs(&file, group, &wanted.rules.iter().map(WireRule::name)) {
            return Ok(());
        }
        Err(format!(
            "the server reloaded and does not list the group {group:?} of {file} as it was written; does it read {}?",
            directory.display()
        ))
    };
    touched
        .iter()
        .filter_map(|(container, at)| Some((*at, wrong(container, &changes[*at]).err()?)))
        .collect()
}
