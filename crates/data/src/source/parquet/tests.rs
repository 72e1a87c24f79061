//! Files of the crate's own writer, read back: whole, damaged, and made to do harm.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArrayType, Int32Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::Documents;

const SCHEMA: &str =
    "message m { required int32 id; optional binary text (UTF8); repeated binary tags (UTF8); }";
const ROWS: [Option<&str>; 5] = [Some("one"), None, Some("zwölf\nLines"), Some(" "), Some("one")];

/// A file of two row groups, each with `rows` in `text` and other things beside.
fn written(properties: WriterProperties, rows: &[Option<&[u8]>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        let ids: Vec<i32> = (0..rows.len() as i32).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let values: Vec<ByteArray> =
            rows.iter().flatten().map(|text| ByteArray::from(text.to_vec())).collect();
        let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.is_some())).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
        let none = vec![0; rows.len()];
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[], Some(&none), Some(&none)).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn plain(rows: &[Option<&[u8]>]) -> Vec<u8> {
    written(WriterProperties::builder().build(), rows)
}

fn bytes(rows: &[Option<&'static str>]) -> Vec<Option<&'static [u8]>> {
    rows.iter().map(|row| row.map(str::as_bytes)).collect()
}

/// The documents of a file with these bytes, or its error without the folder's name.
fn read(file: &[u8], options: &SourceOptions) -> Result<Vec<(String, String)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, file).unwrap();
    let shown = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    let documents =
        Documents::open(&path, options).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let documents = documents.map_err(|error| shown(error.to_string()))?;
    Ok(documents.into_iter().map(|document| (document.text, shown(document.origin))).collect())
}

fn read_file(path: &Path) -> Result<Vec<Document>, Error> {
    Documents::open(path, &SourceOptions::default()).and_then(Iterator::collect)
}

fn check_error(file: &[u8], options: &SourceOptions, expected: &[&str]) {
    let message = read(file, options).unwrap_err();
    assert!(expected.iter().all(|word| message.contains(word)), "{message}");
}

fn named(column: &str) -> SourceOptions {
    SourceOptions { column: column.into(), ..SourceOptions::default() }
}

#[test]
fn rows_are_read_in_every_form_that_writers_give_them() {
    let expected = ["1 one", "3 zwölf\nLines", "5 one", "6 one", "8 zwölf\nLines", "10 one"];
    let check = |properties: WriterProperties| {
        let form = format!("{properties:?}");
        let found = read(&written(properties, &bytes(&ROWS)), &SourceOptions::default());
        let found: Vec<String> = found
            .unwrap_or_else(|error| panic!("{error}: {form}"))
            .into_iter()
            .map(|(text, origin)| format!("{} {text}", origin.trim_start_matches("a.parquet:")))
            .collect();
        assert_eq!(found, expected, "{form}");
    };
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let builder = || WriterProperties::builder().set_writer_version(version);
        for codec in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::ZSTD(ZstdLevel::default()),
        ] {
            check(builder().set_compression(codec).set_encoding(Encoding::PLAIN).build());
            check(builder().set_compression(codec).set_data_page_row_count_limit(1).build());
        }
        for encoding in
            [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]
        {
            check(encoded(builder(), encoding));
        }
    }
}

/// The text without a dictionary, in this encoding.
fn encoded(builder: WriterPropertiesBuilder, encoding: Encoding) -> WriterProperties {
    let builder = builder.set_dictionary_enabled(false);
    builder.set_column_encoding("text".into(), encoding).build()
}

#[test]
fn many_rows_of_packed_differences_are_read() {
    let line = |n: usize| format!("{}{}", "word ".repeat(n * n % 700), n % 13);
    let lines: Vec<String> = (0..3000).map(line).collect();
    let rows: Vec<Option<&[u8]>> =
        lines.iter().enumerate().map(|(n, l)| (n % 7 != 1).then_some(l.as_bytes())).collect();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for encoding in [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
            let builder = WriterProperties::builder().set_writer_version(version);
            let file = written(encoded(builder, encoding), &rows);
            let found = read(&file, &SourceOptions::default()).unwrap();
            let expected = rows.iter().chain(&rows).flatten();
            assert!(found.iter().map(|(text, _)| text.as_bytes()).eq(expected.copied()));
        }
    }
}

#[test]
fn columns_are_found_by_name_and_by_path() {
    let schema = "message m { required group message { required binary text (UTF8); } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&["a".into()], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    let file = writer.into_inner().unwrap();
    assert_eq!(read(&file, &named("message.text")).unwrap()[0].0, "a");
    check_error(&file, &named("message"), &["a.parquet:1", "no column", "message.text"]);
}

#[test]
fn columns_without_text_are_refused_with_what_is_there() {
    let file = plain(&bytes(&ROWS));
    check_error(&file, &named("body"), &["no column \"body\"", "[\"text\"]"]);
    check_error(&file, &named("id"), &["expected strings", "got INT32", "name another"]);
    check_error(&file, &named("tags"), &["expected strings", "got lists", "name another"]);
}

#[test]
fn what_is_no_text_is_named_with_its_row() {
    let options = SourceOptions::default();
    let file = plain(&[Some(b"a"), Some(b"ab\xffc")]);
    check_error(&file, &options, &["a.parquet:2", "not UTF-8 at byte 2", "\"text\"", "--lossy"]);
    check_error(&plain(&[Some(b"a\0b")]), &options, &["a.parquet:1", "NUL byte", "at byte 1"]);
    let lossy = SourceOptions { lossy: true, ..options };
    assert_eq!(read(&file, &lossy).unwrap()[1].0, "ab\u{fffd}c");
}

#[test]
fn nothing_to_read_is_an_error() {
    for rows in [&[][..], &[None, None], &[Some(&b"  "[..])]] {
        check_error(&plain(rows), &SourceOptions::default(), &["holds no text"]);
    }
}

#[test]
fn a_long_document_is_read_and_one_beyond_the_limit_is_not() {
    let line = "Ängste ".repeat(1_400_000);
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let file = written(properties, &[Some(line.as_bytes())]);
    assert_eq!(read(&file, &SourceOptions::default()).unwrap()[1].0, line);
    let options = |largest_document| SourceOptions { largest_document, ..SourceOptions::default() };
    assert_eq!(read(&file, &options(line.len() as u64)).unwrap().len(), 2);
    check_error(&file, &options(line.len() as u64 - 1), &["one document is longer than"]);
}

#[test]
fn files_that_are_no_parquet_are_refused() {
    let options = SourceOptions::default();
    check_error(b"", &options, &["no sound Parquet file", "0 bytes", "download it again"]);
    check_error(b"id,text\n1,one\n2,two\n", &options, &["mark PAR1"]);
    check_error(b"PAR1....\xff\xff\xff\x7fPAR1", &options, &["announces 2147483647 bytes"]);
    check_error(b"PAR1....\0\0\0\0PARE", &options, &["encrypted"]);
    let whole = plain(&bytes(&ROWS));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, &whole).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    for length in (0..whole.len() as u64).rev() {
        file.set_len(length).unwrap();
        assert!(read_file(&path).is_err(), "{length} of {}", whole.len());
    }
    let cut = [&whole[..4], &whole[60..]].concat(); // the metadata points behind what is there
    check_error(&cut, &options, &["no sound Parquet file", "at row"]);
}

#[test]
fn no_changed_byte_is_more_than_an_error() {
    let packed = || {
        let gzip = Compression::GZIP(GzipLevel::default());
        let version = WriterVersion::PARQUET_2_0;
        WriterProperties::builder().set_compression(gzip).set_writer_version(version)
    };
    let forms = [
        WriterProperties::builder().build(),
        encoded(packed(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
        encoded(packed().set_compression(Compression::UNCOMPRESSED), Encoding::DELTA_BYTE_ARRAY),
    ];
    let (mut read_anyhow, mut refused, mut miscounted) = (0, 0, 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    for properties in forms {
        let whole = written(properties, &bytes(&ROWS));
        std::fs::write(&path, &whole).unwrap();
        let mut file = File::options().write(true).open(&path).unwrap();
        let mut put = |at: usize, byte: u8| {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        for (at, &sound) in whole.iter().enumerate() {
            for damage in [sound ^ 1, sound ^ 0x80, 0, 0xff] {
                put(at, damage);
                match read_file(&path) {
                    Ok(_) => read_anyhow += 1,
                    Err(error) => {
                        refused += 1;
                        miscounted += error.to_string().matches("other rows than").count();
                    }
                }
            }
            put(at, sound);
        }
    }
    assert!(refused > 500 && read_anyhow > 500, "{refused} refused, {read_anyhow} read");
    // Each of the two row groups of a form announces its rows.
    assert!(miscounted >= 6, "{miscounted}");
}

#[test]
fn announced_counts_are_checked_before_room_is_made_for_them() {
    let check = |bytes: &[u8], rest: Option<&[u8]>| {
        assert_eq!(skip_differences(bytes), rest, "{bytes:?}");
    };
    // Blocks of 128 in 4 parts, one value: no block follows, but what is next.
    check(&[0x80, 1, 4, 1, 10, 7, 7], Some(&[7, 7]));
    check(&[0x80, 1, 4, 0, 0], Some(&[]));
    // Two values: a block of which only the first part, of one bit a value, is there.
    let two = [0x80, 1, 4, 2, 10, 0, 1, 9, 9, 9, 0xaa, 0xaa, 0xaa, 0xaa, 7];
    check(&two, Some(&[7]));
    for length in 0..two.len() - 1 {
        check(&two[..length], None);
    }
    check(&[0x80, 1, 0, 2, 10, 0, 0], None);
    check(&[0, 4, 2, 10, 0, 0, 0, 0, 0], None);
    // One block of all values, in few bytes: 2 to the 14th is fine, 2 to the 42nd is not.
    let one_block = |zeros: usize| {
        let number = [&vec![0x80; zeros][..], &[1]].concat();
        [&number[..], &[1], &number, &[0, 0, 0]].concat()
    };
    check(&one_block(2), Some(&[]));
    check(&one_block(6), None);
    check(&[&[0x80, 1, 4][..], &[0xff; 12], &[1, 10], &[0; 99]].concat(), None);
}

#[test]
fn a_dictionary_holds_what_it_announces() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&plain(&bytes(&ROWS))).unwrap();
    let file = SerializedFileReader::new(file).unwrap();
    let inner = file.get_row_group(0).unwrap().get_column_page_reader(1).unwrap();
    let pages = Pages { inner, levels: 0 };
    let page = |num_values, encoding| Page::DictionaryPage {
        buf: vec![0; 40].into(),
        num_values,
        encoding,
        is_sorted: false,
    };
    assert!(pages.check(&page(10, Encoding::PLAIN)).is_ok());
    assert!(pages.check(&page(11, Encoding::PLAIN)).is_err());
    assert!(pages.check(&page(u32::MAX, Encoding::PLAIN)).is_err());
}

#[test]
fn a_gzip_that_never_ends_is_found_wherever_it_begins() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&vec![b'a'; 1 << 20]).unwrap();
    let bomb = gzip.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let decoy = [&GZIP_MARK[..], b"levels"].concat();
    std::fs::write(&path, [&decoy[..], &bomb].concat()).unwrap();
    let length = (decoy.len() + bomb.len()) as u64;
    assert!(holds_bomb(&path, (0, length), (1 << 20) - 1).unwrap());
    assert!(!holds_bomb(&path, (0, length), 1 << 20).unwrap());
    assert!(!holds_bomb(&path, (0, 9), 10).unwrap(), "only this part of the file");
}
