//! Duet for Kotlin, Swift and C: converts, decides nothing.
