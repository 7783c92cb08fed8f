//! Debian's packages, where what this machine's own release has will not do.

use std::fs;

use crate::shell::{self, Result};

/// Where this machine gets its own Debian from.
///
/// # Errors
/// The machine is not Debian, or apt has no mirror; `by_hand` says what helps then.
pub fn mirror(by_hand: &str) -> Result<String> {
    let about = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    if field("ID=") != "debian" {
        return Err(format!("this system is not Debian: {by_hand}"));
    }
    let format = "$(RELEASE) $(SITE)";
    let sources = shell::output("apt-get", &["indextargets", "--format", format, "Created-By: Packages"])?;
    let own = format!("{} ", field("VERSION_CODENAME="));
    let site = sources.lines().find_map(|line| line.strip_prefix(&own));
    site.map(str::to_owned).ok_or_else(|| format!("apt names no mirror of {own}: {by_hand}"))
}
