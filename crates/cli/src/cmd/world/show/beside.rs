//! Two texts side by side, wrapped at words.

/// Characters of a column.
const WIDTH: usize = 37;

/// The first text to the left, the second to the right.
pub(super) fn columns(texts: [&str; 2]) -> String {
    let [left, right] = texts.map(wrapped);
    let cell = |lines: &[String], i: usize| lines.get(i).cloned().unwrap_or_default();
    let line = |i| {
        let line = format!("{:WIDTH$} │ {}", cell(&left, i), cell(&right, i));
        line.trim_end().to_string() + "\n"
    };
    (0..left.len().max(right.len())).map(line).collect()
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.extend([" ", word]);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_longer_goes_on_alone() {
        let text = super::columns(["The cat sleeps.", &"Mila ".repeat(10)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("{:37} │ {}", "The cat sleeps.", ["Mila"; 7].join(" ")));
        assert_eq!(lines[1], format!("{:37} │ Mila Mila Mila", ""));
        assert_eq!(lines.len(), 2);
    }
}
