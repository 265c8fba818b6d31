//! The limits on speed, as one program: `cargo bench`, or `cargo bench -- load plan`.
//!
//! Every figure is a ratio to a floor that is measured in the same run, turn by turn, so that a noisy
//! machine disturbs both alike. Ends with 1 where a figure is over its limit; `--no-fail` only reports.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that measures: it prints, and stops where anything fails"
)]

mod catalog;
mod check;
mod converge;
mod corpus;
mod entities;
mod grafana;
mod load;
mod measure;
mod memory;
mod organisation;
mod plan;
mod repository;
mod server;
mod tenants;

use std::fmt::Display;
use std::process::ExitCode;

use measure::{Figure, Peak};

enum Bench {
    Times(fn() -> Vec<Figure>),
    Memory(fn() -> Vec<Peak>),
}

use Bench::{Memory, Times};

const BENCHES: &[(&str, Bench)] = &[
    ("load", Times(load::run)),
    ("catalog", Times(catalog::run)),
    ("entities", Times(entities::run)),
    ("entities-memory", Memory(entities::memory)),
    ("tenants", Times(tenants::run)),
    ("check", Times(check::run)),
    ("plan", Times(plan::run)),
    ("converge", Times(converge::run)),
    ("memory", Times(memory::run)),
    ("grafana", Times(grafana::run)),
    ("grafana-memory", Times(grafana::memory)),
];

fn main() -> ExitCode {
    // Cargo says `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let lenient = arguments.iter().any(|a| a == "--no-fail");
    let names: Vec<&String> = arguments.iter().filter(|a| *a != "--no-fail").collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| !BENCHES.iter().any(|(known, _)| known == *name))
    {
        let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        println!("no benchmark {unknown:?}: there are {}", known.join(", "));
        return ExitCode::from(64);
    }
    let mut over = 0;
    for (name, bench) in BENCHES {
        if names.is_empty() || names.iter().any(|wanted| *wanted == name) {
            println!("\n== {name}");
            over += match bench {
                Times(bench) => shown(&bench(), Figure::is_over),
                Memory(bench) => shown(&bench(), Peak::is_over),
            };
        }
    }
    match over {
        0 => println!("\nevery figure is within its limit"),
        n => println!("\n{n} over the limit"),
    }
    ExitCode::from(u8::from(over > 0 && !lenient))
}

/// Prints figures, and counts those over their limit.
fn shown<F: Display>(figures: &[F], is_over: fn(&F) -> bool) -> usize {
    for figure in figures {
        println!("{figure}");
    }
    figures.iter().filter(|figure| is_over(figure)).count()
}
