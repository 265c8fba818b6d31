//! Twin worlds: generated repositories and servers, and what must hold of all of them.
//!
//! Worlds come from a fixed seed, so a failure comes again; it is shrunk before it is shown. `TRUEUP_LONG` makes ten
//! times as many.

mod counted;
mod cuts;
mod dashboards;
mod entities;
mod fences;
mod git;
mod machine;
mod memory;
mod plans;
mod repo;
mod rules;
mod text;
mod twins;
mod whole;
mod work;

use std::fmt::Debug;

use libtest_mimic::Trial;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("worlds::apply_twice_is_quiet", &[], whole::quiet),
        test("worlds::input_order_never_matters", &[], whole::order),
        test("worlds::unknown_is_never_touched", &[], whole::unknown),
        test(
            "worlds::a_bad_file_blocks_what_depends_on_it",
            &[],
            twins::bad_file,
        ),
        test(
            "worlds::a_mutated_rule_is_one_change",
            &[],
            twins::one_change,
        ),
        test("worlds::cut_anywhere_converges", &[], cuts::converge),
        test(
            "worlds::equal_dashboards_have_no_difference",
            &[],
            dashboards::equal_ones_have_no_difference,
        ),
        test(
            "worlds::plans_name_each_changed_panel",
            &[],
            dashboards::plans_name_each_changed_panel,
        ),
        test("worlds::plans_are_quiet_once_applied", &[], plans::quiet),
        test("worlds::plans_forget_the_order_of_input", &[], plans::order),
        test("worlds::plans_touch_only_ours", &[], plans::ours),
        test("worlds::plans_hold_what_is_unknown", &[], plans::unknown),
        test("worlds::the_guard_lets_no_more_through", &[], plans::guard),
        test(
            "worlds::work_grows_with_the_change",
            &[],
            work::grows_with_the_change,
        ),
        test(
            "worlds::work_grows_with_the_change_of_a_catalog",
            &[],
            entities::work_grows_with_the_change,
        ),
        test(
            "worlds::work_grows_with_the_change_of_a_tenant",
            &[],
            fences::work_grows_with_the_change,
        ),
    ]
}

/// Runs `property` on so many worlds; it fails by panicking.
pub fn hold<S: Strategy>(cases: u32, worlds: &S, property: impl Fn(S::Value))
where
    S::Value: Debug,
{
    let long = std::env::var_os("TRUEUP_LONG").is_some();
    let config = Config {
        cases: if long { cases * 10 } else { cases },
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(worlds, |world| {
        property(world);
        Ok::<(), TestCaseError>(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, world)) => panic!("{why}\nthe smallest world: {world:#?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
