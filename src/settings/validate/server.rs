//! The daemon's own HTTP side.

use std::net::SocketAddr;

use super::super::raw::{RawServer, RawServerTls, RawWebhook, RawWebhookKind};
use super::super::{Server, ServerTls, Webhook, WebhookKind};
use super::report::Report;

pub(super) fn server(raw: &RawServer, report: &mut Report<'_>) -> Option<Server> {
    let RawServer {
        listen,
        webhook,
        token_file,
        tls,
    } = raw;
    // Every part is looked at before any is missed.
    let listen = self::listen(listen, report);
    let webhook = match webhook {
        None => Some(None),
        Some(raw) => self::webhook(raw, report).map(Some),
    };
    let token_file = report.optional_path("server.token_file", token_file.as_ref());
    let tls = match tls {
        None => Some(None),
        Some(raw) => self::tls(raw, report).map(Some),
    };
    Some(Server {
        listen: listen?,
        webhook: webhook?,
        token_file: token_file?,
        tls: tls?,
    })
}

fn listen(text: &str, report: &mut Report<'_>) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    report.fail_with(
        "server.listen",
        format!("{text:?} is not an IP address and a port"),
        "write 127.0.0.1:9797, or 0.0.0.0:9797 to be reached from elsewhere",
    )
}

fn webhook(raw: &RawWebhook, report: &mut Report<'_>) -> Option<Webhook> {
    let RawWebhook { kind, secret_file } = raw;
    let secret_file = report.path("server.webhook.secret_file", secret_file)?;
    let kind = match kind {
        RawWebhookKind::GitHub => WebhookKind::GitHub,
        RawWebhookKind::GitLab => WebhookKind::GitLab,
        RawWebhookKind::Gitea => WebhookKind::Gitea,
    };
    Some(Webhook { kind, secret_file })
}

fn tls(raw: &RawServerTls, report: &mut Report<'_>) -> Option<ServerTls> {
    let RawServerTls {
        cert_file,
        key_file,
    } = raw;
    let cert_file = report.path("server.tls.cert_file", cert_file);
    let key_file = report.path("server.tls.key_file", key_file);
    Some(ServerTls {
        cert_file: cert_file?,
        key_file: key_file?,
    })
}
