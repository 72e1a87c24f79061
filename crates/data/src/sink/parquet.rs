//! Apache Parquet: rows of numbers and strings, no value missing, Zstandard within.
//!
//! Rows are held back until they fill a row group, which is bounded in rows and in bytes: a writer
//! needs as much memory for a terabyte as for a megabyte, and so does a reader. Words that return get
//! a dictionary, texts none: it would be thrown away after a page of them. Numbers and words have
//! their least and greatest in the footer; of texts these would be the texts. Left out on purpose:
//! columns in columns, lists, empty cells.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::{Cell, Kind};
use crate::Error;

/// Rows of a row group at most.
const MOST_ROWS: usize = 1 << 16;
/// Bytes of strings of a row group at most, but for its last row.
const MOST_BYTES: usize = 1 << 25;

/// Nothing: Parquet is here.
///
/// # Errors
/// None.
pub fn check_built(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// A table on its way into a file. Without [`ParquetWriter::finish`] it is no Parquet file.
pub struct ParquetWriter<W: Write + Send> {
    inner: SerializedFileWriter<W>,
    columns: Vec<Values>,
    n_rows: usize,
    n_bytes: usize,
}

/// What waits for its row group.
enum Values {
    Numbers(Vec<i64>),
    Strings(Vec<ByteArray>),
}

impl<W: Write + Send> ParquetWriter<W> {
    /// A table of these columns, without rows.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(out: W, columns: &[(&str, Kind)]) -> io::Result<Self> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(Default::default()))
            .set_max_row_group_row_count(None)
            .set_statistics_enabled(EnabledStatistics::Chunk);
        for (name, _) in columns.iter().filter(|(_, kind)| matches!(kind, Kind::Text | Kind::Json))
        {
            let path = ColumnPath::from(*name);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path, EnabledStatistics::None);
        }
        let schema = schema(columns).map_err(in_words)?;
        let inner = SerializedFileWriter::new(out, schema, Arc::new(properties.build()));
        let values = |(_, kind): &(&str, Kind)| match kind {
            Kind::Number => Values::Numbers(Vec::new()),
            _ => Values::Strings(Vec::new()),
        };
        let columns = columns.iter().map(values).collect();
        Ok(Self { inner: inner.map_err(in_words)?, columns, n_rows: 0, n_bytes: 0 })
    }

    /// One more row, with a cell for each column.
    ///
    /// # Errors
    /// What `out` says; [`io::ErrorKind::InvalidInput`] for a row that does not fit the columns.
    pub fn push(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        let fits = |(values, cell): (&Values, &Cell<'_>)| {
            matches!(values, Values::Numbers(_)) == matches!(cell, Cell::Number(_))
        };
        if row.len() != self.columns.len() || !self.columns.iter().zip(row).all(fits) {
            let (n, expected) = (row.len(), self.columns.len());
            let reason = format!("a row of {n} cells that does not fit {expected} columns");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        for (values, cell) in self.columns.iter_mut().zip(row) {
            match (values, cell) {
                (Values::Numbers(numbers), Cell::Number(number)) => numbers.push(*number),
                (Values::Strings(strings), Cell::Text(text)) => {
                    self.n_bytes += text.len();
                    strings.push(ByteArray::from(text.as_bytes().to_vec()));
                }
                _ => {}
            }
        }
        self.n_rows += 1;
        if self.n_rows >= MOST_ROWS || self.n_bytes >= MOST_BYTES {
            self.end_group()
        } else {
            Ok(())
        }
    }

    /// Writes what waits, and the footer.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(mut self) -> io::Result<()> {
        if self.n_rows > 0 {
            self.end_group()?;
        }
        self.inner.into_inner().map_err(in_words)?.flush()
    }

    fn end_group(&mut self) -> io::Result<()> {
        (self.n_rows, self.n_bytes) = (0, 0);
        write_group(&mut self.inner, &mut self.columns).map_err(in_words)
    }
}

/// Writes the values as a row group and forgets them.
fn write_group<W: Write + Send>(
    out: &mut SerializedFileWriter<W>,
    columns: &mut [Values],
) -> Result<(), ParquetError> {
    let mut group = out.next_row_group()?;
    for values in columns {
        let missing = || ParquetError::General("fewer columns than the schema has".into());
        let mut column = group.next_column()?.ok_or_else(missing)?;
        match values {
            Values::Numbers(numbers) => {
                column.typed::<Int64Type>().write_batch(numbers, None, None)?;
                numbers.clear();
            }
            Values::Strings(strings) => {
                column.typed::<ByteArrayType>().write_batch(strings, None, None)?;
                strings.clear();
            }
        }
        column.close()?;
    }
    group.close().map(drop)
}

fn schema(columns: &[(&str, Kind)]) -> Result<TypePtr, ParquetError> {
    let column = |(name, kind): &(&str, Kind)| {
        let (physical, logical, converted) = match kind {
            Kind::Number => (Physical::INT64, None, ConvertedType::NONE),
            // The older mark stands beside the newer: some readers know only one of them.
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json), ConvertedType::JSON),
            _ => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
        };
        let column = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .with_converted_type(converted);
        column.build().map(Arc::new)
    };
    let fields = columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}

/// The error of the system underneath, where there is one.
fn in_words(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => *source,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Documents, SourceOptions};

    const COLUMNS: [(&str, Kind); 4] =
        [("genre", Kind::Word), ("id", Kind::Number), ("text", Kind::Text), ("truth", Kind::Json)];

    fn written(n: i64, text: impl Fn(i64) -> String) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = ParquetWriter::new(&mut bytes, &COLUMNS).unwrap();
        for i in 0..n {
            let (text, truth) = (text(i), format!("{{\"n\": {i}}}"));
            let row = [Cell::Text("story"), Cell::Number(i), Cell::Text(&text), Cell::Text(&truth)];
            writer.push(&row).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    fn column(bytes: &[u8], column: &str) -> Result<Vec<String>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, bytes).unwrap();
        let options = SourceOptions { column: column.into(), ..SourceOptions::default() };
        let documents = Documents::open(&path, &options)?;
        documents.map(|document| document.map(|document| document.text)).collect()
    }

    #[test]
    fn rows_are_read_as_they_were_written_beyond_one_row_group() {
        let n = MOST_ROWS as i64 + 3;
        let bytes = written(n, |i| format!("Zwölf 村 {i}\n"));
        let texts = column(&bytes, "text").unwrap();
        assert_eq!(texts.len() as i64, n);
        assert!(texts.iter().enumerate().all(|(i, text)| *text == format!("Zwölf 村 {i}\n")));
        assert_eq!(column(&bytes, "truth").unwrap()[MOST_ROWS], format!("{{\"n\": {MOST_ROWS}}}"));
        assert_eq!(column(&bytes, "genre").unwrap()[0], "story");
    }

    #[test]
    fn a_table_may_be_empty_and_a_row_group_is_bounded_in_bytes() {
        let error = column(&written(0, |_| String::new()), "text").unwrap_err();
        assert!(matches!(error, Error::Empty { .. }), "whole, and without rows: {error}");
        let mut writer = ParquetWriter::new(Vec::new(), &[("text", Kind::Text)]).unwrap();
        let long = "x".repeat(MOST_BYTES / 4 + 1);
        (0..7).for_each(|_| writer.push(&[Cell::Text(&long)]).unwrap());
        assert_eq!(writer.inner.flushed_row_groups().len(), 1);
        assert_eq!(writer.inner.flushed_row_groups()[0].num_rows(), 4);
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let mut writer = ParquetWriter::new(Vec::new(), &COLUMNS[..2]).unwrap();
        for row in [&[Cell::Text("a")][..], &[Cell::Text("a"), Cell::Text("b")]] {
            let error = writer.push(row).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
        }
        writer.push(&[Cell::Text("a"), Cell::Number(1)]).unwrap();
    }

    /// A disk with room for so many bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_called_that() {
        let mut writer = ParquetWriter::new(Disk(100), &[("text", Kind::Text)]).unwrap();
        let noise =
            |i: u32| (0..9999).map(|j| char::from(33 + (i * 7919 * j % 89) as u8)).collect();
        (1..9).for_each(|i| writer.push(&[Cell::Text(&{ noise }(i) as &String)]).unwrap());
        assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
