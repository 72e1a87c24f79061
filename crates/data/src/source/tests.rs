//! Every kind of file, plain and compressed, whole, damaged and hostile.

use std::fs;
use std::io::Write;

use super::*;

/// A folder of these files, `.gz` and `.zst` ones compressed on the way.
pub(super) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, compressed(name, bytes)).unwrap();
    }
    folder
}

pub(super) fn compressed(name: &str, bytes: &[u8]) -> Vec<u8> {
    if name.to_lowercase().ends_with(".gz") {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    } else if name.ends_with(".zst") {
        zstd::encode_all(bytes, 1).unwrap()
    } else {
        bytes.to_vec()
    }
}

fn read(path: &Path, options: &SourceOptions) -> Result<Vec<Document>, Error> {
    Documents::open(path, options)?.collect()
}

fn texts(files: &[(&str, &[u8])]) -> Vec<String> {
    let folder = folder(files);
    let documents = read(folder.path(), &SourceOptions::default()).unwrap();
    documents.into_iter().map(|d| d.text).collect()
}

/// The message of the error that a single file gives, without the folder's name.
fn error(name: &str, bytes: &[u8], options: &SourceOptions) -> String {
    let folder = folder(&[(name, bytes)]);
    let message = read(&folder.path().join(name), options).unwrap_err().to_string();
    message.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn every_kind_is_read_plain_and_compressed() {
    let check = |name: &str, bytes: &str, expected: &[&str]| {
        for suffix in ["", ".gz", ".zst"] {
            assert_eq!(
                texts(&[(&format!("{name}{suffix}"), bytes.as_bytes())]),
                expected,
                "{name}"
            );
        }
    };
    check("a.txt", "one\ntwo\n", &["one\ntwo\n"]);
    check("a.MD", "# one", &["# one"]);
    check("a.txt", "one\n<|endoftext|>\ntwo\r\n <|endoftext|>\r\nthree", &["one", "two", "three"]);
    check("a.txt", "<|endoftext|>\none\n<|endoftext|>\n<|endoftext|>\n", &["one"]);
    check("a.txt", "not a <|endoftext|> here", &["not a <|endoftext|> here"]);
    check("a.txt", "\u{feff}one", &["one"]);
    check("a.jsonl", "{\"text\":\"a\\nb\"}\n\n{\"n\":1,\"text\":\"ä\"}", &["a\nb", "ä"]);
    check("a.csv", "id,text\n1,\"a, \"\"b\"\"\nc\"\n2,ä\n", &["a, \"b\"\nc", "ä"]);
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let folder = folder(&[
        ("b.txt", b"b"),
        ("a/z.txt", b"a/z"),
        ("a/b/c.jsonl", b"{\"text\":\"a/b/c\"}"),
        ("c.txt.gz", b"c"),
        ("c.pdf", b"no"),
        (".hidden.txt", b"no"),
        ("d.txt", b"  \n"),
    ]);
    let mut documents = Documents::open(folder.path(), &SourceOptions::default()).unwrap();
    assert_eq!(documents.skipped(), [folder.path().join("c.pdf")]);
    let all: Vec<Document> = documents.by_ref().map(Result::unwrap).collect();
    let texts: Vec<&str> = all.iter().map(|d| d.text.as_str()).collect();
    assert_eq!(texts, ["a/b/c", "a/z", "b", "c"]);
    assert!(documents.next().is_none());
}

#[test]
fn origins_name_file_and_line() {
    let check = |name: &str, bytes: &[u8], lines: [u64; 2]| {
        let folder = folder(&[(name, bytes)]);
        let path = folder.path().join(name);
        let documents = read(&path, &SourceOptions::default()).unwrap();
        let origins: Vec<String> = documents.into_iter().map(|d| d.origin).collect();
        assert_eq!(origins, lines.map(|line| format!("{}:{line}", path.display())));
    };
    check("a.txt", b"one\ntwo\n<|endoftext|>\nthree", [1, 4]);
    check("a.jsonl", b"{\"text\":\"a\"}\n\n{\"text\":\"b\"}\n", [1, 3]);
    check("a.csv", b"text\n\"a\nb\"\nc\n", [2, 4]);
}

#[test]
fn fields_and_columns_can_be_named() {
    let options =
        SourceOptions { field: "story".into(), column: "story".into(), ..SourceOptions::default() };
    for (name, bytes) in [("a.jsonl", "{\"story\":\"x\"}"), ("a.csv", "id,story\n1,x")] {
        let folder = folder(&[(name, bytes.as_bytes())]);
        assert_eq!(read(folder.path(), &options).unwrap()[0].text, "x");
    }
}

#[test]
fn programs_are_read_where_they_are_asked_for() {
    let folder = folder(&[("a.rs", b"fn main() {}"), ("b.txt", b"prose"), ("c.png", b"\x89")]);
    let texts = |code| {
        let found = read(folder.path(), &SourceOptions { code, ..SourceOptions::default() });
        found.unwrap().into_iter().map(|document| document.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(false), ["prose"]);
    assert_eq!(texts(true), ["fn main() {}", "prose"]);
}

#[test]
fn a_line_of_ten_megabytes_is_read() {
    let line = "Ängste ".repeat(1_400_000);
    assert!(line.len() > 10_000_000);
    assert_eq!(texts(&[("a.txt", line.as_bytes())]), [line.as_str()]);
    let json = format!("{{\"text\":\"{line}\"}}\n{{\"text\":\"next\"}}");
    assert_eq!(texts(&[("a.jsonl.zst", json.as_bytes())]), [line.as_str(), "next"]);
    assert_eq!(texts(&[("a.csv", format!("text\n{line}\n").as_bytes())]), [line]);
}

#[test]
fn what_is_no_text_is_named_with_its_place() {
    let check = |name: &str, bytes: &[u8], expected: &[&str]| {
        let message = error(name, bytes, &SourceOptions::default());
        assert!(expected.iter().all(|word| message.contains(word)), "{message}");
    };
    check("a.txt", b"ab\ncd\0ef", &["a.txt: a NUL byte", "byte 5", "--lossy"]);
    check("a.txt", b"ab\ncd\xffef", &["not UTF-8 at byte 5", "convert the file to UTF-8"]);
    check("a.txt", b"ab\xc3", &["not UTF-8 at byte 2"]);
    check("a.txt", b"\xff\xfea\0b\0", &["at byte"]);
    check("a.txt.gz", b"ab\ncd\xffef", &["at byte 5"]);
    check("a.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"\xff\"}", &["not UTF-8 at byte 22"]);
    check("a.csv", b"text\nok\n\xff\n", &["not UTF-8 at byte 8"]);
    let binary: Vec<u8> = (0..2000_u32).map(|n| (n * n % 251) as u8).collect();
    for name in ["a.txt", "a.md", "a.jsonl", "a.csv", "a.csv.gz", "a.jsonl.zst"] {
        check(name, &binary, &["at byte", "convert the file to UTF-8"]);
        check(name, b"\x7fELF\x02\0\0", &["NUL byte, as in a binary file", "at byte 5"]);
    }
    let lossy = SourceOptions { lossy: true, ..SourceOptions::default() };
    let folder = folder(&[("a.txt", b"a\0b\xffc")]);
    assert_eq!(read(folder.path(), &lossy).unwrap()[0].text, "a\u{fffd}b\u{fffd}c");
}

#[test]
fn records_without_their_text_are_named_with_their_line() {
    let check = |name: &str, text: &str, expected: &[&str]| {
        let message = error(name, text.as_bytes(), &SourceOptions::default());
        assert!(expected.iter().all(|word| message.contains(word)), "{message}");
    };
    let first = "{\"text\":\"a\"}\n";
    check("a.jsonl", &format!("{first}{{\"body\":\"b\"}}"), &["a.jsonl:2", "no field", "body"]);
    check("a.jsonl", &format!("{first}{{\"text\":7}}"), &["a.jsonl:2", "expected text in field"]);
    check("a.jsonl", &format!("{first}[1]"), &["a.jsonl:2", "expected a JSON object"]);
    check("a.jsonl", &format!("{first}{{\"text\":"), &["a.jsonl:2", "mend or remove"]);
    check("a.csv", "id,body\n1,a\n", &["a.csv:1", "no column", "body"]);
    check("a.csv", "id,text\n1,a\n2\n", &["a.csv:3", "mend or remove"]);
}

#[test]
fn messages_stay_short_whatever_the_file_holds() {
    let line = "ä".repeat(5_000_000);
    let fields: Vec<String> = (0..99).map(|n| format!("{line:.50}{n}")).collect();
    let json = format!("{{\"{}\":1}}", fields.join("\":1,\""));
    for (name, text) in [
        ("a.csv", line.clone()),
        ("a.csv", fields.join(",")),
        ("a.jsonl", format!("{{\"{line}\":1}}")),
        ("a.jsonl", json),
        ("a.jsonl", line),
    ] {
        let message = error(name, text.as_bytes(), &SourceOptions::default());
        assert!(message.len() < 2000, "{} bytes of message", message.len());
        assert!(name == "a.jsonl" || message.contains("name the column"), "{message}");
    }
}

#[test]
fn nothing_to_read_is_an_error() {
    let options = SourceOptions::default();
    let check = |files: &[(&str, &[u8])], expected: &str| {
        let message = read(folder(files).path(), &options).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(&[], "holds no text");
    for name in ["a.txt", "a.md", "a.jsonl", "a.csv"] {
        for suffix in ["", ".gz", ".zst"] {
            for bytes in ["", "\u{feff}", "\n \r\n"].map(str::as_bytes) {
                // White space is a column's name like any other.
                if !(name == "a.csv" && bytes.contains(&b' ')) {
                    let message = error(&format!("{name}{suffix}"), bytes, &options);
                    assert!(message.contains("name a file or folder with text"), "{message}");
                }
            }
        }
    }
    check(&[("a.txt", b""), ("b.jsonl", b"\n"), ("c.csv", b"text\n")], "holds no text");
    check(&[("a.pdf", b"x")], "expected .txt, .md, .jsonl or .csv");
    for name in ["a.docx", "a.parquet.gz"] {
        assert!(error(name, b"x", &options).contains("as .gz or .zst, or .parquet"), "{name}");
    }
    let nowhere = folder(&[]).path().join("nowhere.txt");
    assert!(matches!(Documents::open(&nowhere, &options), Err(Error::Io { .. })));
}

#[test]
fn a_decompression_bomb_is_stopped() {
    let options = SourceOptions { largest_document: 100_000, ..SourceOptions::default() };
    let bomb = vec![b'a'; 1 << 24];
    for name in ["a.txt.gz", "a.txt.zst", "a.jsonl.gz", "a.csv.zst", "a.txt"] {
        let text: Vec<u8> = if name.contains("csv") { b"text\n".to_vec() } else { vec![] };
        let message = error(name, &[text, bomb.clone()].concat(), &options);
        assert!(message.contains("longer than 100000 bytes"), "{name}: {message}");
    }
    let many = "{\"text\":\"0123456789\"}\n".repeat(20_000);
    let folder = folder(&[("a.jsonl.gz", many.as_bytes())]);
    assert_eq!(read(folder.path(), &options).unwrap().len(), 20_000, "each is small enough");
    let exact = SourceOptions { largest_document: 22, ..SourceOptions::default() };
    assert_eq!(read(folder.path(), &exact).unwrap().len(), 20_000, "a limit just met");
}

#[test]
fn a_damaged_archive_is_an_error() {
    let bytes: Vec<u8> = (0..50_000_u32).map(|i| b'a' + (i * i % 23) as u8).collect();
    for name in ["a.txt.gz", "a.txt.zst"] {
        let folder = folder(&[(name, &bytes)]);
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let mut documents = Documents::open(&path, &SourceOptions::default()).unwrap();
        let message = documents.next().unwrap().unwrap_err().to_string();
        assert!(message.contains("download it again"), "{message}");
        assert!(documents.next().is_none(), "nothing after an error");
    }
}

#[test]
fn a_long_text_may_come_in_pieces() {
    let line = "one two\n  three\n\nчетыре\n\u{3000}five\n<|endoftext|\n";
    let text = format!("{}<|endoftext|>\nlast\n", line.repeat(50));
    let folder = folder(&[("a.txt", text.as_bytes())]);
    let whole = read(folder.path(), &SourceOptions::default()).unwrap();
    assert_eq!(whole.len(), 2);
    // The limit holds for each piece, so that no file is too long.
    let options =
        SourceOptions { piece_bytes: Some(60), largest_document: 200, ..Default::default() };
    let pieces = read(folder.path(), &options).unwrap();
    let first: String = pieces[..pieces.len() - 1].iter().map(|piece| &piece.text[..]).collect();
    assert!(pieces.len() > 10 && first == whole[0].text);
    assert_eq!(pieces.last().unwrap().text, whole[1].text);
    let starts = |piece: &Document| piece.text.starts_with("one") || piece.text.starts_with("чет");
    assert!(pieces[..pieces.len() - 1].iter().all(starts));
    assert!(pieces.iter().all(|piece| piece.text.len() < 200), "pieces are small");
}
