//! Apache Parquet: one document a row, the text in a column of strings.
//!
//! The column may be plain, or compressed with Snappy, gzip or Zstandard; one inside of a struct is
//! named by its path (`message.text`). Rows without a value are passed over as empty ones are.
//! Values are read one by one through the crate's column reader, not as its `Row`s: a row would give
//! a value that is no UTF-8 as an error without its place, or not at all.
//!
//! The crate panics on some damaged files and asks for memory that damaged ones announce. So
//! [`footer`] checks the schema before, [`Pages`] each page's counts, and [`guarded`] makes errors
//! of panics. The format itself holds a page below 2 GiB; what gzip makes of one is measured first.
//! Left out on purpose: lists of strings, encryption, Brotli and LZ4.

mod footer;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, ConvertedType, Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::ReadOptionsBuilder;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::compressed::decode;
use super::{Document, InFile, SourceOptions, listed};
use crate::Error;

/// The most bytes of a page, as the format has it.
const LARGEST_PAGE: u64 = i32::MAX as u64;
/// The most values of a page: a thousand times what writers put there.
const MOST_VALUES: u64 = 1 << 24;
const GZIP_MARK: [u8; 3] = [0x1f, 0x8b, 8];

/// Nothing: Parquet is here.
pub(super) fn check_built(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Opens a file at its first row.
pub(super) fn open(path: &Path, options: &SourceOptions) -> Result<InFile<Document>, Error> {
    Ok(Box::new(Rows::open(path, options)?))
}

struct Rows {
    path: PathBuf,
    file: SerializedFileReader<File>,
    name: String,
    column: usize,
    lossy: bool,
    limit: u64,
    next_group: usize,
    group: Option<Group>,
    /// Rows that were given so far.
    row: u64,
}

/// What is left of a row group.
struct Group {
    values: ColumnReaderImpl<ByteArrayType>,
    rows_left: i64,
}

impl Rows {
    fn open(path: &Path, options: &SourceOptions) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let damaged = |reason| Error::Parquet { path: path.to_path_buf(), reason };
        footer::check(&mut file).map_err(damaged)?;
        let pages = ReaderProperties::builder().set_read_page_statistics(false).build();
        let reading = ReadOptionsBuilder::new().with_reader_properties(pages).build();
        let file = guarded(|| SerializedFileReader::new_with_options(file, reading));
        let file = file.map_err(damaged)?;
        let (name, path) = (options.column.clone(), path.to_path_buf());
        let (lossy, limit) = (options.lossy, options.largest_document);
        let schema = file.metadata().file_metadata().schema_descr();
        let column = find(schema, &name).map_err(|reason| record(&path, 1, reason))?;
        Ok(Self { path, file, name, column, lossy, limit, next_group: 0, group: None, row: 0 })
    }

    fn advance(&mut self) -> Result<Option<Document>, Error> {
        loop {
            let Some(group) = &mut self.group else {
                if self.next_group == self.file.num_row_groups() {
                    return Ok(None);
                }
                self.group = Some(self.open_group()?);
                self.next_group += 1;
                continue;
            };
            match group.value().map_err(|reason| self.damaged(&reason))? {
                Some(value) => {
                    self.row += 1;
                    return self.document(&value).map(Some);
                }
                None => self.group = None,
            }
        }
    }

    fn open_group(&self) -> Result<Group, Error> {
        let column = guarded(|| {
            let group = self.file.metadata().row_group(self.next_group);
            Ok((group.num_rows(), group.column(self.column).clone()))
        });
        let (rows_left, column) = column.map_err(|reason| self.damaged(&reason))?;
        self.check_codec(&column)?;
        let values = guarded(|| {
            let group = self.file.get_row_group(self.next_group)?;
            let levels = column.column_descr().max_def_level();
            let inner = group.get_column_page_reader(self.column)?;
            match get_column_reader(column.column_descr_ptr(), Box::new(Pages { inner, levels })) {
                ColumnReader::ByteArrayColumnReader(values) => Ok(values),
                _ => Err(ParquetError::General("a column that changes its type".into())),
            }
        });
        Ok(Group { values: values.map_err(|reason| self.damaged(&reason))?, rows_left })
    }

    /// A codec that is read, and no gzip that never ends.
    fn check_codec(&self, column: &ColumnChunkMetaData) -> Result<(), Error> {
        let codec = column.compression();
        if !matches!(codec, Compression::GZIP(_)) {
            let known = matches!(
                codec,
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)
            );
            let reason = format!(
                "column {:?} is compressed with {codec}; expected none, Snappy, gzip or Zstandard: write the file again with one of these",
                self.name
            );
            return if known { Ok(()) } else { Err(record(&self.path, self.row + 1, reason)) };
        }
        let range = guarded(|| Ok(column.byte_range())).map_err(|reason| self.damaged(&reason))?;
        match holds_bomb(&self.path, range, LARGEST_PAGE).map_err(Error::io(&self.path))? {
            false => Ok(()),
            true => Err(self.damaged("a page of more than 2 GiB")),
        }
    }

    fn document(&self, value: &ByteArray) -> Result<Document, Error> {
        if value.len() as u64 > self.limit {
            return Err(Error::TooLong { path: self.path.clone(), limit: self.limit });
        }
        let text = decode(&self.path, self.lossy, value.data().to_vec(), 0);
        let text = text.map_err(|error| match error {
            Error::NotText { offset, found, .. } => {
                let reason = format!(
                    "{found} at byte {offset} of column {:?}; expected UTF-8 text: name a column with text, or pass --lossy to replace such bytes",
                    self.name
                );
                record(&self.path, self.row, reason)
            }
            other => other,
        })?;
        Ok(Document { text, origin: format!("{}:{}", self.path.display(), self.row) })
    }

    fn damaged(&self, reason: &str) -> Error {
        let reason = format!("{reason} (at row {})", self.row + 1);
        Error::Parquet { path: self.path.clone(), reason }
    }
}

impl Iterator for Rows {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl Group {
    /// The next row's value, empty where there is none; `None` at the end of the row group.
    fn value(&mut self) -> Result<Option<ByteArray>, String> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let read = || self.values.read_records(1, Some(&mut levels), None, &mut values);
        let n_rows = guarded(read)?.0;
        self.rows_left -= n_rows as i64;
        match n_rows {
            0 if self.rows_left == 0 => Ok(None),
            0 => Err("other rows than the file announces".into()),
            _ => Ok(Some(values.pop().unwrap_or_else(|| ByteArray::from(Vec::new())))),
        }
    }
}

/// The pages of a column, none of which announces more than it can hold.
struct Pages {
    inner: Box<dyn PageReader>,
    /// Above zero: a version 1 page begins with the rows that have a value.
    levels: i16,
}

impl Pages {
    fn check(&self, page: &Page) -> Result<(), String> {
        let bytes: &[u8] = page.buffer();
        if u64::from(page.num_values()) > MOST_VALUES {
            return Err(format!("a page of {} values", page.num_values()));
        }
        let levels = match page {
            // Each value is four bytes of its length and the value itself.
            Page::DictionaryPage { num_values, .. } => {
                let is_sound = *num_values as usize <= bytes.len() / 4;
                return is_sound.then_some(()).ok_or("a dictionary of more than it holds".into());
            }
            Page::DataPage { .. } if self.levels == 0 => 0,
            Page::DataPage { .. } => match bytes.first_chunk() {
                Some(&length) => 4 + u64::from(u32::from_le_bytes(length)),
                None => return Err("a page that ends early".into()),
            },
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)
            }
        };
        let n_counts = match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2, // of what each value shares with the last, and of what it adds
            _ => 0,
        };
        let mut rest = usize::try_from(levels).ok().and_then(|levels| bytes.get(levels..));
        for _ in 0..n_counts {
            rest = rest.and_then(skip_differences);
        }
        let wrong = "a page that ends early, or announces more values than a page has";
        rest.map(drop).ok_or(wrong.into())
    }
}

/// What follows numbers packed as differences (DELTA_BINARY_PACKED in Encodings.md), if they are
/// there and not too many.
fn skip_differences(mut bytes: &[u8]) -> Option<&[u8]> {
    let [block, parts, count] = [(); 3].map(|()| number(&mut bytes).filter(|&n| n <= MOST_VALUES));
    let (block, parts, count) = (block?, parts?, count?);
    number(&mut bytes)?; // the first value, which is none of the differences
    let mut left = count.saturating_sub(1);
    while left > 0 {
        number(&mut bytes)?; // the least difference of the block
        let (widths, rest) = bytes.split_at_checked(usize::try_from(parts).ok()?)?;
        bytes = rest;
        for &width in widths {
            let values = block.checked_div(parts).filter(|&values| values > 0)?;
            if left > 0 {
                bytes = bytes.get(usize::try_from(u64::from(width) * values / 8).ok()?..)?;
            }
            left = left.saturating_sub(values);
        }
        if widths.is_empty() {
            return None;
        }
    }
    Some(bytes)
}

/// A number of seven bits a byte, taken from the front.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let more = bytes.iter().take(9).take_while(|&&byte| byte >= 128).count();
    let (digits, rest) = bytes.split_at_checked(more + 1)?;
    *bytes = rest;
    Some(digits.iter().rev().fold(0, |n, &byte| n << 7 | u64::from(byte & 127)))
}

impl Iterator for Pages {
    type Item = parquet::errors::Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> parquet::errors::Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.iter().try_for_each(|page| self.check(page)).map_err(ParquetError::General)?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> parquet::errors::Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> parquet::errors::Result<()> {
        self.inner.skip_next_page()
    }
}

/// The place of the column with the text; or what there is instead, for a user to choose from.
fn find(schema: &SchemaDescriptor, name: &str) -> Result<usize, String> {
    let columns = schema.columns();
    let path = |column: &ColumnDescriptor| column.path().string();
    let Some(found) = columns.iter().position(|column| path(column) == name) else {
        let text = columns.iter().filter(|column| kind(column).is_ok());
        let names = listed(text.map(|column| path(column)));
        return Err(format!("there is no column {name:?}; name the column with the text: {names}"));
    };
    match kind(&columns[found]) {
        Ok(()) => Ok(found),
        Err(kind) => {
            Err(format!("expected strings in column {name:?}, got {kind}; name another column"))
        }
    }
}

/// What is in a column, unless it is strings. Old writers leave strings unmarked.
fn kind(column: &ColumnDescriptor) -> Result<(), String> {
    let marks =
        [ConvertedType::NONE, ConvertedType::UTF8, ConvertedType::ENUM, ConvertedType::JSON];
    match (column.max_rep_level(), column.physical_type(), column.converted_type()) {
        (0, Type::BYTE_ARRAY, mark) if marks.contains(&mark) => Ok(()),
        (0, kind, ConvertedType::NONE) => Err(kind.to_string()),
        (0, kind, mark) => Err(format!("{kind} as {mark}")),
        _ => Err("lists".into()),
    }
}

/// Whether something that gzip made inside of this part of the file stands for more than `most`
/// bytes. Where pages begin only the crate knows; marks in other places end soon.
fn holds_bomb(path: &Path, (start, length): (u64, u64), most: u64) -> io::Result<bool> {
    let (mut file, mut bytes) = (File::open(path)?, Vec::new());
    file.seek(SeekFrom::Start(start))?;
    file.take(length).read_to_end(&mut bytes)?;
    let marks = bytes.windows(3).enumerate().filter(|(_, window)| *window == GZIP_MARK);
    Ok({ marks }.any(|(at, _)| {
        let made = flate2::read::MultiGzDecoder::new(&bytes[at..]).take(most + 1);
        io::copy(&mut { made }, &mut io::sink()).is_ok_and(|length| length > most)
    }))
}

fn record(path: &Path, line: u64, reason: String) -> Error {
    Error::Record { path: path.to_path_buf(), line, reason }
}

/// Calls the crate; an error or a panic of its becomes words. What it was at is not used again.
fn guarded<T>(call: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::General(m) | ParquetError::EOF(m) | ParquetError::NYI(m))) => Err(m),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its parts contradict each other".into()),
    }
}

#[cfg(test)]
mod tests;
