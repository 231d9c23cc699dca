//! What memory the process holds, what it may hold, and in which pages, as Linux tells it. Elsewhere nobody says, and there is no limit.

/// Of what there is, in percent, unless the settings say: the rest is the system's, and its caches'.
const SHARE_PERCENT: u64 = 80;

/// A limit that is none: control groups write one of nearly 2^63.
const NO_LIMIT_BYTES: u64 = 1 << 60;

/// The memory that the process holds now.
pub(crate) fn resident_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// What the process may hold, by the machine's memory and the limits of its control groups, whichever is less.
pub(crate) fn standard_limit_bytes() -> Option<u64> {
    let machine = kibibytes("/proc/meminfo", "MemTotal:");
    let least = machine.into_iter().chain(group_limits()).min()?;
    Some(least / 100 * SHARE_PERCENT)
}

/// From here on memory comes in small pages alone. Who holds little for long and much for a moment, as an editor's server does,
/// would take half as much again in huge ones, and now and then wait four times as long for an empty one.
#[cfg(target_os = "linux")]
pub(crate) fn without_huge_pages() {
    // With them it is the same server, only larger.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn without_huge_pages() {}

/// A line such as `VmRSS:     1234 kB`.
fn kibibytes(path: &str, word: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1 << 10)
}

/// The limits of the process's control group and those above it.
fn group_limits() -> Vec<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let second = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let mut files = vec!["/sys/fs/cgroup/memory/memory.limit_in_bytes".to_owned()];
    let mut path = second.trim_end_matches('/');
    loop {
        files.push(format!("/sys/fs/cgroup{path}/memory.max"));
        match path.rfind('/') {
            Some(slash) => path = &path[..slash],
            None => break,
        }
    }
    let limits = files.iter().filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.filter(|limit| *limit < NO_LIMIT_BYTES).collect()
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_holds_less_than_it_may() {
        let (held, limit) = (super::resident_bytes(), super::standard_limit_bytes());
        let (held, limit) = (held.expect("Linux tells"), limit.expect("Linux tells"));
        assert!(held > 1 << 20, "{held}");
        assert!(held < limit, "{held} of {limit}");
    }
}
