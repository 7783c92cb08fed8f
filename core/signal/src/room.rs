//! Rooms of two.
