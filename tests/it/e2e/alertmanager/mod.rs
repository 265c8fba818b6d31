//! The binary on a real Alertmanager: who is told of which alerts, and what it survives.

mod adoption;
mod attacks;
mod crash;
mod culprit;
mod drift;
mod hostile;
pub mod inbox;
mod quiet;
mod scene;
mod secrets;
mod seen;
mod teams;

use libtest_mimic::Trial;

use crate::support::{Need, test};

const SERVER: Need = Need::Program("prometheus-alertmanager");
const PROMETHEUS: Need = Need::Program("prometheus");
const TOOL: Need = Need::Program("amtool");

/// Name, needs and body.
type Case = (&'static str, &'static [Need], fn());

const CASES: &[Case] = &[
    (
        "a_missing_base_file_takes_nothing_away",
        &[SERVER],
        drift::base_is_gone_with_others,
    ),
    ("routes_are_shown", &[SERVER, TOOL], seen::routes),
    ("a_plan_says_whom_alerts_reach", &[SERVER], seen::impact),
    (
        "all_definitions_at_once_are_not_deleted",
        &[SERVER],
        drift::all_at_once_is_held,
    ),
    (
        "a_broken_new_definition_is_held",
        &[SERVER],
        drift::a_broken_new_one_is_held,
    ),
    ("secrets_of_every_field", &[], secrets::every_field),
    (
        "each_team_gets_its_own_alerts",
        &[SERVER, PROMETHEUS, TOOL],
        teams::own_alerts,
    ),
    ("attacks_one_by_one", &[SERVER, TOOL], hostile::one_by_one),
    ("attacks_all_at_once", &[SERVER, TOOL], hostile::all_at_once),
    (
        "one_culprit_among_ten",
        &[SERVER, TOOL],
        culprit::one_of_ten,
    ),
    (
        "a_culprit_that_was_good_before",
        &[SERVER, TOOL],
        culprit::one_that_was_good,
    ),
    ("several_culprits", &[SERVER, TOOL], culprit::several),
    (
        "the_platforms_own_part_is_the_culprit",
        &[SERVER, TOOL],
        culprit::the_base,
    ),
    (
        "the_daemon_remembers_a_culprit",
        &[SERVER, TOOL],
        culprit::the_daemon_remembers,
    ),
    (
        "the_daemon_remembers_a_base",
        &[SERVER],
        culprit::the_daemon_remembers_a_base,
    ),
    ("secrets_rotate", &[SERVER], secrets::rotated),
    ("secrets_edited_by_hand", &[SERVER], secrets::edited_by_hand),
    (
        "secrets_that_the_server_refuses",
        &[SERVER],
        secrets::refused,
    ),
    ("secrets_of_a_killed_apply", &[SERVER], secrets::killed),
    ("secrets_that_are_missing", &[SERVER], secrets::missing),
    ("secrets_of_the_daemon", &[SERVER], secrets::the_daemon),
    (
        "secrets_of_a_file_that_is_taken_over",
        &[SERVER],
        secrets::taken_over,
    ),
    (
        "a_file_of_nobody_is_left_alone",
        &[SERVER],
        adoption::refused,
    ),
    ("a_file_is_taken_over", &[SERVER], adoption::taken_over),
    (
        "another_instances_file_is_left_alone",
        &[SERVER],
        adoption::of_another_instance,
    ),
    (
        "what_is_gone_is_deleted_alone",
        &[SERVER],
        adoption::deleted,
    ),
    ("edits_are_drift_and_come_back", &[SERVER], drift::by_hand),
    (
        "a_file_beyond_telling_is_written_anew",
        &[SERVER],
        drift::beyond_telling,
    ),
    (
        "a_file_that_is_not_loaded_is_drift",
        &[SERVER],
        drift::not_loaded,
    ),
    ("edits_are_only_reported", &[SERVER], drift::reported),
    (
        "a_broken_base_file_takes_nothing_away",
        &[SERVER],
        drift::base_is_broken,
    ),
    (
        "a_field_that_the_server_does_not_know",
        &[SERVER],
        drift::unknown_field,
    ),
    (
        "a_server_that_does_not_answer_is_unknown",
        &[SERVER],
        drift::unknown_server,
    ),
    (
        "a_second_apply_does_nothing",
        &[SERVER],
        quiet::second_apply,
    ),
    ("killed_at_random_moments", &[SERVER], crash::killed),
    (
        "killed_at_every_reload",
        &[SERVER],
        crash::killed_at_reloads,
    ),
    ("a_third_of_all_requests_fails", &[SERVER], crash::faulty),
];

pub fn tests() -> Vec<Trial> {
    let named =
        |(name, needs, run): &Case| test(&format!("e2e::alertmanager::{name}"), needs, *run);
    CASES.iter().map(named).collect()
}
