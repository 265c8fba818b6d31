//! What is counted, in a registry of our own: the contract's table and nothing else.
//!
//! Labels take values from closed sets and from the settings only, never from names, paths or commits (but for
//! `trueup_revision_info`, which has one series at a time), so the number of series is bounded by the settings.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

use crate::model::{CycleResult, OutcomeResult, ResourceKind, TargetName};

/// What a target's objects are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    pub synced: usize,
    pub drifted: usize,
    pub held: usize,
    pub failed: usize,
}

/// One target after a pass.
#[derive(Debug)]
pub struct TargetSeen<'a> {
    pub target: &'a TargetName,
    pub resources: &'a BTreeMap<ResourceKind, Resources>,
    pub last_success: Option<Timestamp>,
    pub paused: bool,
    pub pending_deletes: usize,
}

/// Everything that is counted.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    pub(super) cycles: IntCounterVec,
    pub(super) cycle_duration: Histogram,
    last_success: GaugeVec,
    paused: IntGaugeVec,
    pending_deletes: IntGaugeVec,
    resources: IntGaugeVec,
    pub(super) changes: IntCounterVec,
    pub(super) requests: HistogramVec,
    pub(super) fetch_duration: Histogram,
    pub(super) fetch_failures: IntCounter,
    revision: IntGaugeVec,
}

/// One process is one daemon.
pub(super) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// A cycle asks over the network; a quiet one takes milliseconds, a first one minutes.
const CYCLE_BUCKETS: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
const REQUEST_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const FETCH_BUCKETS: &[f64] = &[
    0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// All metrics in Prometheus' text format.
pub fn render() -> String {
    METRICS.render()
}

/// Forgets targets that the settings no longer have.
pub fn keep_targets(targets: &[&TargetName]) {
    METRICS.keep_targets(targets);
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let build = IntGaugeVec::new(
            Opts::new("trueup_build_info", "Which Trueup this is; always 1."),
            &["version"],
        );
        let build = made(build, &registry);
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            made(IntGaugeVec::new(Opts::new(name, help), labels), &registry)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            made(IntCounterVec::new(Opts::new(name, help), labels), &registry)
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            made(Histogram::with_opts(opts), &registry)
        };
        let cycles = counter(
            "trueup_cycles_total",
            "Passes over a target, by how they ended: done (all as declared), held (something waits for a decision), failed (something could not be read or changed).",
            &["result"],
        );
        for result in CycleResult::ALL {
            cycles.with_label_values(&[result.as_str()]);
        }
        Self {
            cycles,
            cycle_duration: histogram(
                "trueup_cycle_duration_seconds",
                "How long a pass over a target took, from the first request to the last.",
                CYCLE_BUCKETS,
            ),
            last_success: made(
                GaugeVec::new(
                    Opts::new(
                        "trueup_target_last_success_timestamp_seconds",
                        "When a target was last found, or made, as declared, with nothing held that somebody should look at. Old means: go and look at trueup status.",
                    ),
                    &["target"],
                ),
                &registry,
            ),
            paused: gauge(
                "trueup_target_paused",
                "1 while nothing is changed on a target, by its settings or by trueup pause.",
                &["target"],
            ),
            pending_deletes: gauge(
                "trueup_pending_deletes",
                "Deletes on a target that are held: beyond the guard's limits, or because absence proves nothing now.",
                &["target"],
            ),
            resources: gauge(
                "trueup_resources",
                "Objects that are declared for a target, by what they are in: synced, drifted (changed by somebody, and only reported), held (somebody has to decide), failed.",
                &["target", "kind", "state"],
            ),
            changes: counter(
                "trueup_changes_total",
                "Changes that were tried on a target, by what was done and how it ended.",
                &["target", "kind", "action", "result"],
            ),
            requests: made(
                HistogramVec::new(
                    HistogramOpts::new(
                        "trueup_provider_request_duration_seconds",
                        "Requests to live systems; status_class is 2xx to 5xx, or none where no answer came.",
                    )
                    .buckets(REQUEST_BUCKETS.to_vec()),
                    &["target", "method", "status_class"],
                ),
                &registry,
            ),
            fetch_duration: histogram(
                "trueup_git_fetch_duration_seconds",
                "How long it took to ask the repository for its head, and to fetch what is new.",
                FETCH_BUCKETS,
            ),
            fetch_failures: made(
                IntCounter::new(
                    "trueup_git_fetch_failures_total",
                    "Times that the repository could not be read; what is live then stays as it is.",
                ),
                &registry,
            ),
            revision: gauge(
                "trueup_revision_info",
                "The commit that is being made true; always 1.",
                &["revision"],
            ),
            registry,
        }
    }

    fn render(&self) -> String {
        // Writing numbers into a text cannot fail.
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }

    pub(super) fn set_revision(&self, revision: &str) {
        self.revision.reset();
        self.revision.with_label_values(&[revision]).set(1);
    }

    fn seen(&self, seen: &TargetSeen<'_>) {
        let TargetSeen {
            target,
            resources,
            last_success,
            paused,
            pending_deletes,
        } = seen;
        let target = target.as_str();
        for (kind, states) in *resources {
            let Resources {
                synced,
                drifted,
                held,
                failed,
            } = states;
            for (state, count) in [
                ("synced", synced),
                ("drifted", drifted),
                ("held", held),
                ("failed", failed),
            ] {
                let labels = [target, kind.as_str(), state];
                self.resources.with_label_values(&labels).set(int(*count));
            }
        }
        let time = last_success.map_or(0.0, |at| at.as_duration().as_secs_f64());
        self.last_success.with_label_values(&[target]).set(time);
        self.paused
            .with_label_values(&[target])
            .set(i64::from(*paused));
        self.pending_deletes
            .with_label_values(&[target])
            .set(int(*pending_deletes));
    }

    /// Series of targets that are gone would stay at their last value for ever.
    fn keep_targets(&self, targets: &[&TargetName]) {
        let gone = |labels: &BTreeMap<String, String>| {
            let target = labels.get("target");
            target.is_some_and(|target| targets.iter().all(|kept| kept.as_str() != target))
        };
        let each = |metric: &dyn Collector, names: &[&str], remove: &dyn Fn(&[&str])| {
            for labels in series(metric).into_iter().filter(gone) {
                remove(&values(&labels, names));
            }
        };
        each(&self.last_success, &["target"], &|values| {
            let _ = self.last_success.remove_label_values(values);
        });
        each(&self.paused, &["target"], &|values| {
            let _ = self.paused.remove_label_values(values);
        });
        each(&self.pending_deletes, &["target"], &|values| {
            let _ = self.pending_deletes.remove_label_values(values);
        });
        each(&self.resources, &["target", "kind", "state"], &|values| {
            let _ = self.resources.remove_label_values(values);
        });
        let change = ["target", "kind", "action", "result"];
        each(&self.changes, &change, &|values| {
            let _ = self.changes.remove_label_values(values);
        });
        let request = ["target", "method", "status_class"];
        each(&self.requests, &request, &|values| {
            let _ = self.requests.remove_label_values(values);
        });
    }
}

/// Registers a metric. What is refused (a name twice, a bad name) is a fault of this file, which the tests find.
fn made<M: Collector + Clone + 'static>(metric: prometheus::Result<M>, registry: &Registry) -> M {
    #[expect(clippy::expect_used, reason = "names are constants, and tested")]
    let metric = metric.expect("a metric's name and labels");
    let registered = registry.register(Box::new(metric.clone()));
    debug_assert!(registered.is_ok(), "{registered:?}");
    metric
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The labels of each series.
fn series(metric: &dyn Collector) -> Vec<BTreeMap<String, String>> {
    let families = metric.collect();
    let series = families.iter().flat_map(MetricFamily::get_metric);
    let labels = series.map(|metric| {
        let pairs = metric.get_label().iter();
        pairs
            .map(|pair| (pair.name().to_owned(), pair.value().to_owned()))
            .collect()
    });
    labels.collect()
}

fn values<'l>(labels: &'l BTreeMap<String, String>, names: &[&str]) -> Vec<&'l str> {
    let values = names.iter();
    values
        .map(|name| labels.get(*name).map_or("", String::as_str))
        .collect()
}

impl TargetSeen<'_> {
    pub fn emit(self) {
        METRICS.seen(&self);
    }
}

/// A request to a live system came to its end; told in metrics only.
#[derive(Debug)]
pub struct RequestEnded<'a> {
    pub target: &'a TargetName,
    pub method: &'static str,
    /// `2xx` to `5xx`, `none` where no answer came.
    pub status_class: &'static str,
    pub duration: Duration,
}

impl RequestEnded<'_> {
    pub fn emit(self) {
        let Self {
            target,
            method,
            status_class,
            duration,
        } = self;
        let labels = [target.as_str(), method, status_class];
        METRICS
            .requests
            .with_label_values(&labels)
            .observe(duration.as_secs_f64());
    }
}

/// How a change counts.
pub(super) fn count_change(outcome: &crate::model::Outcome) {
    if outcome.result == OutcomeResult::Skipped {
        return;
    }
    let labels = [
        outcome.id.target.as_str(),
        outcome.id.kind.as_str(),
        outcome.action.as_str(),
        outcome.result.as_str(),
    ];
    METRICS.changes.with_label_values(&labels).inc();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(metrics: &Metrics, target: &TargetName) {
        let resources = BTreeMap::from([(
            ResourceKind::Route,
            Resources {
                synced: 2,
                held: 1,
                ..Resources::default()
            },
        )]);
        metrics.seen(&TargetSeen {
            target,
            resources: &resources,
            last_success: Timestamp::from_second(1_700_000_000).ok(),
            paused: true,
            pending_deletes: 3,
        });
    }

    #[test]
    fn series_go_with_their_target() {
        let metrics = Metrics::new();
        let (one, other) = (
            TargetName::new("one").unwrap(),
            TargetName::new("other").unwrap(),
        );
        seen(&metrics, &one);
        seen(&metrics, &other);
        let text = metrics.render();
        for line in [
            "trueup_resources{kind=\"route\",state=\"synced\",target=\"one\"} 2",
            "trueup_resources{kind=\"route\",state=\"held\",target=\"one\"} 1",
            "trueup_resources{kind=\"route\",state=\"failed\",target=\"one\"} 0",
            "trueup_target_last_success_timestamp_seconds{target=\"other\"} 1700000000",
            "trueup_target_paused{target=\"one\"} 1",
            "trueup_pending_deletes{target=\"one\"} 3",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        metrics.keep_targets(&[&other]);
        let text = metrics.render();
        assert!(
            !text.contains("\"one\"") && text.contains("\"other\""),
            "{text}"
        );
    }

    #[test]
    fn one_revision_at_a_time() {
        let metrics = Metrics::new();
        metrics.set_revision("a");
        metrics.set_revision("b");
        let text = metrics.render();
        assert!(text.contains("trueup_revision_info{revision=\"b\"} 1"));
        assert!(!text.contains("revision=\"a\""));
    }
}
