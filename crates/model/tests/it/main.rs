//! The model against itself: fused and open, cached and whole, in memory and on disk.

mod cache;
mod cs336;
mod families;
mod files;
mod runtime;

use std::sync::Arc;

use arch::{Biases, Cache, Decoder, Error, Input, Logits, Spec};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use model::{Decoding, Transformer};
use nn::pass::{Pass, Recompute};
use ops::linear_cross_entropy::{Regularization, Targets, linear_cross_entropy};

fn specs() -> Vec<Spec> {
    vec![
        Spec { n_kv_heads: 2, tied: false, context: 32, ..Spec::llama(50, 32, 2, 4) },
        Spec { context: 32, ..Spec::llama(50, 24, 1, 2) },
        Spec { context: 32, ..Spec::gpt2(50, 32, 2, 4) },
        Spec { n_kv_heads: 2, context: 32, ..Spec::qwen2(50, 32, 2, 4) },
        Spec { biases: Biases::NONE, tied: false, context: 32, ..Spec::gpt2(50, 32, 1, 4) },
    ]
}

fn build(spec: &Spec) -> Transformer {
    model::init::random(spec, 7, &Device::flex()).expect("a possible spec")
}

fn vec<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    ops::storage::with_values(tensor, <[f32]>::to_vec)
}

fn close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() < 1e-5, "{what}: {g} against {e}");
    }
}

const IDS: [u32; 12] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 49];

fn whole(model: &Transformer, ids: &[u32]) -> Vec<f32> {
    let pass = Pass::plain(1, ids.len());
    vec(&model.logits(model.forward(Arc::from(ids), &pass), &pass))
}

#[test]
fn the_open_path_gives_what_the_fused_one_gives_and_shows_every_name() {
    for spec in specs() {
        let (model, pass) = (build(&spec), Pass::plain(2, 6));
        let mut names = Vec::new();
        let open = model.forward_open(Arc::from(IDS), &pass, &mut |name: &str, x: Tensor<3>| {
            names.push(name.to_string());
            x
        });
        close("open", &vec(&open), &vec(&model.forward(Arc::from(IDS), &pass)));
        assert_eq!(names.len(), 2 + 6 * spec.n_layers);
        assert_eq!(names[..3], ["hook_embed", "blocks.0.hook_resid_pre", "blocks.0.attn.hook_z"]);
    }
}

#[test]
fn paths_and_shapes_are_known_before_there_is_a_model() {
    let of_family = |family: &&dyn arch::family::Family| {
        arch::family::of_size(family.name(), 50, 32, 2, 4).expect("a family")
    };
    let forms: Vec<Spec> = arch::family::FAMILIES.iter().map(of_family).collect();
    for spec in [specs(), forms].concat() {
        let mut known: Vec<(String, Vec<usize>)> = model::paths::parameters(&spec);
        let model = build(&spec);
        let found = optim::parameters(&model, &model.stacks()).into_iter();
        let mut found: Vec<(String, Vec<usize>)> = found.map(|p| (p.path, p.shape)).collect();
        known.sort();
        found.sort();
        assert_eq!(known, found);
    }
}

#[test]
fn a_hook_changes_what_follows() {
    let (model, pass) = (build(&specs()[0]), Pass::plain(1, 12));
    let mut silence = |name: &str, x: Tensor<3>| match name {
        "blocks.0.hook_mlp_out" => x * 0.0,
        _ => x,
    };
    let changed = vec(&model.forward_open(Arc::from(IDS), &pass, &mut silence));
    assert_ne!(changed, vec(&model.forward(Arc::from(IDS), &pass)));
}

#[test]
fn cached_decoding_gives_the_logits_of_the_whole_sequence() {
    for spec in specs() {
        let decoding = Decoding::new(build(&spec));
        let expected = whole(decoding.model(), &IDS);
        let mut cache = decoding.new_cache();
        let mut got = decoding.forward(Input::Ids(&IDS[..5]), &mut cache, Logits::All).unwrap();
        for id in &IDS[5..] {
            got.extend(decoding.forward(Input::Ids(&[*id]), &mut cache, Logits::Last).unwrap());
        }
        close("cached", &got, &expected);
        assert_eq!(cache.len(), IDS.len());
    }
}

#[test]
fn a_cache_forks_and_truncates() {
    let decoding = Decoding::new(build(&specs()[0]));
    let mut cache = decoding.new_cache();
    decoding.forward(Input::Ids(&IDS[..6]), &mut cache, Logits::None).unwrap();
    let mut fork = cache.fork();
    decoding.forward(Input::Ids(&[7, 7, 7]), &mut fork, Logits::None).unwrap();
    fork.truncate(6);
    let a = decoding.forward(Input::Ids(&[8]), &mut fork, Logits::Last).unwrap();
    let b = decoding.forward(Input::Ids(&[8]), &mut cache, Logits::Last).unwrap();
    assert_eq!(a, b);
}

#[test]
fn embeddings_go_in_as_ids_do() {
    let decoding = Decoding::new(build(&specs()[0]));
    let table = vec(&decoding.model().embedding.tokens.val());
    let rows: Vec<f32> =
        IDS.iter().flat_map(|&id| table[id as usize * 32..][..32].to_vec()).collect();
    let run = |input| decoding.forward(input, &mut decoding.new_cache(), Logits::All).unwrap();
    assert_eq!(run(Input::Embeddings(&rows)), run(Input::Ids(&IDS)));
}

#[test]
fn bad_input_is_an_error_and_leaves_the_cache_alone() {
    let decoding = Decoding::new(build(&specs()[0]));
    let mut cache = decoding.new_cache();
    let mut run = |input: Input<'_>| decoding.forward(input, &mut cache, Logits::Last).unwrap_err();
    assert!(matches!(run(Input::Ids(&[50])), Error::TokenOutOfRange { id: 50, .. }));
    assert!(matches!(run(Input::Ids(&[1; 33])), Error::ContextFull { needed: 33, .. }));
    assert!(matches!(run(Input::Embeddings(&[0.0; 33])), Error::Shape(_)));
    assert!(cache.is_empty());
}

#[test]
fn a_later_document_in_a_row_does_not_see_an_earlier_one() {
    let model = build(&specs()[0]);
    let mut pass = Pass::plain(1, 12);
    pass.positions = (0..5).chain(0..7).collect();
    pass.starts = Some((0..12).map(|i| if i < 5 { 0 } else { 5 }).collect());
    let packed = vec(&model.forward(Arc::from(IDS), &pass));
    let alone = vec(&model.forward(Arc::from(&IDS[5..]), &Pass::plain(1, 7)));
    close("packed", &packed[5 * 32..], &alone);
}

#[test]
fn a_folder_comes_back_bit_for_bit() {
    for spec in specs() {
        let (folder, model) = (tempfile::tempdir().unwrap(), build(&spec));
        model::folder::save(&model, folder.path()).unwrap();
        let loaded = model::folder::load(folder.path(), &Device::flex()).unwrap();
        assert_eq!(loaded.spec(), &spec);
        assert_eq!(loaded.slots(), model.slots());
        assert_eq!(whole(&loaded, &IDS), whole(&model, &IDS));
    }
}

#[test]
fn a_folder_of_shards_is_the_same_model() {
    let (folder, model) = (tempfile::tempdir().unwrap(), build(&specs()[0]));
    let here = folder.path();
    model::folder::save(&model, here).unwrap();
    let tensors = model::folder::tensors(&model).unwrap();
    let entries: Vec<formats::safetensors::Entry<'_>> = tensors
        .iter()
        .map(|(name, t)| formats::safetensors::Entry::f32(name, &t.shape, &t.values))
        .collect();
    formats::shards::write_shards(here, &entries, 4096).unwrap();
    assert!(!here.join("model.safetensors").exists());
    let loaded = model::folder::load(here, &Device::flex()).unwrap();
    assert_eq!(loaded.slots(), model.slots());
    let mut files = std::fs::read_dir(here).unwrap().map(|e| e.unwrap().path());
    let first = files.find(|p| p.to_string_lossy().contains("model-00001-of-")).unwrap();
    std::fs::remove_file(&first).unwrap();
    let error = model::folder::load(here, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("model-00001-of-") && error.contains("is absent"), "{error}");
}

/// The golden file holds transformers' logits for these specs, weights and ids, at the last two
/// positions; `bench/parity/export --write` makes it.
#[test]
fn logits_are_those_of_transformers() {
    let golden = include_str!("../../../../testdata/export/logits.json");
    let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
    for (name, spec) in ["llama", "llama-tied", "gpt2", "qwen2"].into_iter().zip(specs()) {
        let theirs: Vec<f32> = serde_json::from_value(golden[name].clone()).unwrap();
        let ours = whole(&build(&spec), &IDS);
        close(name, &ours[ours.len() - 100..], &theirs);
    }
}

#[test]
fn a_damaged_folder_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let check = |word: &str| {
        let error = model::folder::load(folder.path(), &Device::flex()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    check("config.json");
    model::folder::save(&build(&specs()[0]), folder.path()).unwrap();
    let weights = folder.path().join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    check("cut short");
    std::fs::write(folder.path().join("config.json"), "{").unwrap();
    check("is no JSON");
}

/// The loss of a batch and its gradients by parameter, with all positions carried to the end.
fn whole_loss(model: &Transformer, batch: &model::Batch) -> Tensor<1> {
    let x = model.forward(batch.inputs.clone(), &batch.pass);
    let targets = Targets {
        ids: batch.targets.clone(),
        weights: batch.weights.clone(),
        scale: 0.25,
        precision: batch.pass.precision,
        regularization: batch.regularization,
        softcap: model.spec().logit_softcap,
    };
    linear_cross_entropy(x, model.output_matrix(), targets)
}

#[test]
fn positions_that_weigh_nothing_change_no_loss_and_no_gradient() {
    for (spec, recompute) in specs().into_iter().zip([
        Recompute::Nothing,
        Recompute::Nothing,
        Recompute::FeedForward,
        Recompute::Blocks,
        Recompute::Blocks,
    ]) {
        let model = model::init::random(&spec, 7, &Device::flex().autodiff()).unwrap();
        let some = [0.0, 1.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.0, 1.0, 0.0];
        for weights in [some, [0.0; 10], [1.0; 10]] {
            let batch = model::Batch {
                inputs: Arc::from(&IDS[..10]),
                targets: Arc::from(&IDS[1..11]),
                weights: Arc::from(weights),
                pass: Pass { recompute, ..Pass::plain(2, 5) },
                regularization: Regularization::default(),
            };
            let (few, all) = (model.loss(&batch, 0.25), whole_loss(&model, &batch));
            close("loss", &vec(&few.clone().inner()), &vec(&all.clone().inner()));
            let (few, all) = (few.backward(), all.backward());
            let (mut few, mut all) = (Gradients(&few, vec![]), Gradients(&all, vec![]));
            model.visit(&mut few);
            model.visit(&mut all);
            assert!(few.1.len() >= 8);
            assert_eq!(weights == [0.0; 10], few.1.iter().flatten().all(|v| *v == 0.0));
            for (few, all) in few.1.iter().zip(&all.1) {
                close("gradient", few, all);
            }
        }
    }
}

/// What is dropped depends on seed, place and site alone: blocks made again drop the same.
#[test]
fn recomputed_blocks_drop_the_same_values() {
    let parallel = Spec { context: 32, ..arch::family::of_size("gpt_neox", 50, 32, 2, 4).unwrap() };
    for spec in [specs()[0].clone(), specs()[2].clone(), parallel] {
        let model = model::init::random(&spec, 7, &Device::flex().autodiff()).unwrap();
        let run = |recompute, share: f32, place| {
            let dropout = Some(ops::dropout::Dropout { share, seed: 3, place });
            let dropout = dropout.filter(|_| share > 0.0);
            let batch = model::Batch {
                inputs: Arc::from(&IDS[..10]),
                targets: Arc::from(&IDS[1..11]),
                weights: vec![1.0; 10].into(),
                pass: Pass { recompute, dropout, ..Pass::plain(2, 5) },
                regularization: Regularization::default(),
            };
            let loss = model.loss(&batch, 0.1);
            let (value, gradients) = (vec(&loss.clone().inner()), loss.backward());
            let mut all = Gradients(&gradients, vec![]);
            model.visit(&mut all);
            (value, all.1.concat())
        };
        let (loss, gradients) = run(Recompute::Nothing, 0.3, 5);
        assert_ne!(loss, run(Recompute::Nothing, 0.0, 5).0, "values are dropped");
        assert_ne!(loss, run(Recompute::Nothing, 0.3, 6).0, "others in the next batch");
        assert_eq!((&loss, &gradients), (&run(Recompute::Nothing, 0.3, 5).0, &gradients));
        for recompute in [Recompute::FeedForward, Recompute::Blocks] {
            let (again, of_again) = run(recompute, 0.3, 5);
            close("loss", &again, &loss);
            close("gradients", &of_again, &gradients);
        }
    }
}

/// A model's gradients in its order.
struct Gradients<'g>(&'g burn::tensor::Gradients, Vec<Vec<f32>>);

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.1.push(vec(&param.val().grad(self.0).expect("every parameter learns")));
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_and_losses_fall() {
    let spec = &specs()[1];
    assert_eq!(build(spec).slots(), build(spec).slots());
    let device = Device::flex().autodiff();
    let train = || {
        let mut model = model::init::random(spec, 1, &device).unwrap();
        let parameters = optim::parameters(&model, &model.stacks());
        let mut optimizer = optim::Optimizer::new(optim::Options::default(), parameters);
        let batch = model::Batch {
            inputs: Arc::from(&IDS[..11]),
            targets: Arc::from(&IDS[1..]),
            weights: vec![1.0; 11].into(),
            pass: Pass::plain(1, 11),
            regularization: Regularization::default(),
        };
        let mut losses = Vec::new();
        for _ in 0..30 {
            let loss = model.loss(&batch, 1.0 / 11.0);
            losses.push(vec(&loss.clone().inner())[0]);
            let grads = burn::optim::GradientsParams::from_grads(loss.backward(), &model);
            let norm = optim::gradients::norm(&model, &grads).norm;
            model = optimizer.step(model, grads, norm, 1e-2);
        }
        (losses, model.slots())
    };
    let (losses, slots) = train();
    assert!(losses[0] > 3.5 && losses[29] < 0.5, "{losses:?}");
    assert_eq!(train(), (losses, slots), "the same bits on a second run");
}
