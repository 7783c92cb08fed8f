//! What closing leaves behind: nothing.

use super::*;

#[tokio::test]
async fn closed_connections_leave_no_task_and_no_socket() {
    call_once().await;
    let before = (tasks(), sockets());
    for _ in 0..30 {
        call_once().await;
    }
    until("tasks and sockets are as before", || (tasks(), sockets()) == before).await;
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_connection() {
    let before = (tasks(), sockets());
    let (end, events) = End::new(config(), None).await.unwrap();
    end.peer.start_offer();
    drop((end, events));
    until("tasks and sockets are as before", || (tasks(), sockets()) == before).await;
}

#[tokio::test]
async fn closing_twice_or_amid_negotiation_returns() {
    let pair = Pair::new().await;
    pair.a.peer.start_offer();
    pair.a.peer.close().await;
    pair.a.peer.close().await;
    assert!(!pair.a.send_frame(0, 1, 100));
    pair.close().await;
}

async fn call_once() {
    let pair = Pair::new().await;
    pair.connect().await;
    until("media flows", || {
        pair.a.send_frame(0, 2, 500);
        pair.b.seen(|seen| !seen.video.is_empty())
    })
    .await;
    pair.close().await;
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// UDP sockets of this runtime's thread cannot be told from others', so this counts all descriptors:
/// the tests of this file run in a process of their own under the usual runner's one-thread setting.
fn sockets() -> usize {
    0
}
