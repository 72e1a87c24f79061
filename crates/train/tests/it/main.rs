//! Whole runs on a tiny corpus: they learn, stop, resume, fail, and are the same to the bit.

#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod optimizers;

use std::path::Path;
use std::sync::Arc;

use data::{Shard, ShardWriter};
use model::Transformer;
use stdx::interrupt::Interrupt;
use train::evaluate::{Evaluation, HeldOut, evaluate};
use train::plan::{Dials, plan};
use train::probe::{Beginning, Probe, Step};
use train::{Config, Ending, Error, Outcome, Task, checkpoint, train};

const VOCAB: usize = 40;

/// Sentences of a language with four words, each document a few of them.
fn shard(path: &Path, seed: u64, documents: usize) -> Arc<Shard> {
    let mut rng = stdx::Rng::new(seed);
    let mut writer = ShardWriter::create(path, VOCAB, 0).unwrap();
    for _ in 0..documents {
        let words = [[1, 2, 3, 4], [1, 5, 6, 7], [8, 2, 9, 10], [11, 12, 13, 14]];
        let tokens: Vec<u32> = (0..rng.between(2, 6)).flat_map(|_| *rng.choose(&words)).collect();
        writer.push(&tokens, 2 * tokens.len() as u64).unwrap();
    }
    writer.finish().unwrap();
    Arc::new(Shard::open(path).unwrap())
}

struct Bench {
    folder: tempfile::TempDir,
    train: Arc<Shard>,
    held_out: HeldOut,
    interrupt: Interrupt,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let train = shard(&folder.path().join("train"), 1, 300);
        let validation = shard(&folder.path().join("validation"), 2, 40);
        let held_out = HeldOut { shard: validation, token_bytes: vec![2; VOCAB].into() };
        Self { folder, train, held_out, interrupt: Interrupt::default() }
    }

    fn run(&self, name: &str, config: &Config, probe: &mut dyn Probe) -> Result<Outcome, Error> {
        let checkpoints = self.folder.path().join(name);
        let task = Task {
            config,
            train: &self.train,
            from: None,
            held_out: &self.held_out,
            checkpoints: &checkpoints,
            device: &train::device::Device::flex(),
            interrupt: &self.interrupt,
        };
        train(task, &mut [probe])
    }
}

fn config(change: impl FnOnce(&mut Dials)) -> Config {
    let mut dials = Dials {
        layers: Some(2),
        width: Some(32),
        heads: Some(2),
        context: Some(16),
        batch: Some(4),
        steps: Some(24),
        lr: Some(5e-3),
        checkpoint_every: Some(5),
        ..Dials::default()
    };
    change(&mut dials);
    plan(&dials, VOCAB, None, &mut |_| unreachable!("no time was given")).unwrap()
}

struct Silent;
impl Probe for Silent {}

/// Asks for a stop after each step whose number it has.
struct StopAt<'a>(&'a Interrupt, Vec<u64>);

impl Probe for StopAt<'_> {
    fn on_step(&mut self, step: &Step) -> Result<(), Error> {
        if self.1.contains(&step.step) {
            self.0.request();
        }
        Ok(())
    }
}

fn weights(model: &Transformer) -> Vec<Vec<u32>> {
    let slots = model.slots().into_iter();
    slots.map(|(_, t)| t.values.iter().map(|v| v.to_bits()).collect()).collect()
}

#[test]
fn a_run_learns_what_can_be_learnt() {
    let bench = Bench::new();
    let config = config(|d| (d.steps, d.precision) = (Some(150), None));
    let outcome = bench.run("run", &config, &mut Silent).unwrap();
    assert_eq!((outcome.ending, outcome.step), (Ending::Finished, 150));
    // A word of four tokens holds ln 4 nats, and three of its four tokens hold little.
    let loss = outcome.evaluation.unwrap().loss;
    assert!((0.2..0.75).contains(&loss), "{loss}");
}

#[test]
fn what_is_made_again_changes_no_bit() {
    use train::config::Recompute;
    let bench = Bench::new();
    let run = |name: &str, arch: &str, recompute| {
        let config = config(|d| (d.arch, d.recompute) = (Some(arch.into()), Some(recompute)));
        weights(&bench.run(name, &config, &mut Silent).unwrap().model)
    };
    for arch in ["llama", "qwen2", "gpt2"] {
        let expected = run(&format!("{arch}-a"), arch, Recompute::Nothing);
        assert_eq!(run(&format!("{arch}-b"), arch, Recompute::Blocks), expected, "{arch}");
        assert_eq!(run(&format!("{arch}-c"), arch, Recompute::FeedForward), expected, "{arch}");
    }
}

/// Sees whether memory of this process lies in files of a folder.
struct Maps(std::path::PathBuf, usize);

impl Probe for Maps {
    fn on_step(&mut self, _: &Step) -> Result<(), Error> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        self.1 += maps.matches(&*self.0.to_string_lossy()).count();
        Ok(())
    }
}

#[test]
fn what_is_offloaded_changes_no_bit_and_lies_in_files() {
    use train::config::{Offloaded, Recompute};
    let bench = Bench::new();
    let config = |offload| {
        config(|d| {
            (d.width, d.heads, d.batch, d.steps) = (Some(128), Some(4), Some(16), Some(4));
            (d.offload, d.recompute) = (Some(offload), Some(Recompute::Blocks));
        })
    };
    let expected = bench.run("memory", &config(Offloaded::Nothing), &mut Silent).unwrap();
    let counts = [Offloaded::Moments, Offloaded::Activations, Offloaded::Both].map(|offload| {
        // Stopped and resumed: moments from a checkpoint are offloaded too.
        let (name, mut stop) = (format!("{offload:?}"), StopAt(&bench.interrupt, vec![2]));
        bench.run(&name, &config(offload), &mut stop).unwrap();
        bench.interrupt.take();
        let mut maps = Maps(bench.folder.path().join(&name), 0);
        let outcome = bench.run(&name, &config(offload), &mut maps).unwrap();
        assert_eq!(weights(&outcome.model), weights(&expected.model), "{name}");
        maps.1
    });
    if cfg!(target_os = "linux") {
        let [moments, activations, both] = counts;
        assert!(moments > 0 && activations > 0 && both == moments + activations, "{counts:?}");
    }
    let alone = train::Config { recompute: Recompute::Nothing, ..config(Offloaded::Both) };
    let refused = bench.run("alone", &alone, &mut Silent).unwrap_err().to_string();
    assert!(refused.contains("--recompute blocks"), "{refused}");
}

#[test]
fn interrupted_and_resumed_it_ends_with_the_same_bits() {
    for accumulate in [1, 3] {
        let bench = Bench::new();
        let config = config(|d| (d.accumulate, d.kv_heads) = (Some(accumulate), Some(1)));
        let whole = bench.run("whole", &config, &mut Silent).unwrap();
        let mut sessions = 0;
        let resumed = loop {
            let mut probe = StopAt(&bench.interrupt, vec![1, 2, 9, 17, 24]);
            let outcome = bench.run("resumed", &config, &mut probe).unwrap();
            bench.interrupt.take();
            sessions += 1;
            if outcome.ending == Ending::Finished {
                break outcome;
            }
        };
        assert_eq!(sessions, 5, "four stops; the one after the last step is none");
        assert_eq!(weights(&resumed.model), weights(&whole.model));
        assert_eq!((resumed.tokens, resumed.evaluation), (whole.tokens, whole.evaluation));
    }
}

#[test]
fn gradients_of_parts_add_up_to_those_of_the_whole() {
    let bench = Bench::new();
    let weights_after = |batch, accumulate| {
        let config = config(|d| {
            (d.batch, d.accumulate) = (Some(batch), Some(accumulate));
            (d.steps, d.precision) = (Some(3), Some(train::config::Precision::F32));
        });
        let name = format!("{batch}x{accumulate}");
        let model = bench.run(&name, &config, &mut Silent).unwrap().model;
        model.slots().into_iter().flat_map(|(_, t)| t.values).collect::<Vec<f32>>()
    };
    let whole = weights_after(8, 1);
    for (batch, accumulate) in [(4, 2), (2, 4), (1, 8)] {
        let parts = weights_after(batch, accumulate);
        // Rows have different numbers of targets: a mean of means would be off by far more. Adam
        // turns a rounding difference in a tiny gradient into a visible one, so the bound is on
        // the mean.
        let off: f32 = whole.iter().zip(&parts).map(|(a, b)| (a - b).abs()).sum();
        let mean = off / whole.len() as f32;
        assert!(mean < 2e-6, "{batch} rows, {accumulate} times: {mean}");
    }
}

#[test]
fn a_nan_stops_the_run_and_names_step_layer_and_cause() {
    let bench = Bench::new();
    let config = config(|d| {
        (d.lr, d.clip, d.warmup) = (Some(1e30), Some(0.0), Some(0));
        d.checkpoint_every = Some(1);
    });
    let error = bench.run("run", &config, &mut Silent).unwrap_err();
    let message = error.to_string();
    let Error::NotFinite { step, at, .. } = error else { panic!("{message}") };
    assert!((2..10).contains(&step), "{message}");
    assert!(
        ["hook", "blocks", "norm", "embedding"].iter().any(|part| at.contains(part)),
        "{message}"
    );
    assert!(message.contains("learning rate (1.0e30)"), "{message}");
    assert!(message.contains("--clip 1") && message.contains("is sound"), "{message}");
    let path = &checkpoint::list(&bench.folder.path().join("run")).unwrap()[0];
    let state = checkpoint::load(path, &config, &burn::tensor::Device::flex(), None).unwrap();
    let finite = |t: &arch::Tensor| t.values.iter().all(|v| v.is_finite());
    assert!(state.model.slots().iter().all(|(_, t)| finite(t)), "what was kept is sound");
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let bench = Bench::new();
    let config = config(|d| d.keep = Some(2));
    let whole = bench.run("run", &config, &mut Silent).unwrap();
    let folder = bench.folder.path().join("run");
    let [newest, older] = checkpoint::list(&folder).unwrap().try_into().expect("two are kept");
    let good = std::fs::read(&newest).unwrap();
    for length in [0, 7, 100, good.len() / 2, good.len() - 1] {
        std::fs::write(&newest, &good[..length]).unwrap();
        let mut passed_over = PassedOver::default();
        let again = bench.run("run", &config, &mut passed_over).unwrap();
        assert!(passed_over.0[0].contains("step-00000024"), "{passed_over:?}");
        assert_eq!(weights(&again.model), weights(&whole.model), "cut at {length}");
    }
    let mut changed = good.clone();
    let at = good.len() - 100;
    changed[at] ^= 1;
    std::fs::write(&newest, &changed).unwrap();
    let mut passed_over = PassedOver::default();
    bench.run("run", &config, &mut passed_over).unwrap();
    assert!(passed_over.0[0].contains("not those that were written"), "{passed_over:?}");
    for path in [&newest, &older] {
        std::fs::write(path, b"nothing of value").unwrap();
    }
    let message = bench.run("run", &config, &mut Silent).unwrap_err().to_string();
    assert!(message.contains("no checkpoint in") && message.contains("begin anew"), "{message}");
}

#[derive(Debug, Default)]
struct PassedOver(Vec<String>);

impl Probe for PassedOver {
    fn on_begin(&mut self, beginning: &Beginning<'_>) -> Result<(), Error> {
        self.0 = beginning.passed_over.to_vec();
        Ok(())
    }
}

#[test]
fn bits_per_byte_are_nats_over_bytes() {
    let bench = Bench::new();
    let config = config(|d| d.precision = Some(train::config::Precision::F32));
    let device = burn::tensor::Device::flex();
    let model = model::init::random(&config.spec, 3, &device).unwrap();
    let all = evaluate(&model, &bench.held_out, &config, u64::MAX).unwrap();
    let Evaluation { loss, bits_per_byte, n_targets } = all;
    assert!((loss - (VOCAB as f64).ln()).abs() < 0.05, "an untrained model knows nothing: {loss}");
    assert!((bits_per_byte - loss / 2.0_f64.ln() / 2.0).abs() < 1e-9, "two bytes a token");
    let shard = &bench.held_out.shard;
    assert_eq!(n_targets as usize, shard.n_tokens() - shard.n_documents());
    // The same from the open form: logits, softmax, one document at a time.
    let mut nats = 0.0;
    for i in 0..shard.n_documents() {
        let ids: Vec<u32> = shard.tokens(shard.document(i)).collect();
        // Longer documents are cut at the context, with nothing of the piece before in sight.
        for piece in
            ids[..ids.len() - 1].chunks(config.context).zip(ids[1..].chunks(config.context))
        {
            let pass = nn::pass::Pass::plain(1, piece.0.len());
            let x = model.forward(Arc::from(piece.0), &pass);
            let logits = ops::storage::with_values(&model.logits(x, &pass), <[f32]>::to_vec);
            for (row, &target) in logits.chunks(VOCAB).zip(piece.1) {
                let sum: f64 = row.iter().map(|&l| f64::from(l).exp()).sum();
                nats += sum.ln() - f64::from(row[target as usize]);
            }
        }
    }
    assert!((nats / n_targets as f64 - loss).abs() < 1e-6, "{} {loss}", nats / n_targets as f64);
}

#[test]
fn a_corpus_of_another_tokenizer_is_refused() {
    let bench = Bench::new();
    let mut config = config(|_| {});
    config.spec.vocab_size = VOCAB - 1;
    let message = bench.run("run", &config, &mut Silent).unwrap_err().to_string();
    assert!(message.contains("tokenize the corpus with the model's tokenizer"), "{message}");
}
