//! Lines and lists, plain and compressed, whole, damaged and hostile.

use std::fs;

use super::super::tests::{compressed, folder};
use super::*;

fn read(path: &Path) -> Result<Vec<Record>, Error> {
    Records::open(path)?.collect()
}

/// The numbers `n` of the records of a folder with these files.
fn numbers(files: &[(&str, &[u8])]) -> Vec<u64> {
    let folder = folder(files);
    let records = read(folder.path()).unwrap();
    records.into_iter().map(|record| record.fields["n"].as_u64().unwrap()).collect()
}

/// The message that a single file gives, without the folder's name.
fn error(name: &str, bytes: &[u8]) -> String {
    let folder = folder(&[(name, bytes)]);
    let message = read(&folder.path().join(name)).unwrap_err().to_string();
    message.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn lines_and_lists_are_read_plain_and_compressed() {
    let check = |text: &str, expected: &[u64]| {
        for name in ["a.jsonl", "a.json", "a.JSON", "a.jsonl.gz", "a.json.zst"] {
            assert_eq!(numbers(&[(name, text.as_bytes())]), expected, "{name}: {text}");
        }
    };
    check("{\"n\":1}\n{\"n\":2}\n", &[1, 2]);
    check("\u{feff}\r\n\n {\"n\":1}\n\n{\"n\":2}", &[1, 2]);
    check("[{\"n\":1},{\"n\":2}]", &[1, 2]);
    check("\u{feff} [\n  {\"n\": 1, \"deep\": [{\"]\": \"}\"}]}\n ,\n{\"n\":2}\n]\n\n", &[1, 2]);
    check("[{\"n\":7}]", &[7]);
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let files: [(&str, &[u8]); 4] = [
        ("b.json", b"[{\"n\":3}]"),
        ("a/x.jsonl", b"{\"n\":1}\n{\"n\":2}"),
        ("c.jsonl.gz", b"[]"),
        ("LICENSE", b"no record"),
    ];
    assert_eq!(numbers(&files), [1, 2, 3]);
    let folder = folder(&files);
    let records = Records::open(folder.path()).unwrap();
    assert_eq!(records.skipped(), [folder.path().join("LICENSE")]);
}

#[test]
fn origins_name_file_and_place() {
    let check = |name: &str, text: &str, expected: [&str; 2]| {
        let folder = folder(&[(name, text.as_bytes())]);
        let path = folder.path().join(name);
        let origins: Vec<String> = read(&path).unwrap().into_iter().map(|r| r.origin).collect();
        assert_eq!(origins, expected.map(|place| format!("{}{place}", path.display())));
    };
    check("a.jsonl", "\n{\"n\":1}\n\n{\"n\":2}\n", [":2", ":4"]);
    check("a.json", "[{\"n\":1},\n\n{\"n\":2}]", [", record 1", ", record 2"]);
}

#[test]
fn what_is_no_record_is_named_with_its_place() {
    let check = |text: &[u8], expected: &[&str]| {
        let message = error("a.json", text);
        assert!(message.len() < 400, "{} bytes of message", message.len());
        assert!(expected.iter().all(|word| message.contains(word)), "{message}");
    };
    check(b"{\"n\":1}\n[2]", &["a.json:2", "expected a JSON object"]);
    check(b"{\"n\":1}\n{\"n\":", &["a.json:2", "mend or remove"]);
    check(b"{\"n\":\"\xff\"}", &["not UTF-8 at byte 6"]);
    check(b"{\"n\":\"\0\"}", &["NUL byte", "at byte 6"]);
    check(b"PK\x03\x04\0\0", &["NUL byte"]);
    check(b"[{\"n\":1} {\"n\":2}]", &["a.json, record 2", "expected a comma", "got '{'"]);
    check(b"[{\"n\":1},]", &["record 2", "expected a JSON object, got ']'"]);
    check(b"[{\"n\":1},[2]]", &["record 2", "expected a JSON object, got '['"]);
    check(b"[\"text\"]", &["record 1", "expected a JSON object, got '\"'"]);
    check(b"[{\"n\":1}", &["record 2", "got the end of the file"]);
    check(b"[,{\"n\":1}]", &["record 1", "got ','"]);
    check(b"[{\"n\":1}] x", &["the end of the file after the list", "got 'x'"]);
    check(b"[{\"n\":1},{\"n\" 2}]", &["record 2", "expected `:`", "mend or remove"]);
    check(b"[{\"n\":\"\xff\"}]", &["record 1", "unicode"]);
    check(b"[{\"n\":\"\0\"}]", &["record 1", "control character"]);
    check(b"[{\"n\":1", &["record 1", "EOF"]);
}

#[test]
fn deep_values_and_endless_records_are_stopped() {
    for (open, close) in [("[", "]"), ("{\"n\":", "}")] {
        let deep = format!("{{\"n\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
        for text in [deep.clone(), format!("[{deep}]")] {
            assert!(error("a.json", text.as_bytes()).contains("recursion limit"));
        }
    }
    let endless = format!("{{\"n\":\"{}", "a".repeat(1 << 20));
    let spaces = format!("[{}", " ".repeat(1 << 20));
    for text in [endless.clone(), format!("[{{\"n\":1}},{endless}"), spaces, " ".repeat(1 << 20)] {
        for name in ["a.json", "a.json.gz", "a.json.zst"] {
            let folder = folder(&[(name, text.as_bytes())]);
            let records = Records::with_limit(&folder.path().join(name), 10_000).unwrap();
            let message = records.map(|r| r.map(drop)).find_map(Result::err).unwrap().to_string();
            assert!(message.contains("longer than 10000 bytes"), "{name}: {message}");
        }
    }
}

#[test]
fn each_record_has_the_limit_to_itself() {
    let record = format!("{{\"n\":\"{}\"}}", "a".repeat(5_000));
    let many = vec![record; 500];
    for text in [many.join("\n"), format!("[{}]", many.join(",\n"))] {
        let folder = folder(&[("a.json.gz", text.as_bytes())]);
        assert_eq!(Records::with_limit(folder.path(), 6_000).unwrap().count(), 500);
    }
}

#[test]
fn nothing_to_read_is_an_error() {
    for text in ["", "\u{feff}", "\n \r\n", "[]", " [ ]\n"] {
        assert!(error("a.json", text.as_bytes()).contains("holds no"), "{text:?}");
    }
    assert!(error("a.csv", b"n\n1").contains("expected .jsonl or .json"));
    let nowhere = folder(&[]).path().join("nowhere.json");
    assert!(matches!(Records::open(&nowhere), Err(Error::Io { .. })));
}

#[test]
fn a_damaged_archive_is_an_error() {
    let records: Vec<String> =
        (0..5000_u64).map(|n| format!("{{\"n\":{}}}", n * n * n % 99_991)).collect();
    for text in [records.join("\n"), format!("[{}]", records.join(","))] {
        for name in ["a.json.gz", "a.json.zst"] {
            let whole = compressed(name, text.as_bytes());
            let folder = folder(&[]);
            let path = folder.path().join(name);
            fs::write(&path, &whole[..whole.len() / 2]).unwrap();
            let message = read(&path).unwrap_err().to_string();
            assert!(message.contains("download it again"), "{message}");
        }
    }
}
