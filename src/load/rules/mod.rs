//! Rule groups: the fields of Prometheus rule files, checked as `promtool check rules` does.
//!
//! Fields are those of `model/rulefmt` of Prometheus 3.x and of the `PrometheusRule` resource. Which
//! server knows which field is not decided here: a target that is too old holds the group.

mod group;
mod labels;
mod names;
mod rule;

pub(crate) use group::groups;
pub(crate) use names::{is_dns_label, is_dns_subdomain, is_label_name};
