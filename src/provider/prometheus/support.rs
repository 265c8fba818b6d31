//! Which server knows which field.
//!
//! From the sources of the servers: `rulefmt` of Prometheus by tag; Thanos Ruler's changelog, and for
//! what it does not mention the Prometheus that its `go.mod` names; vmalert's changelog. vmalert and
//! Prometheus refuse a file with a field they do not know.

use crate::model::capabilities::Product;
use crate::model::{Capabilities, RuleGroup, Version};
use crate::provider::Unsupported;

/// A field and, for each product, the first version that knows it.
struct Field {
    name: &'static str,
    prometheus: Option<Version>,
    thanos: Option<Version>,
    vmalert: Option<Version>,
}

/// A release's first version.
const fn v(major: u32, minor: u32) -> Version {
    Version::new(major, minor, 0)
}

const LIMIT: Field = Field {
    name: "limit",
    prometheus: Some(v(2, 31)),
    thanos: Some(v(0, 24)),
    vmalert: Some(v(1, 78)),
};
const KEEP_FIRING_FOR: Field = Field {
    name: "keep_firing_for",
    prometheus: Some(v(2, 42)),
    thanos: Some(v(0, 34)),
    vmalert: Some(v(1, 92)),
};
const QUERY_OFFSET: Field = Field {
    name: "query_offset",
    prometheus: Some(v(2, 53)),
    thanos: Some(v(0, 37)),
    vmalert: None,
};
const LABELS: Field = Field {
    name: "labels",
    prometheus: Some(v(3, 0)),
    thanos: Some(v(0, 38)),
    vmalert: Some(v(1, 65)),
};
const PARTIAL_RESPONSE_STRATEGY: Field = Field {
    name: "partial_response_strategy",
    prometheus: None,
    thanos: Some(v(0, 5)),
    vmalert: None,
};

/// Whether the server knows every field that the group uses. Where its version is not known, every
/// version of the product is taken to be newer.
pub(super) fn check(group: &RuleGroup, capabilities: Capabilities) -> Result<(), Unsupported> {
    let alerts_kept = |rule: &crate::model::Rule| {
        rule.keep_firing_for
            .is_some_and(|duration| !duration.is_zero())
    };
    let used = [
        (&LIMIT, group.limit.is_some_and(|limit| limit != 0)),
        (&KEEP_FIRING_FOR, group.rules.iter().any(alerts_kept)),
        (&QUERY_OFFSET, group.query_offset.is_some()),
        (&LABELS, !group.labels.is_empty()),
        (
            &PARTIAL_RESPONSE_STRATEGY,
            group.partial_response_strategy.is_some(),
        ),
    ];
    used.into_iter()
        .filter(|(_, used)| *used)
        .try_for_each(|(field, _)| field.check(capabilities))
}

impl Field {
    fn check(&self, capabilities: Capabilities) -> Result<(), Unsupported> {
        let Capabilities {
            product,
            version,
            grafana: _,
        } = capabilities;
        let since = match product {
            Product::Prometheus => self.prometheus,
            Product::Thanos => self.thanos,
            Product::Vmalert => self.vmalert,
            Product::Grafana | Product::Alertmanager => None,
        };
        let needs = match (since, version) {
            (Some(_), None) => return Ok(()),
            (Some(since), Some(version)) if version >= since => return Ok(()),
            (Some(since), Some(_)) => format!("{} {}", product.name(), short(since)),
            (None, _) => self.elsewhere(),
        };
        let server = match version {
            Some(version) => format!("{} {version}", product.name()),
            None => product.name().to_owned(),
        };
        Err(Unsupported {
            field: self.name.to_owned(),
            needs,
            server,
        })
    }

    /// The products that know it.
    fn elsewhere(&self) -> String {
        let products = [
            (Product::Prometheus, self.prometheus),
            (Product::Thanos, self.thanos),
            (Product::Vmalert, self.vmalert),
        ];
        let names: Vec<_> = products
            .into_iter()
            .filter_map(|(product, since)| Some(format!("{} {}", product.name(), short(since?))))
            .collect();
        names.join(" or ")
    }
}

fn short(version: Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PromDuration;
    use rstest::rstest;

    fn group() -> RuleGroup {
        RuleGroup {
            name: "g".into(),
            interval: None,
            query_offset: Some(PromDuration::ZERO),
            limit: None,
            labels: std::collections::BTreeMap::new(),
            partial_response_strategy: None,
            rules: vec![],
        }
    }

    #[rstest]
    #[case(Product::Prometheus, Some(v(2, 53)), None)]
    #[case(Product::Prometheus, None, None)]
    #[case(
        Product::Prometheus,
        Some(v(2, 42)),
        Some("query_offset needs Prometheus 2.53, and the server is Prometheus 2.42.0")
    )]
    #[case(
        Product::Vmalert,
        None,
        Some("query_offset needs Prometheus 2.53 or Thanos Ruler 0.37, and the server is vmalert")
    )]
    fn versions_decide(
        #[case] product: Product,
        #[case] version: Option<Version>,
        #[case] error: Option<&str>,
    ) {
        let result = check(
            &group(),
            Capabilities {
                product,
                version,
                grafana: None,
            },
        );
        assert_eq!(
            result.err().map(|error| error.to_string()).as_deref(),
            error
        );
    }
}
