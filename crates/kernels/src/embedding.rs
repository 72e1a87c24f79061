//! Rows of a table by their numbers, and the gradient: sums back into those rows.
//!
//! Learned position embeddings are a second table added with [`gather_add`].

use crate::element::Element;
use crate::parallel;

/// Rows done together.
const ROWS: usize = 64;

/// `y[i] = table[ids[i]]`; rows of `width`.
pub fn gather<E: Element>(table: &[E], width: usize, ids: &[u32], y: &mut [f32]) {
    check("gather", table.len(), width, ids, y.len());
    parallel::rows_mut(y, width, ROWS, |row, y| {
        for (y, id) in y.chunks_exact_mut(width).zip(&ids[row..]) {
            let source = &table[*id as usize * width..][..width];
            y.iter_mut().zip(source).for_each(|(y, t)| *y = t.to_f32());
        }
    });
}

/// `y[i] += table[ids[i]]`; rows of `width`.
pub fn gather_add<E: Element>(table: &[E], width: usize, ids: &[u32], y: &mut [f32]) {
    check("gather_add", table.len(), width, ids, y.len());
    parallel::rows_mut(y, width, ROWS, |row, y| {
        for (y, id) in y.chunks_exact_mut(width).zip(&ids[row..]) {
            let source = &table[*id as usize * width..][..width];
            y.iter_mut().zip(source).for_each(|(y, t)| *y += t.to_f32());
        }
    });
}

/// `dtable[j] = Σ dy[i]` over the `i` with `ids[i] = j`, in order of `i`.
///
/// Every row of the table belongs to one task, so no two threads add to the same place.
pub fn scatter_add(ids: &[u32], width: usize, dy: &[f32], dtable: &mut [f32]) {
    check("scatter_add", dtable.len(), width, ids, dy.len());
    let mut order: Vec<(u32, u32)> = ids.iter().zip(0..).map(|(&id, i)| (id, i)).collect();
    order.sort_unstable();
    parallel::rows_mut(dtable, width, ROWS, |first, rows| {
        rows.fill(0.0);
        let end = first + rows.len() / width;
        let from = order.partition_point(|&(id, _)| (id as usize) < first);
        for &(id, i) in order[from..].iter().take_while(|&&(id, _)| (id as usize) < end) {
            let target = &mut rows[(id as usize - first) * width..][..width];
            let source = &dy[i as usize * width..][..width];
            target.iter_mut().zip(source).for_each(|(t, s)| *t += s);
        }
    });
}

fn check(op: &str, table: usize, width: usize, ids: &[u32], y: usize) {
    assert!(width > 0 && table.is_multiple_of(width), "{op}: the table is no whole number of rows");
    assert_eq!(y, ids.len() * width, "{op}: one row an id is needed");
    let rows = table / width;
    let most = ids.iter().max().map_or(0, |&id| id as usize + 1);
    assert!(most <= rows, "{op}: id {} in a table of {rows} rows", most.wrapping_sub(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_and_positions_are_added() {
        let table: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let mut y = [f32::NAN; 9];
        gather(&table, 3, &[3, 0, 3], &mut y);
        assert_eq!(y, [9., 10., 11., 0., 1., 2., 9., 10., 11.]);
        gather_add(&table, 3, &[0, 1, 2], &mut y);
        assert_eq!(y, [9., 11., 13., 3., 5., 7., 15., 17., 19.]);
    }

    #[test]
    fn the_gradient_is_the_plain_sum_in_order() {
        for (vocab, width, n) in [(1, 1, 3), (5, 7, 40), (700, 33, 900)] {
            let ids: Vec<u32> = (0..n).map(|i| (i * i % 71 % vocab) as u32).collect();
            let dy: Vec<f32> = (0..n * width).map(|i| (i as f32).sin()).collect();
            let mut expected = vec![0.0_f32; vocab * width];
            for (i, id) in ids.iter().enumerate() {
                for c in 0..width {
                    expected[*id as usize * width + c] += dy[i * width + c];
                }
            }
            let mut dtable = vec![f32::NAN; vocab * width];
            scatter_add(&ids, width, &dy, &mut dtable);
            assert_eq!(dtable, expected);
        }
    }
}
