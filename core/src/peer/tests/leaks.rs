//! What closing leaves behind: nothing.

use super::*;

#[tokio::test]
async fn closed_connections_leave_no_task_behind() {
    call_once().await;
    let before = tasks();
    for _ in 0..30 {
        call_once().await;
    }
    keep_on("as many tasks as before are left", || tasks() == before).await;
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_connection() {
    let before = tasks();
    let (end, events) = End::new(config(), None).await.unwrap();
    end.peer.start_offer();
    drop((end, events));
    keep_on("as many tasks as before are left", || tasks() == before).await;
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

#[tokio::test]
async fn closing_returns_while_nobody_reads_the_events() {
    let (sender, _events) = mpsc::channel(1);
    let peer = Peer::new(config(), sender, Arc::new(Recorder::default())).await.unwrap();
    peer.start_offer();
    let closed = tokio::time::timeout(DEADLINE, peer.close());
    assert!(closed.await.is_ok());
}

/// Sockets, threads and memory belong to the whole process, so this runs in one of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_calls_leave_no_socket_no_thread_and_no_memory() {
    let test = std::env::current_exe().unwrap();
    let alone = ["--ignored", "--exact", "--nocapture", "--test-threads=1"];
    let name = format!("{}::a_hundred_calls", module_path!().split_once("::").unwrap().1);
    let output = std::process::Command::new(test).args(alone).arg(name).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "started by another test, in a process of its own"]
async fn a_hundred_calls() {
    const MAX_GROWTH: usize = 5 << 20;
    for _ in 0..20 {
        call_once().await;
    }
    let (tasks_before, before, memory_before) = (tasks(), (sockets(), threads()), memory());
    for _ in 0..100 {
        call_once().await;
    }
    keep_on("tasks, sockets and threads are as before", || {
        tasks() == tasks_before && (sockets(), threads()) == before
    })
    .await;
    let growth = memory().saturating_sub(memory_before);
    println!("sockets and threads {before:?}, memory {memory_before} + {growth}");
    assert!(growth < MAX_GROWTH, "{growth}");
}

async fn call_once() {
    let pair = Pair::new().await;
    pair.connect().await;
    keep_on("media flows", || {
        pair.a.send_frame(0, 2, 500);
        pair.b.seen(|seen| !seen.video.is_empty())
    })
    .await;
    pair.close().await;
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// File descriptors of this process.
#[cfg(target_os = "linux")]
fn sockets() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Resident memory, in bytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
