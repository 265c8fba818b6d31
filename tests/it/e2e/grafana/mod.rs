//! The binary on a Grafana: what it makes, what it leaves alone, and what it survives.

mod corpus;
mod crash;
mod drift;
mod faults;
mod instances;
mod keep;
pub mod scene;
pub mod server;
mod sources;
mod tenants;

use libtest_mimic::Trial;

use crate::fake::grafana::Flavor;
use crate::support::{Need, test};
use server::Kind;

/// A scenario, on whatever server.
type Scenario = fn(Kind);

const SCENARIOS: &[(&str, &[Need], Scenario)] = &[
    ("quiet_when_nothing_changed", &[], drift::quiet),
    ("edits_are_drift_and_come_back", &[], drift::edits),
    ("edits_are_only_reported", &[], drift::reported),
    ("one_change_costs_the_same_among_many", &[], drift::cost),
    ("folders_with_others_content_stay", &[], keep::content),
    ("an_emptied_repository_deletes_nothing", &[], keep::emptied),
    ("what_is_not_ours_is_left_alone", &[], keep::not_ours),
    ("folders_with_alert_rules_stay", &[], keep::alert_rules),
    (
        "folders_with_library_panels_stay",
        &[],
        keep::library_panels,
    ),
    (
        "a_library_panel_made_meanwhile_stays",
        &[],
        keep::library_panel_meanwhile,
    ),
    ("what_another_manager_has_is_left_alone", &[], keep::managed),
    ("secrets_of_data_sources", &[], sources::secrets),
    ("data_sources_come_back", &[], sources::drift),
    ("a_token_that_may_only_look_plans", &[], drift::viewer),
    ("faults_of_reads_change_nothing", &[], faults::reads),
    ("faults_of_writes_are_retried_or_told", &[], faults::writes),
    ("the_daemon_follows", &[], drift::daemon),
    ("a_commit_costs_what_it_changes", &[], drift::daemon_cost),
    ("data_sources_in_use_stay", &[], sources::in_use),
    ("tenants_stay_in_their_bounds", &[], tenants::bounds),
    (
        "tenants_have_credentials_of_their_own",
        &[],
        tenants::credentials,
    ),
    ("two_instances", &[], instances::cycles),
    ("the_corpus", &[Need::Env("TRUEUP_CORPUS")], corpus::corpus),
    ("killed_at_random_moments", &[], crash::killed),
    ("a_third_of_all_requests_fails", &[], crash::faulty),
];

pub fn tests() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, needs, scenario) in SCENARIOS {
        let servers = [
            ("classic", Kind::Fake(Flavor::Classic75)),
            ("resource", Kind::Fake(Flavor::Resource124)),
        ];
        for (server, kind) in servers {
            let name = format!("e2e::grafana::{server}::{name}");
            let scenario = *scenario;
            trials.push(test(&name, needs, move || scenario(kind)));
        }
        let name = format!("e2e::grafana::real::{name}");
        let real = [Need::Env("TRUEUP_TEST_GRAFANA_URL")];
        let missing = needs.iter().chain(&real).find(|need| need.is_missing());
        let scenario = *scenario;
        let all: &[Need] = match missing {
            Some(Need::Env("TRUEUP_CORPUS")) => &[Need::Env("TRUEUP_CORPUS")],
            _ => &real,
        };
        trials.push(test(&name, all, move || scenario(Kind::Real)));
    }
    trials
}
