//! What the HTTP side is made of.

use std::sync::Arc;

use tokio::sync::watch;

use crate::reconcile::driver::Daemon;
use crate::serve::{Forge, Parts, Tls, Webhook};
use crate::settings::{RepositoryUrl, ServerTls, Settings, WebhookKind};

/// `current` is the daemon that works now; what it has of the settings' `server` stays as long as the process.
pub(super) fn parts(settings: &Settings, current: &watch::Receiver<Arc<Daemon>>) -> Parts {
    let server = &settings.server;
    let (shown, looked_at) = (current.clone(), current.clone());
    let pending = move || {
        let pending = looked_at.borrow().board.pending();
        pending.iter().map(ToString::to_string).collect()
    };
    Parts {
        status: Arc::new(move || shown.borrow().board.to_json()),
        pending: Arc::new(pending),
        webhook: webhook(settings, &current.borrow()),
        token_file: server.token_file.clone(),
        tls: server.tls.clone().map(|tls| {
            let ServerTls {
                cert_file,
                key_file,
            } = tls;
            Tls {
                cert_file,
                key_file,
            }
        }),
    }
}

fn webhook(settings: &Settings, daemon: &Daemon) -> Option<Webhook> {
    let webhook = settings.server.webhook.as_ref()?;
    let poke = daemon.poke.clone();
    Some(Webhook {
        forge: match webhook.kind {
            WebhookKind::GitHub => Forge::GitHub,
            WebhookKind::GitLab => Forge::GitLab,
            WebhookKind::Gitea => Forge::Gitea,
        },
        secret_file: webhook.secret_file.clone(),
        repository: match &settings.repository.url {
            RepositoryUrl::Https(url) | RepositoryUrl::Ssh(url) => url.clone(),
            RepositoryUrl::File(path) | RepositoryUrl::Local(path) => path.display().to_string(),
        },
        branch: settings.repository.branch.clone(),
        poke: Arc::new(move || poke.ask()),
    })
}
