//! The functions that a library must export for the package's classes and its header to work.

use std::collections::BTreeSet;

/// Every function that `duet.h` declares.
pub fn of_header(header: &str) -> BTreeSet<String> {
    // A declaration's name is the word before its bracket; what stands in comments begins with a star.
    let code = header.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
    code.filter_map(|line| {
        let (before, _) = line.split_once('(')?;
        let name = before.rsplit(|c: char| !is_word(c)).next()?;
        name.starts_with("duet_").then(|| name.to_owned())
    })
    .collect()
}

/// Every function of the library that the bridge's generated half binds.
pub fn of_bridge(source: &str) -> BTreeSet<String> {
    let named = source.lines().filter_map(|line| line.trim_start().strip_prefix("external fun "));
    named
        .filter_map(|rest| rest.split(|c: char| !is_word(c)).next())
        .filter(|name| name.contains("duet"))
        .map(str::to_owned)
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_header_are_found_and_types_and_comments_are_not() {
        let header = "/**\n * As `duet_b(x)`.\n */\nDuetError duet_a(DuetCall call,\n    size_t n);\n\
                      const char *duet_b(void);\ntypedef void (*DuetSink)(void *x);\n";
        assert_eq!(of_header(header), BTreeSet::from(["duet_a".to_owned(), "duet_b".to_owned()]));
    }

    #[test]
    fn functions_that_the_bridge_binds_are_found() {
        let source = "    external fun uniffi_duet_fn_free_call(`handle`: Long,\n    ): Unit\n    fun other()\n\
                      \u{20}   external fun ffi_duet_rust_future_poll_u8(a: Long)\n    external fun strlen()\n";
        let wanted = ["ffi_duet_rust_future_poll_u8".to_owned(), "uniffi_duet_fn_free_call".to_owned()];
        assert_eq!(of_bridge(source), BTreeSet::from(wanted));
    }
}
