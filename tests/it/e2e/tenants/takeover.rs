//! Who says who the tenants are: nobody gets to by waiting.

use libtest_mimic::Trial;

use super::scene::{Scene, TENANTS};
use crate::e2e::ran::{changes, held};
use crate::fake::grafana::Flavor;
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test(
            "e2e::tenants::takeover::a_claim_that_waits_is_never_taken",
            &[],
            waiting,
        ),
        test(
            "e2e::tenants::takeover::a_known_file_that_claims_is_not_taken",
            &[],
            known,
        ),
        test(
            "e2e::tenants::takeover::a_former_tenant_takes_nothing",
            &[],
            former,
        ),
    ]
}

const CLAIM: &str = "apiVersion: trueup.dev/v1alpha1
kind: Tenant
metadata: { name: claim }
spec: { owner: group:default/evil, paths: ['platform/**'] }
";

/// Whatever else happens, what is live of everybody stays inside the fences.
#[track_caller]
fn commit(scene: &Scene, what: &str, round: usize, goes_on: bool) {
    let world = &scene.world;
    scene.write_round(round);
    world.platform.commit(what);
    let apply = world.run("apply", &["--format", "json"]).json();
    if goes_on {
        scene.everybody_goes_on(what, round);
    } else {
        assert_eq!(changes(&apply), [""; 0], "{what}");
        let said = held(&apply);
        assert!(
            !said.is_empty() && said.iter().all(|line| line.ends_with("scope_unknown")),
            "{what}: {said:?}"
        );
    }
}

fn waiting() {
    let scene = Scene::new(Flavor::Resource124);
    scene.world.apply();
    let platform = &scene.world.platform;
    platform.write("teams/evil/claim.yaml", CLAIM);
    commit(&scene, "a claim", 1, true);
    commit(&scene, "it waits", 2, true);
    platform.write("platform/tenants.yaml", format!("{TENANTS}# The same.\n"));
    commit(&scene, "the platform changes its file", 3, true);
    platform.rename("platform/tenants.yaml", "platform/all.yaml");
    commit(&scene, "the platform moves its file", 4, false);
    commit(&scene, "nothing changes", 5, false);
    platform.remove("teams/evil/claim.yaml");
    commit(&scene, "no claim", 6, true);
}

fn known() {
    let scene = Scene::new(Flavor::Resource124);
    let platform = &scene.world.platform;
    platform.write("teams/evil/claim.yaml", "apiVersion: trueup.dev/v1alpha1\nkind: Folder\nmetadata: { name: x }\nspec: { path: Evil/x }\n");
    platform.commit("Something harmless");
    scene.world.apply();
    platform.write("teams/evil/claim.yaml", CLAIM);
    commit(&scene, "a claim", 1, true);
    platform.write("platform/tenants.yaml", format!("{TENANTS}# The same.\n"));
    commit(&scene, "the platform changes its file", 2, true);
    platform.remove("teams/evil/claim.yaml");
    commit(&scene, "no claim", 3, true);
}

fn former() {
    let scene = Scene::new(Flavor::Resource124);
    scene.world.apply();
    let platform = &scene.world.platform;
    platform.write("teams/evil/claim.yaml", CLAIM);
    commit(&scene, "a claim", 1, true);
    platform.write(
        "platform/tenants.yaml",
        TENANTS.replace("teams/evil/**", "teams/former/**"),
    );
    commit(&scene, "evil has its path no more", 2, false);
    commit(&scene, "nothing changes", 3, false);
    platform
        .remove("teams/evil/claim.yaml")
        .write("platform/tenants.yaml", TENANTS);
    commit(&scene, "as before", 4, true);
}
