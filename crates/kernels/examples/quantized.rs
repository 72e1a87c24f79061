//! How fast products with quantized blocks are on this machine: `quantized [KIND]`. Prints GB/s of weights
//! for a row, and operations a second for eight and for 512 rows.

use std::time::Instant;

use kernels::quantized::{Inputs, Kind, Matrix, products};

fn main() {
    let wanted = std::env::args().nth(1);
    let threads = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    drop(rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global());
    let (n, k, copies) = (2048, 2048, 48);
    for kind in Kind::ALL {
        if wanted.as_ref().is_some_and(|wanted| wanted != kind.name()) {
            continue;
        }
        let bytes = k / kind.numbers() * kind.bytes();
        let row: Vec<u8> = (0..bytes).map(|i| (i * 37 % 61) as u8 & 0x3b).collect();
        let matrices: Vec<Matrix> =
            (0..copies).map(|_| Matrix::new(kind, n, k, |_| &row)).collect();
        let size: usize = matrices.iter().map(Matrix::len_bytes).sum();
        print!("{:5}", kind.name());
        for rows in [1, 2, 4, 8, 16, 512] {
            if std::env::args().nth(3).is_some_and(|only| only != rows.to_string()) {
                continue;
            }
            let x: Vec<f32> = (0..rows * k).map(|i| (i * 31 % 97) as f32 / 97.0 - 0.5).collect();
            let used = if rows > 100 { 2 } else { copies };
            let mut out = vec![0.0; rows * n];
            let mut best = f64::INFINITY;
            for _ in 0..4 {
                let start = Instant::now();
                for matrix in &matrices[..used] {
                    products(&Inputs::new(&x, k), &[matrix], &mut out);
                }
                best = best.min(start.elapsed().as_secs_f64());
            }
            let gops = (2 * rows * n * k * used) as f64 / best / 1e9;
            let share = (size / copies * used) as f64 / best / 1e9;
            print!("  {rows:3}: {share:5.1} GB/s {gops:4.0} GOPS");
        }
        println!();
    }
}
