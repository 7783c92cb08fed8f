//! A signaling server for tests.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::shell::{Result, target_dir};

/// A signaling server on a free port, for as long as this lives.
pub struct Server {
    process: Child,
    pub url: String,
    /// Kept open: a server that cannot say anything any more is not the one under test.
    _output: BufReader<ChildStdout>,
}

impl Server {
    pub fn start() -> Result<Self> {
        let program = target_dir().join("debug/duet");
        let mut process = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut output = BufReader::new(process.stdout.take().ok_or("the server's output is ours")?);
        let mut line = String::new();
        output.read_line(&mut line).map_err(|error| format!("duet serve: {error}"))?;
        match line.split_whitespace().find(|word| word.starts_with("http://")) {
            Some(url) => Ok(Server { process, url: url.to_owned(), _output: output }),
            None => {
                process.kill().ok();
                Err("duet serve did not say where it listens".into())
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
