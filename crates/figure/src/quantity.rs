//! Quantities in few words, for people: counts, bytes, durations, how long ago.

/// 13865856 as `13.9M`.
pub fn count(n: f64) -> String {
    match n.abs() {
        magnitude if magnitude < 9_999.5 => format!("{n:.0}"),
        magnitude if magnitude < 999_500.0 => format!("{:.0}k", n / 1e3),
        magnitude if magnitude < 999_950_000.0 => format!("{:.1}M", n / 1e6),
        _ => format!("{:.1}G", n / 1e9),
    }
}

/// 4096000 bytes as `4.1 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..999_500 => format!("{:.0} kB", n as f64 / 1e3),
        999_500..999_950_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// 83.2 seconds as `83 s`, 185 as `3.1 min`, 8000 as `2.2 h`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.0995 => format!("{:.0} ms", s * 1e3),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.1} min", s / 60.0),
        s if s < 129_600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// How long ago something was, roughly: `now`, `5 min ago`, `3 days ago`.
pub fn ago(seconds: f64) -> String {
    let (n, unit) = match seconds {
        s if s < 45.0 => return "now".to_string(),
        s if s < 5_400.0 => (s / 60.0, "min"),
        s if s < 129_600.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "days"),
    };
    format!("{:.0} {unit} ago", n.max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short() {
        let counts = [0.0, 9_999.0, 9_999.6, 12_345.0, 999_600.0, 13_865_856.0, 2.5e9];
        assert_eq!(counts.map(count), ["0", "9999", "10k", "12k", "1.0M", "13.9M", "2.5G"]);
        let sizes = [0, 999, 1_000, 999_499, 4_096_000, 2_500_000_000];
        assert_eq!(sizes.map(bytes), ["0 B", "999 B", "1 kB", "999 kB", "4.1 MB", "2.5 GB"]);
        let times = [0.0123, 2.44, 83.2, 185.0, 8_000.0, 200_000.0];
        assert_eq!(times.map(duration), ["12 ms", "2.4 s", "83 s", "3.1 min", "2.2 h", "2.3 days"]);
        let ages = [-3.0, 10.0, 50.0, 300.0, 7_200.0, 129_600.0, 864_000.0];
        let told = ["now", "now", "1 min ago", "5 min ago", "2 h ago", "2 days ago", "10 days ago"];
        assert_eq!(ages.map(ago), told);
    }
}
