//! The signaling server of Duet: library and binary.
