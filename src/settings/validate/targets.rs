//! The targets, each by itself and all together.

mod alertmanager;
mod grafana;
mod prometheus;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use reqwest::Url;

use super::super::raw::{RawDrift, RawProvider, RawTarget};
use super::super::{
    AlertmanagerSettings, GrafanaSettings, HttpAuth, PrometheusSettings, ProviderSettings,
    TargetSettings, Tls,
};
use super::report::Report;
use super::{auth, positive};
use crate::model::TargetName;
use crate::model::selector::{is_label_key, is_label_value};
use crate::model::target::DriftPolicy;

pub(super) fn targets(raw: Vec<RawTarget>, report: &mut Report<'_>) -> Option<Vec<TargetSettings>> {
    let targets: Vec<Option<TargetSettings>> = raw
        .into_iter()
        .enumerate()
        .map(|(index, raw)| target(&format!("targets[{index}]"), raw, report))
        .collect();
    distinct_names(&targets, report);
    distinct_directories(&targets, report);
    distinct_files(&targets, report);
    distinct_organisations(&targets, report);
    targets.into_iter().collect()
}

fn target(key: &str, raw: RawTarget, report: &mut Report<'_>) -> Option<TargetSettings> {
    let name = self::name(&format!("{key}.name"), &raw.name, report);
    let aliases: Vec<_> = raw
        .aliases
        .iter()
        .enumerate()
        .map(|(index, alias)| self::name(&format!("{key}.aliases[{index}]"), alias, report))
        .collect();
    labels(&format!("{key}.labels"), &raw.labels, report);
    let timeout = positive(&format!("{key}.timeout"), &raw.timeout, report);
    let concurrency = concurrency(&format!("{key}.concurrency"), raw.concurrency, report);
    let (labels, paused, drift) = (raw.labels.clone(), raw.paused, raw.drift);
    let provider = match raw.provider {
        RawProvider::Prometheus => {
            prometheus::settings(key, raw, report).map(ProviderSettings::Prometheus)
        }
        RawProvider::Alertmanager => {
            alertmanager::settings(key, raw, report).map(ProviderSettings::Alertmanager)
        }
        RawProvider::Grafana => grafana::settings(key, raw, report).map(ProviderSettings::Grafana),
    };
    Some(TargetSettings {
        name: name?,
        aliases: aliases.into_iter().collect::<Option<_>>()?,
        labels,
        paused,
        drift: match drift {
            RawDrift::Revert => DriftPolicy::Revert,
            RawDrift::Report => DriftPolicy::Report,
        },
        timeout: timeout?,
        concurrency: concurrency?,
        provider: provider?,
    })
}

/// The server of a target that may be files only.
struct Server {
    url: Option<String>,
    auth: Option<HttpAuth>,
    tls: Tls,
}

fn server(key: &str, raw: RawTarget, report: &mut Report<'_>) -> Option<Server> {
    let url = match &raw.url {
        None => Some(None),
        Some(url) => http(&format!("{key}.url"), url, report).map(Some),
    };
    let auth_key = format!("{key}.auth");
    let auth = match raw.auth {
        None => Some(None),
        Some(_) if raw.url.is_none() => report.fail(&auth_key, "it has no effect without url"),
        Some(raw) => auth::http(&auth_key, raw, report).map(Some),
    };
    let tls = auth::tls(&format!("{key}.tls"), &raw.tls, report);
    let (url, auth, tls) = (url?, auth?, tls?);
    let is_https = url.as_ref().is_some_and(|url| url.starts_with("https:"));
    if tls.ca_file.is_some() && !is_https {
        let key = format!("{key}.tls.ca_file");
        return report.fail(&key, "it has no effect without an https url");
    }
    Some(Server { url, auth, tls })
}

/// Keys that only an Alertmanager has.
fn alertmanagers(raw: &RawTarget) -> [(&'static str, bool); 4] {
    [
        ("config_file", raw.config_file.is_some()),
        ("base_file", raw.base_file.is_some()),
        ("fence_label", raw.fence_label.is_some()),
        ("adopt", raw.adopt.is_some()),
    ]
}

/// Keys that only another provider reads.
fn without_effect(key: &str, target: &str, given: &[(&str, bool)], report: &mut Report<'_>) {
    for (name, _) in given.iter().filter(|(_, given)| *given) {
        let message = format!("{target} target has no {name}");
        report.fail_with::<()>(&format!("{key}.{name}"), message, "take it out");
    }
}

fn name(key: &str, text: &str, report: &mut Report<'_>) -> Option<TargetName> {
    TargetName::new(text).or_else(|| {
        report.fail_with(
            key,
            format!("{text:?} is not a name of a target"),
            "use a-z, 0-9 and -, with a letter or digit at both ends",
        )
    })
}

fn labels(key: &str, labels: &BTreeMap<String, String>, report: &mut Report<'_>) {
    for (label, value) in labels {
        let key = format!("{key}.{label}");
        if !is_label_key(label) {
            let message = format!("{label:?} is not the name of a Kubernetes label");
            report.fail::<()>(&key, message);
        } else if !is_label_value(value) {
            report.fail_with::<()>(
                &key,
                format!("{value:?} is not the value of a Kubernetes label"),
                "use at most 63 letters, digits, -, _ and ., with a letter or digit at both ends",
            );
        }
    }
}

fn concurrency(key: &str, number: u32, report: &mut Report<'_>) -> Option<usize> {
    match number {
        1..=256 => usize::try_from(number).ok(),
        _ => report.fail(key, format!("{number}: write 1 to 256")),
    }
}

/// The address of a server, without a slash at its end.
fn http(key: &str, text: &str, report: &mut Report<'_>) -> Option<String> {
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        _ => {
            // Not repeated: it may hold a password.
            let message = "it is not the address of a server";
            return report.fail_with(key, message, "write http://host:port or https://host");
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return report.fail_with(
            key,
            "it holds a user name or password",
            "move them to auth: username and password_file, or token_file",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return report.fail(key, "? and # have no place in it");
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// A name is one target's, as its name or as a former one.
fn distinct_names(targets: &[Option<TargetSettings>], report: &mut Report<'_>) {
    let mut taken: BTreeMap<&TargetName, String> = BTreeMap::new();
    for (index, target) in known(targets) {
        let own = (format!("targets[{index}].name"), &target.name);
        let former = target.aliases.iter().enumerate().map(|(number, alias)| {
            let key = format!("targets[{index}].aliases[{number}]");
            (key, alias)
        });
        for (key, name) in std::iter::once(own).chain(former) {
            if let Some(first) = taken.get(name) {
                let message = format!("the name {name} is taken by {first}");
                report.fail::<()>(&key, message);
            } else {
                taken.insert(name, key);
            }
        }
    }
}

/// Two targets in one directory would delete each other's files.
fn distinct_directories(targets: &[Option<TargetSettings>], report: &mut Report<'_>) {
    let mut taken: BTreeMap<_, &TargetName> = BTreeMap::new();
    for (index, target) in known(targets) {
        let ProviderSettings::Prometheus(PrometheusSettings { rules_dir, .. }) = &target.provider
        else {
            continue;
        };
        let place = identity(rules_dir);
        if let Some(first) = taken.get(&place) {
            report.fail_with::<()>(
                &format!("targets[{index}].rules_dir"),
                format!("{} is the directory of {first} too", rules_dir.display()),
                "give each target its own",
            );
        } else {
            taken.insert(place, &target.name);
        }
    }
}

/// Two targets that are one file would each write over the other.
fn distinct_files(targets: &[Option<TargetSettings>], report: &mut Report<'_>) {
    let mut taken: BTreeMap<_, &TargetName> = BTreeMap::new();
    for (index, target) in known(targets) {
        let ProviderSettings::Alertmanager(AlertmanagerSettings { config_file, .. }) =
            &target.provider
        else {
            continue;
        };
        let place = identity(config_file);
        if let Some(first) = taken.get(&place) {
            report.fail_with::<()>(
                &format!("targets[{index}].config_file"),
                format!("{} is the file of {first} too", config_file.display()),
                "give each target its own",
            );
        } else {
            taken.insert(place, &target.name);
        }
    }
}

/// Two targets that are one organisation would each delete what the other makes.
fn distinct_organisations(targets: &[Option<TargetSettings>], report: &mut Report<'_>) {
    let mut taken: BTreeMap<(&str, u32), &TargetName> = BTreeMap::new();
    for (index, target) in known(targets) {
        let ProviderSettings::Grafana(GrafanaSettings { url, org_id, .. }) = &target.provider
        else {
            continue;
        };
        if let Some(first) = taken.get(&(url.as_str(), *org_id)) {
            report.fail_with::<()>(
                &format!("targets[{index}].url"),
                format!("organisation {org_id} of {url} is the target {first} too"),
                "take one of them out, or give it another org_id",
            );
        } else {
            taken.insert((url, *org_id), &target.name);
        }
    }
}

fn known(targets: &[Option<TargetSettings>]) -> impl Iterator<Item = (usize, &TargetSettings)> {
    targets
        .iter()
        .enumerate()
        .filter_map(|(index, target)| Some((index, target.as_ref()?)))
}

/// What tells a directory from another, whatever links and mounts lead to it: the file system and the
/// file of the nearest part of the path that exists, and what follows that.
fn identity(path: &Path) -> (u64, u64, PathBuf) {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .ancestors()
        .find_map(|known| {
            let meta = known.metadata().ok()?;
            let rest = absolute.strip_prefix(known).ok()?;
            Some((meta.dev(), meta.ino(), lexical(rest)))
        })
        .unwrap_or_default()
}

/// Without `..`: nothing of the path exists, so no link can make it mean something else.
fn lexical(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut clean, part| {
        if part == Component::ParentDir {
            clean.pop();
        } else {
            clean.push(part);
        }
        clean
    })
}
