//! Memory: what the program has had at most, what the machine has left, how often a page was new.

/// Bytes that were resident at most since the program began, where the system tells: Linux does, in
/// `/proc/self/status` (`proc(5)`).
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Bytes that the program could still take without pushing others out, where the system tells: what
/// Linux holds available, or what is left below the limit of a control group, if that is less.
pub fn available() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max");
    let left = limit.map(|limit| {
        let used = number("/sys/fs/cgroup/memory.current").unwrap_or(0);
        // Pages of files that are only kept in case do not count.
        let stat = std::fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        let inactive = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
        let inactive = inactive.and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        limit.saturating_sub(used.saturating_sub(inactive))
    });
    Some(left.map_or(kib * 1024, |left| left.min(kib * 1024)))
}

/// How many pages the program has touched for the first time, or again after they were taken away,
/// since it began (`minflt` in `/proc/self/stat`).
pub fn page_faults() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything, in parentheses: state, six numbers, flags, minflt.
    stat.rsplit_once(')')?.1.split_whitespace().nth(7)?.parse().ok()
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

    #[test]
    fn new_pages_are_counted_and_some_memory_is_left() {
        let before = super::page_faults().expect("Linux tells");
        let touched = std::hint::black_box(vec![1_u8; 8 << 20]);
        assert!(super::page_faults().expect("Linux tells") > before, "{}", touched.len());
        assert!(super::available().expect("Linux tells") > 1 << 20);
    }
}
