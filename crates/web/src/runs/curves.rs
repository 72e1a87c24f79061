//! The curves of a run, from its records: thinned, since a page shows some hundred points.

use figure::{LineChart, Series, smoothed};
use journal::{ANSWERS, Record};
use maud::{Markup, html};

use crate::frame::drawn;

/// Points of a curve that is drawn.
const N_POINTS: usize = 300;
/// Windows of a curve that is noisy from step to step.
const N_WINDOWS: usize = 120;

/// What a reader should know of a training loss.
pub(crate) const SMOOTHED: &str = "The training loss is smoothed over neighbouring steps.";
/// Why a held-out curve may end in a jump.
pub(crate) const LAST_LOOK: &str =
    "The held-out text is looked at in part, and at the very end as a whole.";

type Points = Vec<(f64, f64)>;

/// Curves over the steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curves {
    /// Nats per token, smoothed.
    pub(crate) loss: Points,
    /// Nats per token.
    held_out: Points,
    /// The same as bits per byte, comparable between tokenizers.
    pub(crate) bits_per_byte: Points,
    /// Nats per token of answers that were held out.
    answers: Points,
    /// Nats per token of what is held out, by the running mean of the weights.
    averaged: Points,
    learning_rate: Points,
    tokens_per_second: Points,
}

impl Curves {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut curves = Self::default();
        for record in records {
            match record {
                Record::Step { step, loss, lr, tokens_per_second, .. } => {
                    let step = *step as f64;
                    curves.loss.push((step, *loss));
                    curves.learning_rate.push((step, *lr));
                    curves.tokens_per_second.push((step, *tokens_per_second));
                }
                Record::Eval { step, split, loss, .. } if split == ANSWERS => {
                    curves.answers.push((*step as f64, *loss));
                }
                Record::Eval { step, loss, bits_per_byte, .. } => {
                    curves.held_out.push((*step as f64, *loss));
                    curves.bits_per_byte.push((*step as f64, *bits_per_byte));
                }
                Record::Average { step, loss, .. } => curves.averaged.push((*step as f64, *loss)),
                _ => {}
            }
        }
        curves.loss = smoothed(&curves.loss, N_WINDOWS);
        curves.learning_rate = smoothed(&curves.learning_rate, N_POINTS);
        curves.tokens_per_second = smoothed(&curves.tokens_per_second, N_WINDOWS);
        curves
    }

    /// Training and held-out loss in one chart.
    pub(crate) fn main_chart(&self) -> LineChart {
        let series = [
            ("held-out text", &self.held_out, false),
            ("held-out answers", &self.answers, false),
            ("the same by averaged weights", &self.averaged, false),
            ("what is trained on", &self.loss, true),
        ];
        let series = series.into_iter().filter(|(_, points, _)| !points.is_empty());
        let series = series.map(|(name, points, dashed)| Series {
            name: name.into(),
            points: points.clone(),
            dashed,
        });
        LineChart {
            caption: format!("Lower is better. {SMOOTHED} {LAST_LOOK}"),
            ..chart("Loss", "nats per token", series.collect())
        }
    }

    /// What else there is to see, one chart each; those without points are left out.
    pub(crate) fn small_charts(&self) -> Vec<LineChart> {
        let charts = [
            ("Held-out text", "bits per byte", &self.bits_per_byte),
            ("Learning rate", "", &self.learning_rate),
            ("Speed", "tokens per second", &self.tokens_per_second),
        ];
        let drawn = charts.into_iter().filter(|(.., points)| !points.is_empty());
        let lone = |points: &Points| vec![Series { points: points.clone(), ..Series::default() }];
        drawn
            .map(|(title, unit, points)| LineChart {
                log_y: false,
                ..chart(title, unit, lone(points))
            })
            .collect()
    }
}

/// A chart over steps.
pub(crate) fn chart(title: &str, unit: &str, series: Vec<Series>) -> LineChart {
    LineChart {
        title: title.into(),
        x_label: "steps".into(),
        y_label: unit.into(),
        log_y: true,
        series,
        ..LineChart::default()
    }
}

/// A chart as wide as the page, in a layout for desks and one for phones of which the style shows
/// one, with its numbers to unfold.
pub(crate) fn whole(chart: &LineChart) -> Markup {
    html! {
        figure class="card" {
            div class="wide" { (drawn(chart.to_svg_sized(960.0, 300.0))) }
            div class="narrow" { (drawn(chart.to_svg_narrow())) }
            @if !chart.caption.is_empty() { figcaption { (chart.caption) } }
            details { summary { "Numbers" } (drawn(chart.to_table().to_html())) }
        }
    }
}

/// A chart on a third of the page.
pub(crate) fn small(chart: &LineChart) -> Markup {
    html! { figure class="card" { (drawn(chart.to_svg_narrow())) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::step;

    #[test]
    fn records_become_curves() {
        let mut records: Vec<Record> = (1..=1000).map(|i| step(i, 5.0)).collect();
        records.push(Record::Eval { step: 9, split: "val".into(), loss: 2.0, bits_per_byte: 1.0 });
        let curves = Curves::of(&records);
        assert!((100..=130).contains(&curves.loss.len()), "{}", curves.loss.len());
        assert_eq!(curves.held_out, [(9.0, 2.0)]);
        assert_eq!(curves.main_chart().series.len(), 2);
        let titles: Vec<String> = curves.small_charts().into_iter().map(|c| c.title).collect();
        assert_eq!(titles, ["Held-out text", "Learning rate", "Speed"]);
        assert!(Curves::of(&[]).small_charts().is_empty());
    }
}
