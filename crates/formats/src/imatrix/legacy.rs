//! The older form: every length is held against what is left before anything is made of it.

use super::{Entry, Imatrix};
use crate::dtype::words;

/// The longest name that is read.
const LONGEST_NAME: usize = 4096;

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, left) = self.left.split_at_checked(n).ok_or_else(|| {
            format!("it ends early: {n} bytes are announced, {} are left", self.left.len())
        })?;
        self.left = left;
        Ok(taken)
    }

    fn number(&mut self) -> Result<i32, String> {
        let bytes = self.take(4)?;
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn size(&mut self, of: &str, most: usize) -> Result<usize, String> {
        let n = self.number()?;
        let size = usize::try_from(n).ok().filter(|n| *n <= most);
        size.ok_or_else(|| format!("{n} is no number of {of}; at most {most} can be"))
    }

    fn text(&mut self) -> Result<String, String> {
        let n = self.size("bytes of a name", LONGEST_NAME)?;
        Ok(String::from_utf8_lossy(self.take(n)?).into_owned())
    }

    fn entry(&mut self) -> Result<(String, Entry), String> {
        let name = self.text()?;
        let calls = self.number()?.max(0);
        let n = self.size("columns", self.left.len() / 4)?;
        let sums = words(self.take(4 * n)?).map(f32::from_le_bytes).collect();
        // Means are there where nothing was counted.
        let entry = Entry::new(sums, vec![if calls == 0 { 1.0 } else { calls as f32 }]);
        let entry = entry.map_err(|why| format!("{name:?}: {why}"))?;
        Ok((name, entry))
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Imatrix, String> {
    /// Bytes of the shortest entry: no name, one number.
    const LEAST: usize = 4 * 4;
    let mut reader = Reader { left: bytes };
    let n = reader.size("entries", bytes.len() / LEAST)?;
    if n == 0 {
        return Err("it has no entries".into());
    }
    let mut read = Imatrix::default();
    for _ in 0..n {
        let (name, entry) = reader.entry()?;
        if read.entries.insert(name.clone(), entry).is_some() {
            return Err(format!("{name:?} is there twice"));
        }
    }
    // What follows was added later, and says nothing that is needed.
    read.chunks = reader.number().map_or(0, |chunks| chunks.max(0).cast_unsigned());
    read.datasets = reader.text().into_iter().collect();
    Ok(read)
}
