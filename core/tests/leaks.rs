//! A phone runs for weeks: after a call nothing of it may be left.

mod support;

use std::time::{Duration, Instant};

use duet_core::CallOptions;
use support::{DEADLINE, Host, TestServer};

/// Calls before the first measurement: allocators, caches and lazy tables fill.
const WARM_UP: u32 = 20;
const CALLS: u32 = 100;
/// Less than 10 KiB a call: well below the smallest connection, codec or queue that could leak.
const MAX_GROWTH_KIB: i64 = 1024;

#[derive(Debug, PartialEq)]
struct Resources {
    tasks: usize,
    threads: usize,
    files: usize,
}

fn resources(hosts: &[Host]) -> Resources {
    Resources {
        tasks: hosts.iter().map(|host| host.engine.alive().tasks).sum(),
        threads: status("Threads:") as usize,
        files: std::fs::read_dir("/proc/self/fd").expect("Linux").count(),
    }
}

/// A figure of this process, in the kernel's unit (KiB for memory).
fn status(key: &str) -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with(key)).expect("a field of every Linux");
    line.split_whitespace().nth(1).and_then(|value| value.parse().ok()).expect("a number")
}

/// Memory in use, in KiB. Where the allocator tells, by its own word: what it keeps for later in the
/// arenas of threads that are gone makes the resident size wander by megabytes without any leak.
fn memory() -> i64 {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: mallinfo2 may be called at any time from any thread.
        let info = unsafe { libc::mallinfo2() };
        ((info.uordblks + info.hblkhd) / 1024) as i64
    }
    #[cfg(not(target_env = "gnu"))]
    status("RssAnon:")
}

fn one_call(alice: &Host, bob: &Host) {
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    outgoing.exchange_media(&incoming, 2);
    outgoing.call.hang_up();
    outgoing.ended();
    incoming.ended();
}

/// What ends in the background (codec threads, sockets) has a moment to do so.
fn settled(hosts: &[Host], wanted: Option<&Resources>) -> Resources {
    let end = Instant::now() + DEADLINE;
    let mut last = resources(hosts);
    let mut same = 0;
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(50));
        let now = resources(hosts);
        same = if now == last { same + 1 } else { 0 };
        last = now;
        let done = wanted.map_or(same >= 30, |wanted| *wanted == last);
        if done {
            break;
        }
    }
    last
}

#[test]
fn a_hundred_calls_leave_nothing_behind() {
    let server = TestServer::start();
    let hosts = [Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob")];
    hosts.iter().for_each(Host::connected);
    for _ in 0..WARM_UP {
        one_call(&hosts[0], &hosts[1]);
    }
    let before = settled(&hosts, None);
    let memory_before = memory();
    for _ in 0..CALLS {
        one_call(&hosts[0], &hosts[1]);
    }
    let after = settled(&hosts, Some(&before));
    let growth = memory() - memory_before;
    println!("before {before:?}, after {after:?}, growth {growth} KiB");
    assert_eq!(after, before);
    assert!(growth < MAX_GROWTH_KIB, "{growth} KiB more after {CALLS} calls");
}
