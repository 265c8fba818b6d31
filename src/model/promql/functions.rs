//! Functions and aggregations of `PromQL`: `promql/parser/functions.go` of Prometheus 3.9, and what 2.42
//! had beside it. Which server knows which is for that server to say.

use super::types::Type::{self, Matrix, Scalar, Text, Vector};

/// How a function may be called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) arguments: &'static [Type],
    /// How many more arguments of the last type there may be, counted as Prometheus does: with one,
    /// the last is optional; below zero there is no limit.
    pub(super) variadic: i32,
    pub(super) gives: Type,
}

const V: &[Type] = &[Vector];
const M: &[Type] = &[Matrix];

const fn takes(arguments: &'static [Type], gives: Type) -> Signature {
    Signature {
        arguments,
        variadic: 0,
        gives,
    }
}

const fn variadic(arguments: &'static [Type], variadic: i32) -> Signature {
    Signature {
        arguments,
        variadic,
        gives: Vector,
    }
}

pub(super) fn function(name: &str) -> Option<Signature> {
    Some(match name {
        "abs" | "absent" | "acos" | "acosh" | "asin" | "asinh" | "atan" | "atanh" | "ceil"
        | "cos" | "cosh" | "deg" | "exp" | "floor" | "histogram_avg" | "histogram_count"
        | "histogram_stddev" | "histogram_stdvar" | "histogram_sum" | "ln" | "log10" | "log2"
        | "rad" | "sgn" | "sin" | "sinh" | "sort" | "sort_desc" | "sqrt" | "start_timestamp"
        | "tan" | "tanh" | "timestamp" => takes(V, Vector),
        "absent_over_time"
        | "avg_over_time"
        | "changes"
        | "count_over_time"
        | "delta"
        | "deriv"
        | "first_over_time"
        | "idelta"
        | "increase"
        | "irate"
        | "last_over_time"
        | "mad_over_time"
        | "max_over_time"
        | "min_over_time"
        | "present_over_time"
        | "rate"
        | "resets"
        | "stddev_over_time"
        | "stdvar_over_time"
        | "sum_over_time"
        | "ts_of_first_over_time"
        | "ts_of_last_over_time"
        | "ts_of_max_over_time"
        | "ts_of_min_over_time" => takes(M, Vector),
        "days_in_month" | "day_of_month" | "day_of_week" | "day_of_year" | "hour" | "minute"
        | "month" | "year" => variadic(V, 1),
        "clamp" => takes(&[Vector, Scalar, Scalar], Vector),
        "clamp_max" | "clamp_min" => takes(&[Vector, Scalar], Vector),
        "double_exponential_smoothing" | "holt_winters" => takes(&[Matrix, Scalar, Scalar], Vector),
        "histogram_fraction" => takes(&[Scalar, Scalar, Vector], Vector),
        "histogram_quantile" => takes(&[Scalar, Vector], Vector),
        "histogram_quantiles" => variadic(&[Vector, Text, Scalar, Scalar], 9),
        "info" => variadic(&[Vector, Vector], 1),
        "label_replace" => takes(&[Vector, Text, Text, Text, Text], Vector),
        "label_join" => variadic(&[Vector, Text, Text, Text], -1),
        "max_of" | "min_of" => takes(&[Scalar, Scalar], Scalar),
        "end" | "pi" | "range" | "start" | "step" | "time" => takes(&[], Scalar),
        "predict_linear" => takes(&[Matrix, Scalar], Vector),
        "quantile_over_time" => takes(&[Scalar, Matrix], Vector),
        "round" => variadic(&[Vector, Scalar], 1),
        "scalar" => takes(V, Scalar),
        "sort_by_label" | "sort_by_label_desc" => variadic(&[Vector, Text], -1),
        "vector" => takes(&[Scalar], Vector),
        _ => return None,
    })
}

/// Names to suggest where one is not known.
pub(super) const NAMES: &[&str] = &[
    "abs",
    "absent",
    "absent_over_time",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "avg",
    "avg_over_time",
    "bottomk",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "cosh",
    "count",
    "count_over_time",
    "count_values",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "exp",
    "first_over_time",
    "floor",
    "group",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "hour",
    "idelta",
    "increase",
    "info",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "limit_ratio",
    "limitk",
    "ln",
    "log10",
    "log2",
    "mad_over_time",
    "max",
    "max_over_time",
    "min",
    "min_over_time",
    "minute",
    "month",
    "pi",
    "predict_linear",
    "present_over_time",
    "quantile",
    "quantile_over_time",
    "rad",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_by_label",
    "sort_by_label_desc",
    "sort_desc",
    "sqrt",
    "stddev",
    "stddev_over_time",
    "stdvar",
    "stdvar_over_time",
    "sum",
    "sum_over_time",
    "tan",
    "tanh",
    "time",
    "timestamp",
    "topk",
    "vector",
    "year",
];

/// What an aggregation takes beside its vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Nothing,
    One(Type),
}

/// The parameter of an aggregation, if it is one.
pub(super) fn aggregation(lower: &str) -> Option<Parameter> {
    match lower {
        "avg" | "count" | "group" | "max" | "min" | "stddev" | "stdvar" | "sum" => {
            Some(Parameter::Nothing)
        }
        "bottomk" | "limit_ratio" | "limitk" | "quantile" | "topk" => Some(Parameter::One(Scalar)),
        "count_values" => Some(Parameter::One(Text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suggested_name_exists() {
        for name in NAMES {
            assert!(
                function(name).is_some() || aggregation(name).is_some(),
                "{name}"
            );
        }
    }
}
