//! Names that come from outside and become files and folders.
//!
//! Command lines, web pages and servers say names. A name that passes here can neither leave its
//! folder nor hide in it, and means the same on every file system.

const MAX_NAME_BYTES: usize = 100;

/// Device names that Windows refuses as a file name, with any extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// What keeps `name` from being a plain word of ASCII letters, digits, `-`, `_` and `.` that starts
/// with a letter or digit; nothing where it is one.
pub fn fault(name: &str) -> Option<&'static str> {
    let Some(first) = name.bytes().next() else { return Some("is empty") };
    if name.len() > MAX_NAME_BYTES {
        return Some("is longer than 100 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        return Some("has a character that is not allowed");
    }
    if !first.is_ascii_alphanumeric() {
        return Some("does not start with a letter or a digit");
    }
    if name.ends_with('.') {
        return Some("ends with a dot");
    }
    is_device(name).then_some("is a device's name on some systems")
}

/// Whether some systems take a file of this name for a device.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let device = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let n_digits = stem.len() - device.len();
    let numbered = matches!(device, "com" | "lpt");
    RESERVED.contains(&device) && n_digits == usize::from(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_names_and_nothing_else_is() {
        for name in ["a", "7", "gpt2-xl", "Qwen2.5_0.5B", "com", "com12", "console", "A..b"] {
            assert_eq!(fault(name), None, "{name}");
        }
        let long = "a".repeat(101);
        for name in ["", ".", "..", "a/b", "a\\b", "a b", "é", "a.", "-a", "nul", "CON.txt", &long]
        {
            assert!(fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn devices_are_known_by_their_stem() {
        let devices = ["nul", "Aux.json", "com1", "LPT9.txt"];
        assert_eq!(devices.map(is_device), [true; 4]);
        assert_eq!(["null", "com", "com10", "prn1"].map(is_device), [false; 4]);
    }
}
