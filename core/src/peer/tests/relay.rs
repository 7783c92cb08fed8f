//! Relayed calls.

use super::*;

#[tokio::test]
async fn relay_only_without_a_relay_is_refused_with_the_reason() {
    let refused = End::new(PeerConfig { relay_only: true, ..config() }, None).await;
    assert_eq!(refused.err(), Some(PeerError::NoTurnServer));
}
