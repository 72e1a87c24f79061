//! Version 0, tensor by tensor.

use std::io::Write;
use std::path::Path;

use super::{COSINES, FORMAT, SINES, Sizes, Version};
use crate::Error;

/// The base of RoPE's frequencies, which the format has no place for.
const THETA: f64 = 10_000.0;

/// Writes a file, whole or not at all. `values` gives the tensor of a name, row-major.
///
/// # Errors
/// [`Error::Invalid`] for sizes that make no model, [`Error::Tensor`] for values that do not fill their
/// shape, [`Error::Io`], and what `values` says.
pub fn write<E: From<Error>>(
    path: &Path,
    sizes: &Sizes,
    mut values: impl FnMut(&str) -> Result<Vec<f32>, E>,
) -> Result<(), E> {
    if let Some(why) = sizes.flaw() {
        return Err(Error::invalid(path, FORMAT, why).into());
    }
    let mut failed = None;
    let written = stdx::atomic_file::write_with(path, |out| {
        out.write_all(&header(sizes))?;
        for kind in sizes.kinds(Version::Zero) {
            for name in kind.names() {
                let tensor = match kind.name {
                    COSINES => Ok(table(sizes, f64::cos)),
                    SINES => Ok(table(sizes, f64::sin)),
                    _ => values(&name),
                };
                match tensor.and_then(|tensor| filled(path, &name, &kind.shape, tensor)) {
                    Ok(tensor) => {
                        tensor.iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))?
                    }
                    Err(error) => {
                        failed = Some(error);
                        return Err(std::io::Error::other("a tensor failed"));
                    }
                }
            }
        }
        Ok(())
    });
    match (failed, written) {
        (Some(error), _) => Err(error),
        (None, written) => Ok(written.map_err(Error::io(path))?),
    }
}

/// The values, if they are as many as the shape takes.
fn filled<E: From<Error>>(
    path: &Path,
    name: &str,
    shape: &[usize],
    values: Vec<f32>,
) -> Result<Vec<f32>, E> {
    if values.len() == shape.iter().product::<usize>() {
        return Ok(values);
    }
    let reason = format!("shape {shape:?} takes no {} values", values.len());
    Err(Error::Tensor { path: path.to_path_buf(), name: name.to_string(), reason }.into())
}

fn header(sizes: &Sizes) -> Vec<u8> {
    let number = |(name, size): (&str, usize)| {
        let size = i32::try_from(size).unwrap_or(i32::MAX); // The sizes were checked.
        if name == "vocab_size" && !sizes.tied { -size } else { size }
    };
    sizes.named().into_iter().flat_map(|named| number(named).to_le_bytes()).collect()
}

/// RoPE's cosines or sines, a row a position.
fn table(sizes: &Sizes, of: fn(f64) -> f64) -> Vec<f32> {
    let head_dim = sizes.dim / sizes.n_heads;
    let frequency = |i: usize| THETA.powf(-(2.0 * i as f64) / head_dim as f64);
    let angles = (0..sizes.seq_len).flat_map(|p| (0..head_dim / 2).map(move |i| (p, i)));
    angles.map(|(p, i)| of(p as f64 * frequency(i)) as f32).collect()
}
