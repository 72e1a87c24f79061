//! The file: opened twice, killed in the middle, damaged, newer, of another program.

use std::fs;
use std::path::Path;
use std::thread;

use history::{Draft, Error, History};
use rusqlite::Connection;

use crate::Kept;

/// Opening the file must fail, and leave it as it was.
fn refused(path: &Path) -> Error {
    let before = fs::read(path).unwrap();
    let error = History::open(path).unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    assert_eq!(fs::read(path).unwrap(), before, "{error}");
    error
}

#[test]
fn a_file_is_found_again() {
    let Kept { folder, history } = Kept::new();
    let id = history.create(&Draft { title: "a".into(), ..Draft::default() }, 1).unwrap().id;
    drop(history);
    let again = History::open(&folder.path().join("a.sqlite")).unwrap();
    assert_eq!(again.whole(id).unwrap().summary.title, "a");
}

#[test]
fn what_was_written_survives_a_kill() {
    let kept = Kept::new();
    let chat = kept.chat("a", 1);
    kept.ask(chat, None, "the question");
    // What a killed process leaves: the file and the log beside it, copied while both are open.
    let copy = kept.folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in ["a.sqlite", "a.sqlite-wal"] {
        fs::copy(kept.folder.path().join(name), copy.join(name)).unwrap();
    }
    let after = History::open(&copy.join("a.sqlite")).unwrap();
    assert_eq!(after.whole(chat).unwrap().messages[0].text, "the question");
}

#[test]
fn what_is_deleted_is_gone_from_the_disk() {
    let kept = Kept::new();
    let chat = kept.chat("hidden title", 1);
    kept.ask(chat, None, "the buried treasure");
    let other = kept.chat("b", 1);
    kept.ask(other, None, "stays");
    let holds = |words: &str| {
        let files = ["a.sqlite", "a.sqlite-wal"].map(|name| kept.folder.path().join(name));
        let all = files.iter().flat_map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
        all.windows(words.len()).any(|bytes| bytes == words.as_bytes())
    };
    assert!(holds("buried") && holds("hidden title"));
    kept.history.remove(chat).unwrap();
    assert!(!holds("buried") && !holds("hidden title") && !holds("bur") && holds("stays"));
}

#[cfg(unix)]
#[test]
fn it_is_its_owners_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let kept = Kept::new();
    kept.chat("a", 1);
    for name in ["a.sqlite", "a.sqlite-wal"] {
        let mode = fs::metadata(kept.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
    }
}

#[test]
fn two_may_have_it_open() {
    let kept = Kept::new();
    let other = History::open(kept.history.path()).unwrap();
    let draft = Draft::default();
    thread::scope(|scope| {
        for history in [&kept.history, &other] {
            let draft = &draft;
            scope.spawn(move || (0..20).for_each(|i| drop(history.create(draft, i).unwrap())));
        }
    });
    assert_eq!(other.list(0, 100).unwrap().len(), 40);
}

#[test]
fn many_may_make_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| History::open(&path).unwrap().create(&Draft::default(), 1).unwrap());
        }
    });
    assert_eq!(History::open(&path).unwrap().list(0, 9).unwrap().len(), 6);
}

#[test]
fn what_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database, but somebody's notes\n".repeat(200)).unwrap();
    let error = refused(&path);
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let missing = folder.path().join("no/such/folder/a.sqlite");
    assert!(matches!(History::open(&missing), Err(Error::Open { .. })));
}

#[test]
fn a_damaged_file_is_told_of() {
    let check = |harm: &dyn Fn(&mut [u8])| {
        let Kept { folder, history } = Kept::new();
        for i in 0..200 {
            let draft = Draft { title: format!("{i} {}", "x".repeat(100)), ..Draft::default() };
            history.create(&draft, i).unwrap();
        }
        drop(history); // The last to close it writes the log back.
        let path = folder.path().join("a.sqlite");
        let mut bytes = fs::read(&path).unwrap();
        harm(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let error = refused(&path);
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("move it away"), "{error}");
    };
    let half = |bytes: &[u8]| bytes.len() / 8192 * 4096;
    check(&|bytes| {
        let half = half(bytes);
        bytes[half..].fill(0xa5);
    });
    check(&|bytes| {
        let half = half(bytes);
        bytes[half..].chunks_mut(4096).for_each(|page| page[1000..].fill(0xa5));
    });
    check(&|bytes| bytes[36..40].fill(1)); // The count of free pages.
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let make = |sql: &str| {
        drop(fs::remove_file(&path));
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    };
    make("CREATE TABLE mine (x)");
    assert!(matches!(refused(&path), Error::Foreign { .. }));
    make("PRAGMA application_id = 7");
    assert!(matches!(refused(&path), Error::Foreign { .. }));
}

#[test]
fn a_newer_file_is_left_alone() {
    let Kept { folder, history } = Kept::new();
    drop(history);
    let path = folder.path().join("a.sqlite");
    let file = Connection::open(&path).unwrap();
    file.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(file);
    let error = refused(&path);
    assert!(matches!(error, Error::Newer { found: 99, .. }), "{error}");
}
