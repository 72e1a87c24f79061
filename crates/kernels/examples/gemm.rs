//! Times the matrix product on the shapes of a training step: `cargo run --release -p kernels
//! --example gemm`.

use std::time::Instant;

use kernels::gemm::{Gemm, Operand, Precision, Values};

fn main() {
    let shapes = [(2048, 1536, 384), (2048, 384, 1536), (384, 1536, 2048), (768, 384, 128)];
    for (m, n, k) in shapes {
        let (a, b) = (vec![0.5; m * k], vec![0.25; n * k]);
        let mut c = vec![0.0_f32; m * n];
        for precision in [Precision::Bf16, Precision::F32] {
            let gemm = Gemm {
                precision,
                m,
                n,
                k,
                a: Operand::rows(Values::F32(&a), k),
                b: Operand::transposed(Values::F32(&b), k),
            };
            let mut seconds: Vec<f64> = (0..9)
                .map(|_| {
                    let start = Instant::now();
                    gemm.run(&mut c);
                    start.elapsed().as_secs_f64()
                })
                .collect();
            seconds.sort_by(f64::total_cmp);
            let rate = 2.0 * (m * n * k) as f64 / seconds[4] / 1e9;
            println!("{precision:?} {m}x{n}x{k}: {:.2} ms, {rate:.0} GFLOP/s", seconds[4] * 1e3);
        }
    }
}
