//! Alert routing: generated definitions put together, held against `amtool` and against what a fence promises.

mod amtool;
mod definition;
mod fence;
mod generate;
mod quiet;
pub mod receivers;
mod server;
mod wire;

use libtest_mimic::Trial;

use crate::support::{Need, test};

const SERVER: Need = Need::Program("prometheus-alertmanager");
const AMTOOL: Need = Need::Program("amtool");

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "routing::no_definition_reaches_beyond_its_fence",
            &[],
            fence::holds,
        ),
        test(
            "routing::hostile_definitions_are_harmless",
            &[],
            fence::hostile,
        ),
        test(
            "routing::the_same_definitions_give_the_same_bytes",
            &[],
            fence::same_bytes,
        ),
        test(
            "routing::the_server_tells_what_it_runs",
            &[SERVER],
            server::tells_what_it_runs,
        ),
        test("routing::what_is_written_is_read", &[], wire::read_back),
        test("routing::texts_of_several_lines_are_read", &[], wire::texts),
        test(
            "routing::any_way_leads_to_the_same_file",
            &[],
            quiet::any_way_there,
        ),
        test("routing::secrets_are_quiet_and_hidden", &[], quiet::secrets),
        test(
            "routing::an_edit_by_hand_is_found_where_it_is",
            &[],
            wire::edits,
        ),
        test(
            "routing::moved_lines_are_never_mistaken",
            &[],
            wire::moved_lines,
        ),
        test(
            "routing::generated_definitions_read_back_as_they_are",
            &[],
            definition::reads_back,
        ),
        test(
            "routing::every_receiver_is_read_and_written",
            &[],
            receivers::are_written,
        ),
        test(
            "routing::amtool_takes_every_receiver_that_it_knows",
            &[AMTOOL],
            receivers::amtool_takes,
        ),
        test(
            "routing::amtool_routes_a_thousand_alerts_alike",
            &[AMTOOL],
            amtool::routes_alike,
        ),
        test(
            "routing::amtool_takes_a_thousand_composed_files",
            &[AMTOOL],
            amtool::takes_composed_files,
        ),
    ]
}
