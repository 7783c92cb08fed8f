//! Socket.IO, protocols 4 and 5: the one namespace `/`, events of texts. What events mean is the
//! dialects' matter; they are told apart by the events' names.
//!
//! | module | job |
//! |---|---|
//! | `packet` | packets and events |
//! | `client` | one client: from namespace to departure |

pub(crate) mod client;
pub(crate) mod packet;

pub(crate) use client::Client;
