//! The manifests for Kubernetes: what one names, another has.

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::Trial;
use serde_json::{Map, Value};
use trueup::settings::Settings;

use super::{documents, root};
use crate::support::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("deploy::manifests_agree", &[], manifests_agree),
        test(
            "deploy::kustomization_is_whole",
            &[],
            kustomization_is_whole,
        ),
        test("deploy::settings_load", &[], settings_load),
        test("deploy::pod_is_restricted", &[], pod_is_restricted),
    ]
}

const FOLDER: &str = "deploy/kubernetes";

/// All manifests, by kind; there is one of each.
fn manifest(kind: &str) -> Value {
    let files = std::fs::read_dir(root().join(FOLDER)).unwrap();
    let mut found = Vec::new();
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        found.extend(documents(&format!("{FOLDER}/{name}")));
    }
    for document in &found {
        assert!(document["apiVersion"].is_string(), "{document}");
        let namespaced =
            !["Namespace", "Kustomization"].contains(&document["kind"].as_str().unwrap());
        assert!(
            !namespaced || document["metadata"]["namespace"] == "trueup",
            "{document}"
        );
    }
    let mut found = found
        .into_iter()
        .filter(|document| document["kind"] == kind);
    let first = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "two of {kind}");
    first
}

fn container(deployment: &Value) -> &Value {
    let containers = deployment["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

fn volume<'d>(deployment: &'d Value, name: &str) -> &'d Value {
    let volumes = deployment["spec"]["template"]["spec"]["volumes"]
        .as_array()
        .unwrap();
    volumes
        .iter()
        .find(|volume| volume["name"] == name)
        .unwrap()
}

fn mount(deployment: &Value, name: &str) -> String {
    let mounts = container(deployment)["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["name"] == name).unwrap();
    mount["mountPath"].as_str().unwrap().to_owned()
}

/// Whether a selector, which is not empty, finds something with these labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    let has = |(key, value): (&String, &Value)| &labels[key] == value;
    let selector = selector.as_object().unwrap();
    !selector.is_empty() && selector.iter().all(has)
}

fn manifests_agree() {
    let deployment = manifest("Deployment");
    let pod = &deployment["spec"]["template"]["metadata"]["labels"];
    let container = container(&deployment);
    assert!(selects(&deployment["spec"]["selector"]["matchLabels"], pod));

    let settings = manifest("ConfigMap");
    assert_eq!(
        volume(&deployment, "settings")["configMap"]["name"],
        settings["metadata"]["name"]
    );
    let file = container["args"][2].as_str().unwrap();
    let name = file
        .strip_prefix(&format!("{}/", mount(&deployment, "settings")))
        .unwrap();
    assert!(settings["data"][name].is_string(), "{name}");
    let secret = manifest("Secret");
    assert_eq!(
        volume(&deployment, "secrets")["secret"]["secretName"],
        secret["metadata"]["name"]
    );
    let claim = manifest("PersistentVolumeClaim");
    assert_eq!(
        volume(&deployment, "state")["persistentVolumeClaim"]["claimName"],
        claim["metadata"]["name"]
    );

    let service = manifest("Service");
    assert!(selects(&service["spec"]["selector"], pod));
    // The alerts look for this job.
    assert_eq!(service["metadata"]["name"], "trueup");
    let port = &container["ports"][0];
    let served = &service["spec"]["ports"][0];
    assert_eq!(served["targetPort"], port["name"]);
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["port"], port["name"], "{probe}");
    }
    let monitor = manifest("ServiceMonitor");
    assert!(selects(
        &monitor["spec"]["selector"]["matchLabels"],
        &service["metadata"]["labels"]
    ));
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], served["name"]);
    let policy = manifest("NetworkPolicy");
    assert!(selects(&policy["spec"]["podSelector"]["matchLabels"], pod));
    assert_eq!(
        policy["spec"]["ingress"][0]["ports"][0]["port"],
        port["name"]
    );
}

fn kustomization_is_whole() {
    let kustomization = manifest("Kustomization");
    let listed = kustomization["resources"].as_array().unwrap().iter();
    let listed: BTreeSet<_> = listed
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let files = std::fs::read_dir(root().join(FOLDER)).unwrap();
    let mut files: BTreeSet<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(files.remove("kustomization.yaml"));
    // Nobody is to apply a secret that says "replace-me".
    assert!(files.remove("secret.example.yaml"));
    assert_eq!(listed, files);
    let deployment = manifest("Deployment");
    assert_eq!(
        kustomization["images"][0]["name"],
        container(&deployment)["image"]
    );
    assert_eq!(
        kustomization["images"][0]["newTag"],
        env!("CARGO_PKG_VERSION")
    );
}

/// The settings are what the daemon takes, and fit what is mounted and opened around it.
fn settings_load() {
    let (deployment, secret) = (manifest("Deployment"), manifest("Secret"));
    let text = manifest("ConfigMap")["data"]["trueup.yaml"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = Path::new("/etc/trueup/trueup.yaml");
    let settings = Settings::parse(&text, path).unwrap_or_else(|errors| panic!("{errors}"));
    let state = mount(&deployment, "state");
    assert!(
        settings.state.starts_with(&state),
        "{}",
        settings.state.display()
    );
    assert!(settings.server.listen.ip().is_unspecified());
    let port = container(&deployment)["ports"][0]["containerPort"].as_u64();
    assert_eq!(port, Some(settings.server.listen.port().into()));

    let keys = secret["stringData"].as_object().unwrap();
    let folder = mount(&deployment, "secrets");
    let files: BTreeSet<_> = text
        .split(|c: char| c.is_whitespace() || c == '}')
        .filter_map(|word| word.strip_prefix(&format!("{folder}/")))
        .collect();
    assert_eq!(files, keys.keys().map(String::as_str).collect());

    // A stop waits for the change in hand.
    let grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_u64();
    assert!(grace.unwrap() > settings.reconcile.drain.as_secs());
}

/// What the strictest pod security standard asks, and a root that cannot be written.
fn pod_is_restricted() {
    let deployment = manifest("Deployment");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"]["type"], "Recreate");
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    let container = container(&deployment);
    let expected: Map<String, Value> = serde_json::from_str(
        r#"{
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] }
        }"#,
    )
    .unwrap();
    assert_eq!(container["securityContext"].as_object(), Some(&expected));
    assert!(container["resources"]["limits"]["memory"].is_string());
    // The image's user.
    let user = pod["securityContext"]["runAsUser"].as_u64().unwrap();
    let image = super::read("deploy/Dockerfile");
    let mut users = image.lines().filter_map(|line| line.strip_prefix("USER "));
    assert_eq!(users.next_back(), Some(&*format!("{user}:{user}")));
}
