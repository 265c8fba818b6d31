//! `trueup routes`: which way an alert takes through the declared routing; no live system is asked.

use clap::Args;

use super::{ConfigArg, FAILED, Failure, Format, SourceArgs, TargetArgs, open, output};
use crate::model::alertmanager::Labels;
use crate::model::alertmanager::matcher::is_label;
use crate::model::{Diagnostic, ResourceKind, Severity};
use crate::reconcile::cycle;
use crate::reconcile::lane;
use crate::reconcile::memo::ParseMemo;
use crate::report::diagnostics;
use crate::report::routes::{self, Routing};
use crate::state::StateView;

#[derive(Debug, Args)]
pub(super) struct RoutesArgs {
    #[command(flatten)]
    config: ConfigArg,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Labels of the alert, such as alertname=HighErrors severity=page
    #[arg(required = true, value_name = "LABEL=VALUE")]
    labels: Vec<String>,
}

pub(super) async fn run(args: RoutesArgs) -> Result<u8, Failure> {
    let labels = labels(&args.labels)?;
    let settings = open::settings(&args.config.config)?;
    let mut lanes = lane::readers(&settings);
    open::only(&mut lanes, &args.targets)?;
    lanes.retain(|lane| lane.target.kinds.contains(&ResourceKind::Route));
    if lanes.is_empty() {
        return Err(Failure::from(
            "none of the targets routes alerts; add one with `provider: alertmanager` to the settings",
        ));
    }
    let (source, want) = open::source(&settings, &args.source, open::Use::Beside);
    let state = StateView::open(&settings.state)?;
    let snapshot = source.snapshot(want).await?;
    let mut memo = ParseMemo::default();
    let declaration = cycle::declare(&settings, &source, snapshot, &mut memo, &state).await?;
    let desired = &declaration.resolved.desired;
    let routings: Vec<Routing<'_>> = lanes
        .iter()
        .filter_map(|lane| Routing::of(lane.name(), desired.get(lane.name())?))
        .collect();
    let all = declaration.diagnostics();
    let is_whole = routings.len() == lanes.len();
    match args.format {
        Format::Json => {
            let revision = declaration.revision().to_text();
            let json = routes::json(&routings, &labels, revision.as_deref(), &all);
            output::print_json(&json)?;
        }
        Format::Text => {
            for routing in &routings {
                output::print(&routing.text(&labels))?;
            }
            let errors = all.iter().filter(|d| d.severity == Severity::Error);
            let errors: Vec<Diagnostic> = errors.cloned().collect();
            let texts = open::texts(&source, &declaration.snapshot, &errors).await;
            let shown = diagnostics::text(&errors, &|path| texts.get(path).cloned(), false);
            output::log(&shown);
        }
    }
    let broken = all.iter().any(Diagnostic::is_error);
    Ok(if broken || !is_whole { FAILED } else { 0 })
}

/// `name=value`, each name once.
fn labels(given: &[String]) -> Result<Labels, Failure> {
    let mut labels = Labels::new();
    for text in given {
        let pair = text.split_once('=').filter(|(name, _)| is_label(name));
        let Some((name, value)) = pair else {
            return Err(Failure::usage(format!(
                "{text:?} is not a label of an alert; write it as severity=page"
            )));
        };
        if labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!("the label {name} is given twice")));
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_pairs_with_names_of_labels() {
        let given = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            labels(&texts).map_err(|failure| failure.message)
        };
        let found = given(&["a=b=c", "d="]).unwrap();
        assert_eq!((&*found["a"], &*found["d"]), ("b=c", ""));
        assert!(given(&["a"]).unwrap_err().contains("severity=page"));
        assert!(given(&["a-b=c"]).is_err());
        assert!(given(&["a=b", "a=c"]).unwrap_err().contains("twice"));
    }
}
