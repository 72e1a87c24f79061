//! Conversations on a real disk: the tree, search, archives, and files that are not what they should be.

#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod files;
mod ways;

use history::{Draft, History, NewMessage, Role};

/// A history in a folder that ends with the test.
struct Kept {
    folder: tempfile::TempDir,
    history: History,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("a.sqlite")).unwrap();
        Self { folder, history }
    }

    /// A conversation of this title, last written at `now_ms`.
    fn chat(&self, title: &str, now_ms: i64) -> i64 {
        let draft = Draft { title: title.to_string(), ..Draft::default() };
        self.history.create(&draft, now_ms).unwrap().id
    }

    fn ask(&self, chat: i64, parent: Option<i64>, text: &str) -> i64 {
        self.history.say(chat, &NewMessage::new(parent, Role::User, text), 0).unwrap()
    }

    fn answer(&self, chat: i64, parent: i64, text: &str) -> i64 {
        self.history.say(chat, &NewMessage::new(Some(parent), Role::Assistant, text), 0).unwrap()
    }

    /// The texts of the branch that is shown.
    fn shown(&self, chat: i64) -> Vec<String> {
        self.history.whole(chat).unwrap().shown().iter().map(|m| m.text.clone()).collect()
    }

    fn found(&self, words: &str) -> Vec<i64> {
        self.history.search(words, 50).unwrap().iter().map(|hit| hit.conversation).collect()
    }
}
