//! What an iPhone's own libraries have, as far as that can be known without Xcode.
//!
//! The list of libSystem (C, threads, sockets, Mach) is Apple's own, in the form in which linkers read it; it
//! is the list of macOS, of which iOS has all but a few that no portable program uses. Of each other library
//! that Duet uses we know how its names begin.

use std::collections::{BTreeMap, BTreeSet};

/// A library or framework beside libSystem, and how the names of its symbols begin.
struct Other {
    /// As the module map has it; empty where every program links it.
    link: &'static str,
    prefixes: &'static [&'static str],
}

const OTHERS: &[Other] = &[
    // The C++ of the software codec; the runtime under it (libc++abi) comes with it.
    Other {
        link: "c++",
        prefixes: &["__ZNSt3__1", "__ZNKSt3__1", "__Znw", "__Zna", "__Zdl", "__Zda", "___cxa_"],
    },
    Other { link: "c++", prefixes: &["___gxx_personality_v0", "__ZTV", "__ZTI", "__ZSt"] },
    // Strings, dictionaries and numbers that the frameworks below take.
    Other {
        link: "framework CoreFoundation",
        prefixes: &["_CF", "_kCF", "___CFConstantStringClassReference"],
    },
    // Random numbers.
    Other { link: "framework Security", prefixes: &["_Sec", "_kSec"] },
    // The platform's codecs, and the pictures they take and give.
    Other { link: "framework VideoToolbox", prefixes: &["_VT", "_kVT"] },
    Other { link: "framework CoreMedia", prefixes: &["_CM", "_kCM"] },
    Other { link: "framework CoreVideo", prefixes: &["_CV", "_kCV"] },
];

/// Where symbols come from.
pub struct Symbols {
    system: BTreeSet<String>,
}

impl Symbols {
    /// Reads libSystem's list of symbols, a text stub (`.tbd`).
    pub fn parse(stub: &str) -> Self {
        let mut system = BTreeSet::new();
        for (_, list) in stub.split("symbols:").filter_map(|part| part.split_once('[')) {
            let list = list.split(']').next().unwrap_or_default();
            let names = list.split(',').map(|name| name.trim().trim_matches(['\'', '"']));
            system.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
        }
        Symbols { system }
    }

    /// Whether the list was one.
    pub fn is_empty(&self) -> bool {
        self.system.is_empty()
    }

    /// What these symbols need beside libSystem, with one symbol for each; and those that nobody has.
    pub fn sources<'a>(
        &self,
        imports: &'a BTreeSet<String>,
    ) -> (BTreeMap<&'static str, &'a str>, Vec<&'a str>) {
        let (mut links, mut nowhere) = (BTreeMap::new(), Vec::new());
        for name in imports.iter().filter(|name| !self.system.contains(*name)) {
            let has = |other: &&Other| other.prefixes.iter().any(|prefix| name.starts_with(prefix));
            match OTHERS.iter().find(has) {
                Some(other) => {
                    links.entry(other.link).or_insert(name.as_str());
                }
                None => nowhere.push(name.as_str()),
            }
        }
        (links, nowhere)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Symbols;

    #[test]
    fn every_list_of_a_stub_is_read() {
        let stub = "--- !tapi-tbd\nexports:\n  - targets: [ arm64-macos ]\n    symbols: [ _malloc, '$ld$x',\n  \
                    _free ]\n    weak-symbols: [ _late ]\n--- !tapi-tbd\nexports:\n  - symbols: [ _send ]\n...\n";
        let symbols = Symbols::parse(stub);
        let imports: BTreeSet<String> =
            ["_malloc", "_free", "_late", "_send", "_SecRandomCopyBytes", "_CVPixel", "_nobody"]
                .map(str::to_owned)
                .into();
        let (links, nowhere) = symbols.sources(&imports);
        let links: Vec<_> = links.into_iter().collect();
        let expected = [("framework CoreVideo", "_CVPixel"), ("framework Security", "_SecRandomCopyBytes")];
        assert_eq!(links, expected);
        assert_eq!(nowhere, ["_nobody"]);
    }
}
