//! Rotary positions, fused and in Burn's own operations, column by column.

use ops::rope::{Layout, Rope, RopeTable};

use super::*;

const ROWS: usize = 10;

/// The factors of every column of a head and of its partner, `(2, 5, 1)` each: a column that does not
/// turn is itself.
struct Column {
    partner: usize,
    own: Tensor<3>,
    other: Tensor<3>,
}

fn columns(layout: Layout, law: &[f64], magnitude: f64, places: &[u32]) -> Vec<Column> {
    let factors = |of: &dyn Fn(usize) -> f64| {
        let all: Vec<f32> = (0..ROWS).map(|row| of(row) as f32).collect();
        Tensor::from_data(TensorData::new(all, [2, 5, 1]), &Device::flex()).autodiff()
    };
    let half = layout.turned / 2;
    let column = |c: usize| {
        if c >= layout.turned {
            return Column { partner: c, own: factors(&|_| 1.0), other: factors(&|_| 0.0) };
        }
        let (point, second) = match layout.interleaved {
            true => (c / 2, c % 2 == 1),
            false => (c % half, c >= half),
        };
        let step = if layout.interleaved { 1 } else { half };
        let partner = if second { c - step } else { c + step };
        let sign = if second { magnitude } else { -magnitude };
        let angle = |row: usize| f64::from(law[point] as f32 * places[row] as f32);
        let own = factors(&|row| magnitude * angle(row).cos());
        Column { partner, own, other: factors(&|row| sign * angle(row).sin()) }
    };
    (0..layout.head_dim).map(column).collect()
}

#[test]
fn both_bodies_turn_column_by_column() {
    let (heads, n_turned) = (4, 3);
    let places: Vec<u32> = (0..ROWS as u32).map(|i| i % 5 + 2).collect();
    for (head_dim, turned, interleaved, magnitude) in
        [(6, 6, false, 1.0), (6, 6, true, 1.0), (7, 4, false, 1.1), (7, 4, true, 0.9)]
    {
        let layout = Layout { head_dim, turned, interleaved };
        let law: Vec<f64> = (0..turned / 2).map(|i| 0.7 / (i + 1) as f64).collect();
        let columns = columns(layout, &law, magnitude, &places);
        let table = Arc::new(RopeTable::new(layout, &law, magnitude, 8));
        let with = Rope { table, positions: Arc::from(places.as_slice()), n_turned };
        let leaves = Leaves { three: vec![leaf([2, 5, heads * head_dim], 1)], ..Leaves::default() };
        let expected = |l: &Leaves| {
            let at = |column: usize| l.three[0].clone().narrow(2, column, 1);
            let one = |c: usize| {
                let (head, column) = (c / head_dim * head_dim, &columns[c % head_dim]);
                if c >= n_turned * head_dim {
                    return at(c);
                }
                at(c) * column.own.clone() + at(head + column.partner) * column.other.clone()
            };
            Tensor::cat((0..heads * head_dim).map(one).collect(), 2)
        };
        let fused = |l: &Leaves| ops::rope::rope(l.three[0].clone(), with.clone());
        check(&format!("{layout:?}"), &leaves, fused, expected, 1e-5);
        let body = |l: &Leaves| ops::rope::plain(l.three[0].clone(), &with);
        check(&format!("{layout:?}, plain"), &leaves, body, expected, 1e-5);
    }
}
