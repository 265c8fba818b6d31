//! Bodies of what stands on a Grafana.

use serde_json::{Map, Value, json};

use crate::model::grafana::{Dashboard, DashboardFormat, DataSource, Folder};

pub(super) fn folder(folder: &Folder) -> Value {
    json!({
        "path": folder.path.as_str(),
        "title": folder.title(),
        "uid": folder.uid.as_deref(),
    })
}

pub(super) fn data_source(source: &DataSource) -> Value {
    let DataSource {
        uid,
        name,
        kind,
        fields,
        secrets,
    } = source;
    let mut object = Map::new();
    object.insert("uid".into(), (&**uid).into());
    object.insert("name".into(), (&**name).into());
    object.insert("type".into(), (&**kind).into());
    object.extend(fields.clone());
    if !secrets.is_empty() {
        let hidden = secrets.keys().map(|key| (key.clone(), "(secret)".into()));
        object.insert("secureJsonData".into(), Value::Object(hidden.collect()));
    }
    Value::Object(object)
}

pub(super) fn dashboard(dashboard: &Dashboard) -> Value {
    let mut object = Map::new();
    object.insert("uid".into(), (&*dashboard.uid).into());
    object.insert("folder".into(), dashboard.folder.shown().into());
    if let DashboardFormat::Resource(version) = &dashboard.body.format {
        object.insert("version".into(), (&**version).into());
    }
    object.insert("dashboard".into(), dashboard.rendered());
    Value::Object(object)
}
