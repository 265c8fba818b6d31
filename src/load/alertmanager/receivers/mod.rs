//! Receivers: a table of fields for each way to notify.

mod chat;
mod direct;
mod microsoft;
mod paging;
mod slack;

use super::reader::Reader;
use super::table::{Row, Table, flag, objects};
use super::unique_name;
use crate::load::read::Fields;
use crate::load::yaml::Node;
use crate::model::alertmanager::{Receiver, Value};

/// A field of every way to notify.
const SEND_RESOLVED: Row = flag("sendResolved", "send_resolved");

/// In the order of Alertmanager's documentation.
static RECEIVER: Table = Table {
    what: "a receiver",
    rows: &[
        objects("discordConfigs", "discord_configs", &chat::DISCORD),
        objects("emailConfigs", "email_configs", &direct::EMAIL),
        objects("msteamsConfigs", "msteams_configs", &microsoft::TEAMS).since(26),
        objects(
            "msteamsv2Configs",
            "msteamsv2_configs",
            &microsoft::TEAMS_FLOWS,
        )
        .since(28),
        objects("opsgenieConfigs", "opsgenie_configs", &paging::OPSGENIE),
        objects("pagerdutyConfigs", "pagerduty_configs", &paging::PAGERDUTY),
        objects("pushoverConfigs", "pushover_configs", &direct::PUSHOVER),
        objects("rocketchatConfigs", "rocketchat_configs", &chat::ROCKETCHAT).since(28),
        objects("slackConfigs", "slack_configs", &slack::SLACK),
        objects("snsConfigs", "sns_configs", &direct::SNS),
        objects("telegramConfigs", "telegram_configs", &chat::TELEGRAM),
        objects("victoropsConfigs", "victorops_configs", &paging::VICTOROPS),
        objects("webexConfigs", "webex_configs", &chat::WEBEX),
        objects("webhookConfigs", "webhook_configs", &direct::WEBHOOK),
        objects("wechatConfigs", "wechat_configs", &chat::WECHAT),
    ],
    rules: &[],
};

/// The receivers of a spec, and their names, also of those that are faulty.
pub(super) fn read(spec: &Fields<'_>, reader: &mut Reader<'_, '_>) -> (Vec<Receiver>, Vec<String>) {
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    let Some(node) = spec.get("receivers") else {
        return (found, Vec::new());
    };
    let items = reader.sink.list(node, "receivers");
    for (index, item) in items.iter().enumerate() {
        let receiver = reader.field("receivers", |reader| {
            reader.item(index, |reader| receiver(item, &mut seen, reader))
        });
        found.extend(receiver);
    }
    (found, seen.into_iter().map(|(name, _)| name).collect())
}

fn receiver(
    node: &Node<'_>,
    seen: &mut Vec<(String, crate::model::Span)>,
    reader: &mut Reader<'_, '_>,
) -> Option<Receiver> {
    let name = reader
        .sink
        .open_fields(node, RECEIVER.what)
        .and_then(|fields| unique_name(&fields, RECEIVER.what, seen, reader.sink));
    let values = RECEIVER.values(node, &["name"], reader)?;
    let integrations = values.into_iter().filter_map(|(row, value)| match value {
        Value::List(settings) => Some((row.to, settings)),
        _ => None,
    });
    let integrations = integrations.collect();
    Some(Receiver {
        name: name?,
        integrations,
    })
}
