//! What people see before they merge: the way an alert takes, and what a change does to those that fire.

use std::collections::BTreeMap;

use super::inbox::Labels;
use super::scene::Scene;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<BTreeMap<_, _>>()
}

/// `trueup routes` says what the server does, and asks nobody.
pub fn routes() {
    let scene = Scene::new();
    scene.write(
        "team",
        "web",
        "route:\n  receiver: chat\n  routes:\n  - matchers: [ { name: severity, value: page, matchType: '=' } ]\n    \
         receiver: pager\n    muteTimeIntervals: [ nights ]\n\
         receivers: [ { name: chat, webhookConfigs: [ { url: 'http://127.0.0.1:9/' } ] }, { name: pager } ]\n\
         timeIntervals: [ { name: nights, timeIntervals: [ { times: [ { startTime: '00:00', endTime: '06:00' } ] } ] } ]\n",
    );
    scene.live();
    scene.proxy.take();
    let run = |arguments: &[&str]| scene.world.run("routes", arguments);
    let text = run(&["namespace=team", "severity=page"]).expect(0).stdout;
    let expected = "am: {namespace=\"team\", severity=\"page\"}\n  \
        team/web  (teams/team/web.yaml:3)\n    \
        {namespace=\"team\"}\n      \
        {severity=\"page\"} -> pager (notifies nobody), muted during nights\n  \
        receivers: team/web/pager (notifies nobody)\n";
    assert_eq!(text, expected);
    let text = run(&["namespace=other"]).expect(0).stdout;
    assert!(
        text.contains("nobody takes it: only the default receiver gets it"),
        "{text}"
    );
    let json = run(&["namespace=team", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(json["schema"], "trueup.dev/routes/v1");
    let target = &json["targets"][0];
    assert_eq!(target["receivers"][0]["name"], "team/web/chat");
    assert_eq!(target["receivers"][0]["integrations"][0], "webhook");
    assert_eq!(
        (&target["only_default"], &target["ways"][0]["name"]),
        (&false.into(), &"team/web".into())
    );
    run(&["namespace"]).expect(64);
    run(&[]).expect(64);
    run(&["a=b", "--target", "nope"]).expect(64);
    assert!(scene.proxy.take().is_empty());
    // And what it says is so.
    for (alert, receiver) in [
        (
            labels(&[("namespace", "team"), ("severity", "page")]),
            "team/web/pager",
        ),
        (labels(&[("namespace", "team")]), "team/web/chat"),
    ] {
        assert_eq!(scene.routed(&alert), [receiver]);
    }
}

/// A plan says which alerts that fire now reach whom, and warns of those that would wake nobody.
pub fn impact() {
    let scene = Scene::new();
    scene.write_team("team", "web");
    scene.live();
    let firing = [
        labels(&[
            ("alertname", "Down"),
            ("namespace", "team"),
            ("severity", "page"),
        ]),
        labels(&[
            ("alertname", "Slow"),
            ("namespace", "team"),
            ("severity", "warning"),
        ]),
        labels(&[
            ("alertname", "Lost"),
            ("namespace", "other"),
            ("severity", "critical"),
        ]),
    ];
    scene.fire(&firing);
    for alert in &firing {
        scene.wait_known(alert);
    }
    let plan = scene.world.plan(&[]);
    let found = plan["diagnostics"].as_array().unwrap();
    let only: Vec<&str> = found
        .iter()
        .filter(|found| found["code"] == "only_default_receiver")
        .map(|found| found["message"].as_str().unwrap())
        .collect();
    assert_eq!(only.len(), 1, "{plan:#}");
    assert!(only[0].contains("1 firing alert Lost"), "{only:?}");
    scene.remove("team", "web");
    scene.write_team("other", "web");
    scene.world.platform.commit("One team goes, one comes");
    let plan = scene.world.plan(&[]);
    let impact = |action: &str| -> Vec<String> {
        let changes = plan["changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["action"] == action);
        let lines = change.unwrap()["impact"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line.as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        impact("delete"),
        [
            "2 firing alerts will reach default: Down, Slow",
            "2 firing alerts will no longer reach team/web/x: Down, Slow",
            "WARNING: nobody takes Down any more, which should wake somebody; only the default receiver is left",
        ]
    );
    assert_eq!(
        impact("create"),
        [
            "1 firing alert will reach other/web/x: Lost",
            "1 firing alert will no longer reach default: Lost",
        ]
    );
}
