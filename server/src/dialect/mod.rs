//! One module for each protocol spoken; each translates to what the hub understands.

pub(crate) mod duet;
