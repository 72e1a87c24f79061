//! Attention sinks (Xiao et al., "Efficient Streaming Language Models with Attention Sinks", 2023) as
//! gpt-oss (2025) has them: a learned logit of each query head that joins the softmax's denominator
//! and mixes no value, so that a head may look at nothing.
//!
//! Forwards each row's maximum and denominator begin with the sink, hence `lse` contains it and the
//! gradient of `qkv` is what it is without one. A sink's own gradient is that of a score whose value is 0:
//! `dsink = -Σ exp(sink - lse) (dout·out)` over all rows of its head.

use rayon::prelude::*;

use super::{AttentionBackward, HEAVY};
use crate::element::Element;
use crate::exp::exp;
use crate::{for_each_isa, lanes};

/// Fills `dsinks` `(Hq)`; there must be sinks.
pub fn sinks_backward<E: Element>(args: AttentionBackward<'_, E>, dsinks: &mut [f32]) {
    args.check();
    let sinks = args.input.sinks.expect("sinks_backward: sinks, whose gradient is asked for");
    assert_eq!(sinks.len(), dsinks.len(), "sinks_backward: sinks and dsinks differ in length");
    let task = |(head, (dsink, sink)): (usize, (&mut f32, &f32))| {
        *dsink = of_head(&args, head, *sink);
    };
    if args.out.len() >= HEAVY {
        dsinks.par_iter_mut().zip(sinks).enumerate().for_each(task);
    } else {
        dsinks.iter_mut().zip(sinks).enumerate().for_each(task);
    }
}

for_each_isa!(
    /// The gradient of one head's sink, its rows in order.
    fn of_head<E: Element>(args: &AttentionBackward<'_, E>, head: usize, sink: f32) -> f32
        => of_head_body
);

#[inline(always)]
fn of_head_body<E: Element>(args: &AttentionBackward<'_, E>, head: usize, sink: f32) -> f32 {
    let shape = args.input.shape;
    let (d, context) = (shape.head_dim, shape.context);
    let mut sum = 0.0_f64;
    for row in 0..shape.batch * context {
        let at = row * shape.out_width() + head * d;
        let (sequence, position) = (row / context, row % context);
        let lse = args.lse[(sequence * shape.n_heads + head) * context + position];
        let delta = lanes::dot(&args.out[at..at + d], &args.dout[at..at + d]);
        sum -= f64::from(exp(sink - lse) * delta);
    }
    sum as f32
}
