//! What is done with weights: every tensor is read, whole and by rows.

use formats::{Dtype, Error, Tensors};

/// A tensor may repeat the numbers of a file to so many, however small the file is.
const MOST_REPEATED: usize = 1 << 20;

/// As many tensors are read: more are more of the same, and slow.
const MOST: usize = 64;

/// Reads what was found in a file of so many bytes: an error or tensors that can be read, never a panic.
pub fn read(found: Result<impl Tensors, Error>, file_bytes: usize) {
    let Ok(file) = found else { return };
    for name in file.names().take(MOST) {
        let view = file.view(name).expect("a name that was told");
        let count: usize = view.shape().iter().product();
        assert!(count <= file_bytes.max(MOST_REPEATED), "{count} numbers of {file_bytes} bytes");
        assert_eq!(view.bytes().len(), count * view.dtype().bytes());
        let (whole, _) = (view.f32(), view.i64());
        assert!(whole.is_ok() || view.dtype() != Dtype::F32, "{whole:?}");
        let Some(&rows) = view.shape().first() else { continue };
        assert!(rows == usize::MAX || view.f32_rows(0, rows + 1).is_err());
        if let Ok(whole) = whole {
            let parts = [(0, rows / 2), (rows / 2, rows)];
            let parts = parts.map(|(from, to)| view.f32_rows(from, to).expect("rows of a tensor"));
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&parts.concat()), bits(&whole));
        }
    }
}
