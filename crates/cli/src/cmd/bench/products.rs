//! `lyceum bench gemm`: matrix products of the shapes that a step is made of, against the peak that
//! is measured right before and after each.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use figure::{Column, Table};
use kernels::bf16;
use kernels::gemm::{Gemm, Operand, Values};
use serde_json::{Value, json};
use train::config::Precision;

use crate::host::peak_of;
use crate::out;

/// Layers, `(tokens, in, out)`: small ones, those of the sizes of `bench train`, and squares.
const LAYERS: [(usize, usize, usize); 11] = [
    (768, 128, 384),
    (1024, 128, 512),
    (2048, 128, 512),
    (2048, 128, 4096),
    (384, 384, 384),
    (1024, 1024, 1024),
    (2048, 384, 1152),
    (2048, 384, 1536),
    (2048, 1536, 384),
    (1024, 768, 3072),
    (512, 896, 4864),
];
/// Times that each product is made.
const TRIES: usize = 15;

/// One of the three products of a layer: `(m, k, n)`, and which operands lie transposed.
struct Product {
    form: &'static str,
    sizes: (usize, usize, usize),
    a_transposed: bool,
    b_transposed: bool,
    /// Whether B is a weight, in f32.
    weight: bool,
}

fn products((tokens, k, n): (usize, usize, usize)) -> [Product; 3] {
    let product = |form, sizes, a_transposed, b_transposed, weight| Product {
        form,
        sizes,
        a_transposed,
        b_transposed,
        weight,
    };
    [
        product("y = x · Wᵀ", (tokens, k, n), false, true, true),
        product("dx = dy · W", (tokens, n, k), false, false, true),
        product("dW = dyᵀ · x", (n, tokens, k), true, false, false),
    ]
}

/// Measures all, and prints a table or JSON lines.
pub(super) fn run(precision: Precision, as_json: bool) -> Result<()> {
    let mut table = Table {
        columns: [
            Column::left("product"),
            Column::right("m × k × n"),
            Column::right("µs"),
            Column::right("GFLOP/s"),
            Column::right("of peak"),
        ]
        .into(),
        rows: Vec::new(),
    };
    for layer in LAYERS {
        for product in products(layer) {
            let found = measure(&product, precision);
            if as_json {
                out::line(&found)?;
                continue;
            }
            let number = |key: &str| found[key].as_f64().unwrap_or(0.0);
            let (m, k, n) = product.sizes;
            table.rows.push(vec![
                product.form.to_string(),
                format!("{m} × {k} × {n}"),
                format!("{:.0}", 1e6 * number("seconds")),
                format!("{:.0}", number("gflops")),
                format!("{:.0} %", 100.0 * number("share_of_peak")),
            ]);
        }
    }
    if !as_json {
        out::piece(table.to_text())?;
    }
    Ok(())
}

/// Activations as a step has them: in bf16 unless all is f32.
fn measure(product: &Product, precision: Precision) -> Value {
    let (m, k, n) = product.sizes;
    let (a, b) = (numbers(m * k), numbers(k * n));
    let narrow = |v: &[f32]| v.iter().map(|v| bf16::from_f32(*v)).collect::<Vec<bf16>>();
    let (a_half, b_half) = (narrow(&a), narrow(&b));
    let half = precision == Precision::Bf16;
    let a_values = if half { Values::Bf16(&a_half) } else { Values::F32(&a) };
    let b_values = if half && !product.weight { Values::Bf16(&b_half) } else { Values::F32(&b) };
    let a = match product.a_transposed {
        true => Operand::transposed(a_values, m),
        false => Operand::rows(a_values, k),
    };
    let b = match product.b_transposed {
        true => Operand::transposed(b_values, k),
        false => Operand::rows(b_values, n),
    };
    let gemm = Gemm { precision: precision.into(), m, n, k, a, b };
    let mut c = vec![0.0_f32; m * n];
    gemm.run(&mut c);
    let before = peak_of(precision);
    let mut seconds: Vec<f64> = (0..TRIES)
        .map(|_| {
            let start = Instant::now();
            gemm.run(black_box(&mut c));
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let (median, flops) = (seconds[TRIES / 2], 2.0 * (m * n * k) as f64);
    let peak = f64::midpoint(before, peak_of(precision));
    json!({
        "product": product.form, "m": m, "k": k, "n": n, "seconds": median,
        "gflops": flops / median / 1e9, "peak_gflops": peak / 1e9,
        "share_of_peak": flops / median / peak,
    })
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i % 251) as f32 / 125.0 - 1.0).collect()
}
