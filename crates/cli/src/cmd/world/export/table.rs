//! Parquet: a row a text, with turns and truth as JSON in strings.

use std::io;
use std::path::Path;

use data::sink::{Cell, Kind, ParquetWriter};

use super::Stream;

const COLUMNS: [(&str, Kind); 6] = [
    ("genre", Kind::Word),
    ("id", Kind::Number),
    ("split", Kind::Word),
    ("text", Kind::Text),
    ("turns", Kind::Json),
    ("truth", Kind::Json),
];

pub(super) fn write(path: &Path, stream: &mut Stream<'_>) -> io::Result<()> {
    stdx::atomic_file::write_with(path, |out| {
        let mut table = ParquetWriter::new(out, &COLUMNS)?;
        while let Some(sample) = stream.next()? {
            let too_large = |_| io::Error::other(format!("{} is too large an id", sample.id));
            let turns = serde_json::to_string(&sample.turns)?;
            let truth = serde_json::to_string(&sample.truth)?;
            table.push(&[
                Cell::Text(sample.genre.name()),
                Cell::Number(i64::try_from(sample.id).map_err(too_large)?),
                Cell::Text(sample.split.name()),
                Cell::Text(&sample.text),
                Cell::Text(&turns),
                Cell::Text(&truth),
            ])?;
        }
        table.finish()
    })
}
