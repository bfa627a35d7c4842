//! CPU time and memory of a process, as Linux counts them under `/proc`.

use std::time::Duration;

use crate::BenchError;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time so far, of all its threads, in steps of 10 ms.
    pub cpu: Duration,
    /// Resident memory now, in kilobytes.
    pub resident: u64,
}

/// What the process has used; `None` asks for this one.
///
/// # Errors
/// If it does not exist, or the system is not Linux.
pub fn usage(pid: Option<u32>) -> Result<Usage, BenchError> {
    let name = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let read = |file: &str| {
        let path = format!("/proc/{name}/{file}");
        std::fs::read_to_string(&path).map_err(|error| BenchError::Io(path, error))
    };
    let missing = || BenchError::Server(format!("/proc/{name} says nothing of CPU or memory"));
    let cpu = cpu(&read("stat")?).ok_or_else(missing)?;
    let resident = resident(&read("status")?).ok_or_else(missing)?;
    Ok(Usage { cpu, resident })
}

/// What a process and all its children have used together.
///
/// # Errors
/// If it does not exist.
pub fn usage_of_tree(pid: u32) -> Result<Usage, BenchError> {
    let mut all = usage(Some(pid))?;
    let parents = parents();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        next += 1;
        for (child, _) in parents.iter().filter(|(_, of)| *of == parent) {
            // A child that has just ended is counted no more.
            if let Ok(more) = usage(Some(*child)) {
                all.cpu += more.cpu;
                all.resident += more.resident;
            }
            family.push(*child);
        }
    }
    Ok(all)
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?;
        Some((pid, parent.parse().ok()?))
    })
    .collect()
}

/// CPU time of this thread so far, to the nanosecond.
///
/// # Errors
/// If the kernel does not keep it.
pub fn thread_cpu() -> Result<Duration, BenchError> {
    let path = "/proc/thread-self/schedstat";
    let text =
        std::fs::read_to_string(path).map_err(|error| BenchError::Io(path.to_owned(), error))?;
    let spent = text
        .split_whitespace()
        .next()
        .and_then(|ns| ns.parse().ok());
    spent
        .map(Duration::from_nanos)
        .ok_or_else(|| BenchError::Server(format!("{path} says nothing of CPU")))
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, in hundredths of a second; the name in field 2 may
/// hold anything, so they are counted from its end.
fn cpu(stat: &str) -> Option<Duration> {
    let after = stat.rsplit(')').next()?;
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_past_a_strange_name() {
        let stat = "12 (a) b (c)) S 1 1 1 0 -1 0 1 2 3 4 150 50 7 8 20 0";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(usage(None).unwrap().resident > 100);
        assert!(usage(Some(u32::MAX)).is_err());
    }

    #[test]
    fn children_count() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let own = std::process::id();
        assert!(parents().contains(&(child.id(), own)));
        let (alone, together) = (usage(None).unwrap(), usage_of_tree(own).unwrap());
        assert!(
            together.resident >= alone.resident / 2 + usage(Some(child.id())).unwrap().resident
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
