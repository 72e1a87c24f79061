//! The plan of training a model that is there already: its shape is given, so only rows, steps and
//! learning rate are left to choose.
//!
//! - **Context**: the model's, at most [`LONGEST_CONTEXT`].
//! - **Learning rate**: `1e-3 · (2M/n)^0.41` for `n` parameters, at most [`HIGHEST_RATE`]: 1e-3 at 2M,
//!   2e-4 at 100M. It is below that of a new model, which has nothing to forget.
//! - All else as for a new model.

use arch::Spec;

use super::{Dials, draft_of, set_length, steps};
use crate::{Config, Error};

/// Positions in a row, if nobody says more.
const LONGEST_CONTEXT: usize = 1024;
/// The largest learning rate, if nobody says more.
const HIGHEST_RATE: f64 = 2e-3;

/// The config of going on with a model of `spec`. A training as long as some time takes at most
/// `most_tokens`, where that is given; `measure` as for [`super::plan`].
///
/// # Errors
/// [`Error::Contradiction`] for a dial that shapes a new model; [`Error::Option`], [`Error::Model`],
/// and what `measure` says.
pub fn plan_of_model(
    dials: &Dials,
    spec: &Spec,
    most_tokens: Option<f64>,
    measure: &mut dyn FnMut(&Config) -> Result<f64, Error>,
) -> Result<Config, Error> {
    if let Some(name) = dials.shaping() {
        let why = format!(
            "{name} shapes a new model, but this one is there already and keeps its shape; leave \
             out {name}"
        );
        return Err(Error::Contradiction(why));
    }
    dials.check()?;
    let context = dials.context.unwrap_or(spec.context.min(LONGEST_CONTEXT));
    let mut config = draft_of(dials, spec.clone(), context, learning_rate(spec))?;
    let steps = steps(dials, &config, most_tokens.unwrap_or(f64::INFINITY), measure)?;
    set_length(&mut config, dials, steps);
    config.check()?;
    Ok(config)
}

fn learning_rate(spec: &Spec) -> f64 {
    (1e-3 * (2e6 / spec.n_params() as f64).powf(0.41)).min(HIGHEST_RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dials: &Dials, spec: &Spec, most: Option<f64>) -> Result<Config, Error> {
        plan_of_model(dials, spec, most, &mut |_| Ok(0.1))
    }

    #[test]
    fn the_model_keeps_its_shape_and_rows_are_as_long_as_it_allows() {
        let check = |context, asked, expected| {
            let spec = Spec { context, ..Spec::gpt2(500, 64, 2, 2) };
            let dials = Dials { steps: Some(10), context: asked, ..Dials::default() };
            let config = of(&dials, &spec, None).unwrap();
            assert_eq!((&config.spec, config.context), (&spec, expected));
            assert_eq!((config.rows, config.steps()), ((2048 / expected).max(1), 10));
        };
        check(256, None, 256);
        check(4096, None, 1024);
        check(4096, Some(2048), 2048);
        check(256, Some(64), 64);
    }

    #[test]
    fn the_larger_the_model_the_smaller_its_steps() {
        let rate = |spec: &Spec, lr| {
            let dials = Dials { steps: Some(10), lr, ..Dials::default() };
            of(&dials, spec, None).unwrap().schedule.peak
        };
        let (small, large) = (Spec::gpt2(2000, 160, 5, 5), Spec::gpt2(50_257, 704, 12, 11));
        assert!((0.9e-3..1.1e-3).contains(&rate(&small, None)), "{}", rate(&small, None));
        assert!((1.8e-4..2.2e-4).contains(&rate(&large, None)), "{}", rate(&large, None));
        assert_eq!(rate(&Spec::llama(300, 32, 1, 1), None), HIGHEST_RATE);
        assert_eq!(rate(&large, Some(0.5)), 0.5);
    }

    #[test]
    fn time_is_filled_but_text_is_not_read_for_ever() {
        let spec = Spec::llama(300, 64, 1, 1);
        let dials = Dials { minutes: Some(10.0), ..Dials::default() };
        let steps = |most| of(&dials, &spec, most).unwrap().steps();
        assert_eq!(steps(None), (600.0 * super::super::SHARE_OF_STEPS / 0.1) as u64);
        assert_eq!(steps(Some(20_480.0)), 10);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        let spec = Spec::llama(300, 64, 1, 1);
        let check = |dials: Dials, word: &str| {
            let message = of(&dials, &spec, None).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        };
        let steps = || Dials { steps: Some(1), ..Dials::default() };
        check(Dials { width: Some(64), ..steps() }, "--width shapes a new model");
        check(Dials { tied: Some(true), ..steps() }, "--tied");
        check(Dials { context: Some(512), ..steps() }, "at most the model's 256");
        check(Dials { context: Some(0), ..steps() }, "--context");
    }
}
