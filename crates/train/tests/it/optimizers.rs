//! Runs by every optimizer: they learn, go on to the bit, leave what is frozen, and average.

use std::collections::BTreeMap;

use formats::Tensors;
use train::config::{Learns, Recompute};
use train::plan::Choice;

use super::*;

/// Weights by their paths.
fn by_path(model: &Transformer) -> BTreeMap<String, Vec<u32>> {
    let slots = model.slots().into_iter();
    let bits = slots.map(|(slot, tensor)| {
        (format!("{slot:?}"), tensor.values.iter().map(|v| v.to_bits()).collect())
    });
    bits.collect()
}

/// What is not the same in two models.
fn differing(a: &Transformer, b: &Transformer) -> Vec<String> {
    let (a, b) = (by_path(a), by_path(b));
    a.into_iter().filter(|(path, bits)| b[path] != *bits).map(|(path, _)| path).collect()
}

#[test]
fn every_optimizer_learns_and_resumes_to_the_bit() {
    for &choice in Choice::ALL {
        let bench = Bench::new();
        // Wide enough for matrices of eight bits.
        let config = config(|d| {
            (d.width, d.batch, d.steps, d.lr) = (Some(64), Some(4), Some(40), None);
            (d.optimizer, d.ema, d.checkpoint_every) = (Some(choice), Some(0.9), Some(9));
        });
        let whole = bench.run("whole", &config, &mut Silent).unwrap();
        let loss = whole.evaluation.unwrap().loss;
        assert!(loss < 0.8 * (VOCAB as f64).ln(), "{}: {loss}", choice.name());
        let mut sessions = 0;
        let resumed = loop {
            let mut probe = StopAt(&bench.interrupt, vec![1, 11, 30]);
            let outcome = bench.run("resumed", &config, &mut probe).unwrap();
            bench.interrupt.take();
            sessions += 1;
            if outcome.ending == Ending::Finished {
                break outcome;
            }
        };
        assert_eq!(sessions, 4);
        assert!(differing(&resumed.model, &whole.model).is_empty(), "{}", choice.name());
        let [resumed, whole] = [resumed, whole].map(|outcome| outcome.average.unwrap());
        assert!(differing(&resumed, &whole).is_empty(), "{}", choice.name());
    }
}

#[test]
fn a_checkpoint_of_another_optimizer_is_refused() {
    let bench = Bench::new();
    let config = |choice| config(|d| (d.optimizer, d.steps) = (Some(choice), Some(3)));
    bench.run("run", &config(Choice::Lion), &mut Silent).unwrap();
    let message = bench.run("run", &config(Choice::AdamW), &mut Silent).unwrap_err().to_string();
    assert!(message.contains("lion.first") && message.contains("does not remember"), "{message}");
    let none = Choice::Adafactor;
    let message = bench.run("run", &config(none), &mut Silent).unwrap_err().to_string();
    assert!(message.contains("lion.first"), "{message}");
}

#[test]
fn what_is_frozen_stays_to_the_bit() {
    let bench = Bench::new();
    for (name, recompute) in [("kept", Recompute::Nothing), ("again", Recompute::Blocks)] {
        for (patterns, moved) in [
            (&["embedding.*", "blocks.0.*"][..], "Block(1"),
            (&["blocks.*"][..], "Embedding FinalNormGain"),
            (&["*.weight", "*.tokens", "blocks.1.*"][..], "Block(0"),
        ] {
            let config = config(|d| {
                d.freeze = Some(patterns.iter().map(|p| p.to_string()).collect());
                (d.steps, d.recompute, d.ema) = (Some(7), Some(recompute), Some(0.5));
            });
            let start =
                model::init::random(&config.spec, config.seed, &burn::tensor::Device::flex());
            let start = start.unwrap();
            let run = format!("{name} {}", patterns.len() + patterns[0].len());
            // Once in one go, once stopped and resumed.
            bench.run(&run, &config, &mut StopAt(&bench.interrupt, vec![4])).unwrap();
            bench.interrupt.take();
            let outcome = bench.run(&run, &config, &mut Silent).unwrap();
            let whole = bench.run(&format!("{run} whole"), &config, &mut Silent).unwrap();
            assert!(differing(&outcome.model, &whole.model).is_empty(), "{patterns:?}");
            for model in [&outcome.model, outcome.average.as_ref().unwrap()] {
                let changed = differing(model, &start);
                let expected = |path: &str| {
                    let learnt = path.contains("Norm") || !patterns.contains(&"*.weight");
                    let named = moved.split(' ').any(|word| path.starts_with(word));
                    learnt && (named || path.starts_with("FinalNorm"))
                };
                assert!(!changed.is_empty(), "{patterns:?}");
                assert!(changed.iter().all(|path| expected(path)), "{patterns:?}: {changed:?}");
            }
        }
    }
}

#[test]
fn freezing_stands_beside_what_learns_at_all() {
    let bench = Bench::new();
    let config = config(|d| {
        (d.learns, d.steps) = (Some(Learns::Vectors), Some(3));
        d.freeze = Some(vec!["blocks.*".into()]);
    });
    let outcome = bench.run("run", &config, &mut Silent).unwrap();
    let names: Vec<String> = {
        let path = &checkpoint::list(&bench.folder.path().join("run")).unwrap()[0];
        let file = formats::safetensors::SafeTensors::open(path).unwrap();
        let names = file.names().filter(|name| !name.starts_with("model."));
        names.map(str::to_string).collect()
    };
    assert_eq!(names, ["adamw.first.final_norm.gain", "adamw.second.final_norm.gain"]);
    assert_eq!(outcome.ending, Ending::Finished);
}

#[test]
fn layers_move_the_less_the_deeper_they_lie() {
    let bench = Bench::new();
    let config = config(|d| {
        (d.steps, d.layer_decay, d.warmup, d.weight_decay) =
            (Some(1), Some(0.5), Some(0), Some(0.0));
        (d.tied, d.optimizer) = (Some(false), Some(Choice::Lion));
    });
    let start =
        model::init::random(&config.spec, config.seed, &burn::tensor::Device::flex()).unwrap();
    let outcome = bench.run("run", &config, &mut Silent).unwrap();
    // Lion moves every number by its learning rate.
    let moved = |name: &str| {
        let pairs = start.slots().into_iter().zip(outcome.model.slots());
        let of = pairs.filter(|((slot, _), _)| format!("{slot:?}").starts_with(name));
        let most = of.flat_map(|((_, a), (_, b))| a.values.into_iter().zip(b.values));
        most.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let rate = moved("Head");
    for (name, factor) in
        [("FinalNormGain", 1.0), ("Block(1", 0.5), ("Block(0", 0.25), ("Embedding", 0.125)]
    {
        assert!((moved(name) / rate - factor).abs() < 1e-3, "{name}: {} of {rate}", moved(name));
    }
}

#[derive(Default)]
struct Averages(Vec<(u64, f64)>);

impl Probe for Averages {
    fn on_average(
        &mut self,
        step: u64,
        evaluation: &Evaluation,
        _: &Transformer,
    ) -> Result<(), Error> {
        self.0.push((step, evaluation.loss));
        Ok(())
    }
}

#[test]
fn averaged_weights_are_measured_where_they_are_kept() {
    let bench = Bench::new();
    let config = |ema| config(|d| (d.steps, d.evaluate_every, d.ema) = (Some(60), Some(20), ema));
    let mut averages = Averages::default();
    let outcome = bench.run("averaged", &config(Some(0.9)), &mut averages).unwrap();
    let steps: Vec<u64> = averages.0.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [20, 40, 60]);
    let average = outcome.average.unwrap();
    let loss = evaluate(&average, &bench.held_out, &config(None), u64::MAX).unwrap().loss;
    assert_eq!(loss, averages.0[2].1, "what is handed out is what was measured");
    assert!(
        (loss - outcome.evaluation.unwrap().loss).abs() < 0.3
            && !differing(&average, &outcome.model).is_empty()
    );
    let mut none = Averages::default();
    let plain = bench.run("plain", &config(None), &mut none).unwrap();
    assert!(plain.average.is_none() && none.0.is_empty());
    assert!(differing(&plain.model, &outcome.model).is_empty(), "a mean changes no step");
}

#[test]
fn moments_of_eight_bits_can_be_offloaded() {
    use train::config::Offloaded;
    let bench = Bench::new();
    let config = |offload| {
        config(|d| {
            (d.width, d.heads, d.steps, d.optimizer) =
                (Some(256), Some(4), Some(3), Some(Choice::Adam8bit));
            (d.offload, d.batch) = (Some(offload), Some(1));
        })
    };
    let expected = bench.run("memory", &config(Offloaded::Nothing), &mut Silent).unwrap();
    let got = bench.run("files", &config(Offloaded::Moments), &mut Silent).unwrap();
    assert!(differing(&got.model, &expected.model).is_empty());
}
