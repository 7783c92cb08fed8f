//! The names by which calls, people and rooms are told apart.

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// One call. Random enough that two never meet by chance; its order settles a glare.
    CallId
}
name! {
    /// The person at the other end, as the signaling service names them.
    PeerName
}
name! {
    /// A room of two.
    RoomName
}
name! {
    /// One of a person's devices, as the signaling service names them.
    DeviceId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_its_text() {
        let name = DeviceId::from("d1".to_owned());
        assert_eq!((name.as_str(), name.to_string().as_str()), ("d1", "d1"));
        assert_eq!(name, DeviceId::from("d1"));
    }
}
