//! Times whole training steps on random tokens: forward, backward, AdamW.
//!
//! `cargo run --release -p model --example step -- [steps]` prints one JSON line: the 10.6M row of
//! `bench/train` (GPT-2 form, no biases, untied, d 384 × 6, vocabulary 4096, T 256, batch 8).

use std::sync::Arc;
use std::time::Instant;

use arch::Spec;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use model::Batch;
use nn::pass::Pass;
use ops::Precision;

/// Keeps large blocks: set `MIMALLOC_PURGE_DELAY=-1`, or each step pays for its pages anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let steps = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10);
    let spec = Spec { bias: false, tied: false, ..Spec::gpt2(4096, 384, 6, 6) };
    let (batch, context) = (8, 256);
    let mut rng = stdx::Rng::new(0);
    let mut ids = || -> Arc<[u32]> {
        (0..batch * context).map(|_| rng.below(spec.vocab_size as u64) as u32).collect()
    };
    let data = Batch {
        inputs: ids(),
        targets: ids(),
        weights: vec![1.0; batch * context].into(),
        pass: Pass { precision: Precision::Bf16, ..Pass::plain(batch, context) },
    };
    let device = Device::flex().autodiff();
    let mut model = model::init::random(&spec, 0, &device).expect("a possible spec");
    let mut optimizer = optim::adamw::AdamW::new(optim::adamw::Options::default());
    let mut seconds = Vec::new();
    let mut last = 0.0;
    for _ in 0..steps {
        let start = Instant::now();
        let loss = model.loss(&data, 1.0 / (batch * context) as f32);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let norm = optim::gradients::norm(&model, &gradients).norm;
        model = optimizer.step(model, gradients, norm, 3e-4);
        seconds.push(start.elapsed().as_secs_f64());
        last = ops::storage::with_values(&loss.inner(), |v| v[0]);
    }
    seconds.sort_by(f64::total_cmp);
    let tokens_per_second = (batch * context) as f64 / seconds[seconds.len() / 2];
    println!(
        "{{\"row\":\"10.6M\",\"tokens_per_second\":{tokens_per_second:.0},\"loss\":{last:.4},\"params\":{}}}",
        spec.n_params()
    );
}
