//! Alertmanagers: the platform's own part, and fences.

use super::*;
use crate::model::alertmanager::{BASE, Base, Fenced, Route, Routing, Value};
use crate::model::definition::{AlertmanagerFile, ObjectDefinition, ObjectOrigin};
use crate::model::target::Composing;

fn alertmanager(name: &str, fence: Option<&str>, adopt: bool) -> Target {
    Target {
        kinds: &[ResourceKind::Route],
        composing: Some(Composing {
            base_file: RepoPath::new("am.yaml").unwrap(),
            fence_label: fence.map(Into::into),
            adopt,
        }),
        ..target(name, "prod")
    }
}

fn base() -> Arc<Base> {
    let json = serde_json::json!({ "route": { "receiver": "a" }, "receivers": [{ "name": "a" }] });
    Arc::new(Base::new(Value::from(&json)).unwrap())
}

fn definition(namespace: &str) -> ObjectDefinition {
    let routing = Routing {
        namespace: namespace.into(),
        name: "alerts".into(),
        route: Some(Route::default()),
        receivers: vec![],
        inhibit_rules: vec![],
        time_intervals: vec![],
        needs: vec![],
    };
    let name = routing.id();
    let fence = vec![];
    let spec = Spec::Route(Fenced {
        routing: Arc::new(routing),
        fence,
    });
    ObjectDefinition {
        origin: ObjectOrigin::AlertmanagerConfig,
        meta: Meta {
            namespace: namespace.to_owned(),
            name: "alerts".to_owned(),
            place: place(&format!("{namespace}.yaml"), 3),
            targets: Some(selector("env=prod")),
            owner: None,
            component: None,
            adopt: false,
        },
        place: place(&format!("{namespace}.yaml"), 3),
        name,
        spec: Some(spec),
        references: [].into(),
        validity: Validity::Valid,
    }
}

fn declared(file: Option<AlertmanagerFile>) -> Declared {
    let path = RepoPath::new("am.yaml").unwrap();
    Declared {
        objects: vec![definition("a"), definition("b")],
        alertmanager_files: file.map(|file| (path, file)).into_iter().collect(),
        ..Declared::default()
    }
}

fn good() -> AlertmanagerFile {
    AlertmanagerFile {
        base: Some(base()),
        validity: Validity::Valid,
    }
}

fn resolved(declared: &Declared, targets: &[Target]) -> Resolved {
    resolve(
        &"platform".into(),
        declared,
        &Placing::Targets(targets),
        &Inventory::default(),
    )
}

fn fences(resolved: &Resolved, target: &str) -> Vec<String> {
    let on_target = &resolved.desired[&TargetName::new(target).unwrap()];
    let fences = on_target.values().filter_map(|r| match &*r.spec {
        Spec::Route(fenced) => Some(fenced.fence.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    fences.collect()
}

#[test]
fn every_target_has_its_base_and_its_own_fence() {
    let targets = [
        alertmanager("fenced", Some("namespace"), false),
        alertmanager("open", None, true),
    ];
    let resolved = resolved(&declared(Some(good())), &targets);
    assert_eq!(
        fences(&resolved, "fenced"),
        ["namespace=\"a\"", "namespace=\"b\""]
    );
    assert_eq!(fences(&resolved, "open"), ["", ""]);
    for (name, adopt) in [("fenced", false), ("open", true)] {
        let on_target = &resolved.desired[&TargetName::new(name).unwrap()];
        let names: Vec<&str> = on_target.keys().map(|id| &*id.name).collect();
        assert_eq!(names, ["a/alerts", "b/alerts", BASE]);
        assert!(on_target.values().all(|resource| resource.adopt == adopt));
    }
    assert_eq!((resolved.invalid.len(), resolved.diagnostics.len()), (0, 0));
}

#[test]
fn a_missing_base_is_an_error_and_holds_what_is_live() {
    let targets = [alertmanager("am", Some("namespace"), false)];
    let resolved = resolved(&declared(None), &targets);
    let codes: Vec<Code> = resolved.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::BaseFileMissing]);
    let [invalid] = &*resolved.invalid else {
        panic!("{:?}", resolved.invalid);
    };
    let id = ResourceId::new(targets[0].name.clone(), ResourceKind::Route, BASE);
    assert!(invalid.covers.matches(&id));
    assert_eq!(invalid.targets, [targets[0].name.clone()]);
    assert_eq!(resolved.desired[&targets[0].name].len(), 2);
}

#[test]
fn an_invalid_base_stands_at_its_last_good_text() {
    let targets = [alertmanager("am", None, false)];
    let file = AlertmanagerFile {
        base: Some(base()),
        validity: Validity::Invalid {
            detail: "am.yaml:1:1: broken".to_owned(),
        },
    };
    let resolved = resolved(&declared(Some(file)), &targets);
    assert_eq!(resolved.invalid[0].detail, "am.yaml:1:1: broken");
    assert_eq!(resolved.desired[&targets[0].name].len(), 3);
}

#[test]
fn what_two_targets_share_is_one_file() {
    let targets = [
        alertmanager("one", None, false),
        alertmanager("two", None, false),
        target("other", "prod"),
    ];
    assert_eq!(base_files(&targets), [RepoPath::new("am.yaml").unwrap()]);
}
