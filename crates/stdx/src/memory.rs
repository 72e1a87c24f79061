//! How much memory the program has had at most.

/// Bytes that were resident at most since the program began, where the system tells: Linux does, in
/// `/proc/self/status` (`proc(5)`).
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #[test]
    fn what_is_held_counts() {
        let before = super::peak().expect("Linux tells");
        let held = vec![1_u8; 64 << 20];
        assert!(held.iter().map(|&byte| u64::from(byte)).sum::<u64>() == 64 << 20);
        assert!(super::peak().expect("Linux tells") >= before.max(64 << 20));
    }
}
