//! How a slot is cleaned after a call: by asking the kernel which pages were written, or by dropping all of them.
//!
//! Asked by `engine` at start. wasmtime 48 looks only at pages that are present, so a written page that was swapped out
//! would survive its call. The fast mode is therefore taken only where nothing is swapped out.

use std::fs;

/// How slots are cleaned, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode {
    /// True when the kernel is asked which pages a call wrote (PAGEMAP_SCAN).
    pub pagemap_scan: bool,
    /// Why, in words.
    pub reason: String,
}

impl Mode {
    /// The mode this machine allows.
    pub(super) fn probe(wanted: bool) -> Mode {
        if !wanted {
            return Mode::plain("switched off by the configuration");
        }
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let swaps = fs::read_to_string("/proc/swaps").ok();
        Mode::judge(&release, swaps.as_deref())
    }

    /// The mode that drops all pages.
    pub(super) fn plain(reason: &str) -> Mode {
        Mode { pagemap_scan: false, reason: reason.to_owned() }
    }

    fn judge(release: &str, swaps: Option<&str>) -> Mode {
        if kernel(release).is_none_or(|version| version < (6, 7)) {
            return Mode::plain("the kernel is older than 6.7 or unknown");
        }
        // The first line is the heading.
        match swaps.map(|swaps| swaps.lines().skip(1).any(|line| !line.trim().is_empty())) {
            Some(false) => {
                Mode { pagemap_scan: true, reason: "the kernel is 6.7 or newer and nothing is swapped".to_owned() }
            }
            Some(true) => Mode::plain("swap is in use"),
            None => Mode::plain("it is unknown whether swap is in use"),
        }
    }
}

fn kernel(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.trim().split(|sign: char| !sign.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    #[test]
    fn only_a_new_kernel_without_swap_is_scanned() {
        assert!(Mode::judge("6.18.44-fc-v669\n", Some(HEADING)).pagemap_scan);
        assert!(Mode::judge("6.7.0", Some(HEADING)).pagemap_scan);
        assert!(!Mode::judge("6.1.0-13-amd64", Some(HEADING)).pagemap_scan);
        assert!(!Mode::judge("", Some(HEADING)).pagemap_scan);
        assert!(!Mode::judge("6.18.0", None).pagemap_scan);
        let swap = format!("{HEADING}/dev/sda2 partition 1000 0 -2\n");
        assert!(!Mode::judge("6.18.0", Some(&swap)).pagemap_scan);
        assert!(!Mode::probe(false).pagemap_scan);
    }
}
