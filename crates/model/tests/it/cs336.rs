//! Stanford's CS336 keeps what PyTorch came to from PyTorch's random numbers: a line fitted with AdamW for
//! a thousand steps, and rows that RoPE turned.
//!
//! Left out are the snapshots of layers and models, whose weights are a file that is not published with
//! them, and those of attention under random masks, which no decoder has.

use std::path::PathBuf;
use std::sync::Arc;

use arch::Rope;
use arch::angles::Angles;
use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use optim::{Choice, Knobs, Optimizer, Options, Stacks};

/// PyTorch's generator on a CPU (Matsumoto & Nishimura, "Mersenne Twister", 1998), as far as numbers
/// from 0 to 1 need it.
struct Twister {
    state: [u32; 624],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [seed; 624];
        for i in 1..624 {
            let last = state[i - 1];
            state[i] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, at: 624 }
    }

    fn turn(&mut self) {
        for i in 0..624 {
            let both = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % 624] & 0x7fff_ffff);
            let mask = if both & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + 397) % 624] ^ (both >> 1) ^ mask;
        }
        self.at = 0;
    }

    /// From 0 to below 1, of 24 bits.
    fn share(&mut self) -> f32 {
        if self.at == 624 {
            self.turn();
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^= y >> 18;
        (y & 0x00ff_ffff) as f32 / 16_777_216.0
    }
}

impl Twister {
    /// From the normal distribution, sixteen at a time: eight radii, then eight angles (Box & Muller, 1958).
    fn normals(&mut self, n: usize) -> Vec<f32> {
        assert!(n.is_multiple_of(16), "PyTorch makes a rest of sixteen otherwise");
        let mut values: Vec<f32> = (0..n).map(|_| self.share()).collect();
        for sixteen in values.chunks_mut(16) {
            let (radii, angles) = sixteen.split_at_mut(8);
            for (a, b) in radii.iter_mut().zip(angles) {
                let radius = (-2.0 * (1.0 - f64::from(*a)).ln()).sqrt();
                let (sine, cosine) = (std::f64::consts::TAU * f64::from(*b)).sin_cos();
                (*a, *b) = ((radius * cosine) as f32, (radius * sine) as f32);
            }
        }
        values
    }
}

#[derive(Module, Debug)]
struct Line {
    weight: Param<Tensor<2>>,
}

/// `torch.nn.Linear(3, 2, bias=False)` after `torch.manual_seed(42)`, taught that `y = (x₀ + x₁, -x₂)`.
fn fitted() -> Vec<f32> {
    let mut random = Twister::new(42);
    let bound = (1.0_f64 / 3.0).sqrt();
    let (low, high) = (-bound as f32, bound as f32);
    let device = Device::flex().autodiff();
    let weight: Vec<f32> = (0..6).map(|_| random.share() * (high - low) + low).collect();
    let weight = Tensor::<2>::from_data(TensorData::new(weight, [2, 3]), &device);
    let mut line = Line { weight: Param::from_tensor(weight) };
    let knobs = Knobs { beta2: Some(0.999), ..Knobs::default() };
    let rule = Choice::AdamW.with(knobs).expect("a rule");
    let options = Options { weight_decay: 0.01, clip: 0.0, ..Options::of(rule) };
    let mut optimizer = Optimizer::new(options, optim::parameters(&line, &Stacks::new()));
    for _ in 0..1000 {
        let x = [0; 3].map(|_| random.share());
        let y = Tensor::<2>::from_data([[x[0] + x[1]], [-x[2]]], &device);
        let x = Tensor::<2>::from_data(x.map(|x| [x]), &device);
        let loss = (line.weight.val().matmul(x) - y).powf_scalar(2.0).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &line);
        line = optimizer.step(line, gradients, 0.0, 1e-3);
    }
    ops::storage::with_values(&line.weight.val().inner(), <[f32]>::to_vec)
}

/// The array of a snapshot; `None` where the data are not on this machine. One array, not compressed: its
/// values come after a header of 128 bytes.
fn snapshot(name: &str, n: usize) -> Option<Vec<f32>> {
    let Some(folder) = std::env::var_os("LYCEUM_TEST_DATA") else {
        eprintln!("skipped: LYCEUM_TEST_DATA does not name the folder of public data");
        return None;
    };
    let path = PathBuf::from(folder).join(format!("cs336-fixtures/_snapshots/{name}.npz"));
    let file = std::fs::read(&path).expect("the data's snapshot");
    let header = file.windows(6).position(|bytes| bytes == b"\x93NUMPY").expect("an array");
    let words = file[header + 128..][..4 * n].chunks(4);
    Some(words.map(|w| f32::from_le_bytes(w.try_into().expect("four bytes"))).collect())
}

fn near(ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() < tolerance, "{a}, not {b}");
    }
}

#[test]
fn a_line_is_fitted_as_pytorch_fits_it() {
    let Some(theirs) = snapshot("test_adamw", 6) else { return };
    near(&fitted(), &theirs, 1e-4);
}

#[test]
fn rows_are_turned_as_pytorch_turns_them() {
    const ROWS: usize = 4;
    const PLACES: usize = 12;
    const WIDTH: usize = 64;
    let Some(theirs) = snapshot("test_rope", ROWS * PLACES * WIDTH) else { return };
    let x = TensorData::new(Twister::new(4).normals(ROWS * PLACES * WIDTH), [ROWS, PLACES, WIDTH]);
    let x = Tensor::<3>::from_data(x, &Device::flex());
    let neighbours = Rope { interleaved: true, ..Rope::plain(10_000.0) };
    let table = Angles::new(neighbours, WIDTH, PLACES).table(PLACES);
    let positions: Arc<[u32]> = (0..ROWS).flat_map(|_| 0..PLACES as u32).collect();
    let turned = ops::rope::rope(x, ops::rope::Rope { table, positions, n_turned: 1 });
    near(&ops::storage::with_values(&turned, <[f32]>::to_vec), &theirs, 1e-5);
}
