//! The call state machine of Duet: pure, no clock, no I/O.
