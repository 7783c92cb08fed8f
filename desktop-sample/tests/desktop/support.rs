//! Running `duet` and reading what it says.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use duet_server::{RunningServer, Server, ServerConfig};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// Nothing here takes this long on a machine that does anything else at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Held by tests that run a call: two at a time would measure each other.
pub fn one_call_at_a_time() -> MutexGuard<'static, ()> {
    static CALL: Mutex<()> = Mutex::new(());
    CALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of this test run alone.
pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("duet-test-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// A signaling server in this process.
pub struct Service {
    pub url: String,
    _server: RunningServer,
    _runtime: Runtime,
}

impl Service {
    pub fn start() -> Self {
        Self::with(ServerConfig::loopback())
    }

    pub fn with(config: ServerConfig) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        let server = {
            let _inside = runtime.enter();
            Server::bind(config).expect("bind").spawn()
        };
        Service { url: server.url(), _server: server, _runtime: runtime }
    }
}

/// A running `duet`, killed when dropped.
pub struct Duet {
    child: Child,
    lines: Receiver<String>,
    events: Vec<Value>,
    errors: Option<JoinHandle<String>>,
}

/// A `duet` that has ended.
pub struct Done {
    pub code: i32,
    pub events: Vec<Value>,
    pub errors: String,
}

impl Duet {
    pub fn start<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_duet"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("duet starts");
        let (sender, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("stdout"));
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut err = child.stderr.take().expect("stderr");
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        Duet { child, lines, events: Vec::new(), errors: Some(errors) }
    }

    /// Waits for the next event of that name.
    pub fn wait_for(&mut self, name: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|error| {
                let _ = self.child.kill();
                let errors = self.errors.take().map(|errors| errors.join().unwrap_or_default());
                panic!("no {name} event ({error}); so far {:?}; stderr: {errors:?}", self.events)
            });
            let event = parse(&line);
            self.events.push(event.clone());
            if event["event"] == name {
                return event;
            }
        }
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin");
        writeln!(stdin, "{line}").expect("it reads what is typed");
    }

    /// Ends it without a chance to say anything (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Done {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.events.push(parse(&line)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("no end; so far {:?}", self.events),
            }
        }
        let code = self.child.wait().expect("an exit code").code().expect("not killed");
        let errors = self.errors.take().map(|errors| errors.join().expect("stderr")).unwrap_or_default();
        Done { code, events: std::mem::take(&mut self.events), errors }
    }
}

impl Drop for Duet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Done {
    /// The last line, which is always a report.
    pub fn report(&self) -> &Value {
        let last = self.events.last().unwrap_or_else(|| panic!("said nothing; stderr: {}", self.errors));
        assert_eq!(last["event"], "report", "the report comes last: {:?}", self.events);
        last
    }

    /// All events of that name.
    pub fn all(&self, name: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["event"] == name).collect()
    }

    /// Fails the test with everything that was said unless the exit code is `code`.
    pub fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "events: {:#?}\nstderr: {}", self.events, self.errors);
        self
    }
}

/// Text that is no JSON is kept as a string: `duet serve` and help speak to people.
fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| Value::String(line.to_owned()))
}
