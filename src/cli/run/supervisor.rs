//! Keeps a daemon at work, and puts one with other settings in its place.

use std::sync::Arc;

use tokio::sync::watch;

use super::reload::{Fresh, Reload};
use super::{daemon, note};
use crate::reconcile::driver::Daemon;
use crate::reconcile::stop::Stop;
use crate::settings::Settings;
use crate::state::{State, What};
use crate::telemetry::{self, SettingsRefused};

pub(super) struct Supervisor {
    pub(super) state: Arc<State>,
    pub(super) stop: Stop,
    pub(super) current: watch::Sender<Arc<Daemon>>,
    /// `None` where the settings are never read anew.
    pub(super) reload: Option<Reload>,
}

impl Supervisor {
    /// Until it is stopped; the change in hand is finished first.
    pub(super) async fn run(mut self) {
        loop {
            let daemon = self.current.borrow().clone();
            let mut work = tokio::spawn(daemon.clone().run());
            let fresh = tokio::select! {
                ended = &mut work => {
                    if let Err(error) = ended
                        && error.is_panic()
                    {
                        std::panic::resume_unwind(error.into_panic());
                    }
                    return;
                }
                fresh = next(self.reload.as_mut()) => fresh,
            };
            // Nothing is cut short: what is in hand is finished by the old settings.
            daemon.stop.stop();
            let _ = work.await;
            if self.stop.is_stopped() {
                return;
            }
            self.replace(&daemon, fresh);
        }
    }

    fn replace(&self, old: &Arc<Daemon>, fresh: Fresh) {
        let Fresh { settings, changes } = fresh;
        let settings = Arc::new(settings);
        let next =
            daemon(&settings, &self.state, &self.stop, old.poke.clone()).or_else(|failure| {
                SettingsRefused {
                    error: &failure.message,
                }
                .emit();
                daemon(&old.settings, &self.state, &self.stop, old.poke.clone())
            });
        let Ok(next) = next else {
            // The state cannot be read any more: whoever started us is to start us anew.
            self.stop.stop();
            return;
        };
        note(&self.state, What::Settings, Some(changes.join("; ")));
        keep_targets(&next.settings);
        telemetry::set_level(next.settings.log.level);
        next.board.inherit(&old.board);
        self.current.send_replace(next);
    }
}

fn keep_targets(settings: &Settings) {
    let targets: Vec<_> = settings.targets.iter().map(|target| &target.name).collect();
    telemetry::metrics::keep_targets(&targets);
}

async fn next(reload: Option<&mut Reload>) -> Fresh {
    match reload {
        Some(reload) => reload.next().await,
        None => std::future::pending().await,
    }
}
