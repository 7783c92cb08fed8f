//! Numbering, acknowledgement, resending and de-duplication.
