//! Duet: an embeddable engine for one-to-one audio/video calls.
