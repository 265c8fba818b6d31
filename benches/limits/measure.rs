//! Medians of turns, and what they are held to.

use std::fmt;
use std::time::{Duration, Instant};

/// What a figure is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// At most so many times the floor.
    Ratio(f64),
    Time(Duration),
    /// Worth knowing, held to nothing.
    None,
}

/// One measured thing beside its floor.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) floor_is: &'static str,
    pub(crate) floor: Vec<Duration>,
    pub(crate) ours: Vec<Duration>,
    pub(crate) limit: Limit,
}

impl Figure {
    /// The median of the turns' own ratios: what disturbs one turn disturbs one ratio.
    fn ratio(&self) -> f64 {
        let pairs = self.ours.iter().zip(&self.floor);
        let mut ratios: Vec<f64> = pairs
            .map(|(ours, floor)| ours.as_secs_f64() / floor.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.limit {
            Limit::Ratio(limit) => self.ratio() > limit,
            // The quickest turn: what others do on the machine only adds, and here is no floor to tell.
            Limit::Time(limit) => self.ours.iter().min().is_some_and(|best| *best > limit),
            Limit::None => false,
        }
    }
}

/// The memory of a process at its peak, which has no floor.
#[derive(Debug)]
pub(crate) struct Peak {
    pub(crate) what: String,
    pub(crate) mebibytes: u64,
    pub(crate) limit: u64,
}

impl Peak {
    pub(crate) fn is_over(&self) -> bool {
        self.mebibytes > self.limit
    }
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            mebibytes,
            limit,
        } = self;
        let verdict = if self.is_over() { "  OVER" } else { "" };
        write!(
            f,
            "{what}\n    peak {mebibytes} MiB, limit {limit} MiB{verdict}"
        )
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = match self.limit {
            Limit::Ratio(limit) => format!("limit {limit:.2}"),
            Limit::Time(limit) => format!("limit {} for the quickest", millis(limit)),
            Limit::None => "no limit".to_owned(),
        };
        let verdict = if self.is_over() { "  OVER" } else { "" };
        write!(
            f,
            "{}\n    {} ({} to {}), floor {} ({} to {}): {}\n    ratio {:.2}, {limit}{verdict}",
            self.what,
            millis(median(&self.ours)),
            millis(*self.ours.iter().min().unwrap()),
            millis(*self.ours.iter().max().unwrap()),
            millis(median(&self.floor)),
            millis(*self.floor.iter().min().unwrap()),
            millis(*self.floor.iter().max().unwrap()),
            self.floor_is,
            self.ratio(),
        )
    }
}

fn median(turns: &[Duration]) -> Duration {
    let mut sorted = turns.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

/// Times both in turn, after one turn that does not count; what they give is dropped off the clock.
pub(crate) fn turns<A, B>(
    count: usize,
    mut floor: impl FnMut() -> A,
    mut ours: impl FnMut() -> B,
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut floors, mut own) = (Vec::new(), Vec::new());
    for turn in 0..=count {
        let (below, above) = (time(&mut floor), time(&mut ours));
        if turn > 0 {
            floors.push(below);
            own.push(above);
        }
    }
    (floors, own)
}

fn time<T>(work: &mut impl FnMut() -> T) -> Duration {
    let began = Instant::now();
    let kept = work();
    let took = began.elapsed();
    drop(kept);
    took
}
