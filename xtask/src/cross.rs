//! Calls between the languages over one server: Kotlin rings C, Swift rings Kotlin, C rings Swift, with
//! pictures and sound both ways; and the examples of all languages, each of which rings the next.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::Server;
use crate::setup;
use crate::shell::{self, Result, cargo, target_dir};
use crate::test;
use crate::{c, kotlin, swift};

/// No step of a call takes this long, even on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(90);

/// Who rings whom in the calls that are watched closely.
const PAIRS: &[(&str, &str)] = &[("Kotlin", "C"), ("Swift", "Kotlin"), ("C", "Swift")];

/// A language's programs.
pub struct Language {
    pub name: &'static str,
    /// Plays one end of a call and says how it goes.
    pub peer: Option<Command>,
    /// The example of the documentation.
    pub example: Command,
}

/// Builds what the programs need, then runs the calls.
pub fn run() -> Result {
    setup::install_languages()?;
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES]))?;
    tests()
}

/// The calls, with the library that is built; says what is left out where a language is missing.
pub fn tests() -> Result {
    shell::run(cargo(&["build", "--workspace", "--features", test::FEATURES, "--example", "call"]))?;
    let rust = Command::new(target_dir().join("debug/examples/call"));
    let mut languages = vec![Language { name: "Rust", peer: None, example: rust }];
    languages.extend(c::programs()?);
    languages.push(kotlin::programs()?);
    languages.extend(swift::programs()?);
    let server = Server::start()?;
    let find = |name: &str| languages.iter().find(|language| language.name == name);
    for (number, (caller, callee)) in PAIRS.iter().enumerate() {
        let peer = |name| Some(again(find(name)?.peer.as_ref()?));
        let (Some(from), Some(to)) = (peer(caller), peer(callee)) else {
            eprintln!("skipped: {caller} rings {callee}, for one of them is missing");
            continue;
        };
        let names = [caller, callee].map(|name| format!("{}-{number}", name.to_lowercase()));
        timed(caller, callee, || call(&server, from, to, names))?;
    }
    // Each example rings the next one, and the last the first.
    for (caller, callee) in languages.iter().zip(languages.iter().cycle().skip(1)) {
        timed(caller.name, callee.name, || examples(&server, caller, callee))?;
    }
    Ok(())
}

fn timed(caller: &str, callee: &str, call: impl FnOnce() -> Result) -> Result {
    let started = Instant::now();
    call().map_err(|error| format!("{caller} rings {callee}: {error}"))?;
    eprintln!("\u{2713} {:.1} s: {caller} rings {callee}", started.elapsed().as_secs_f32());
    Ok(())
}

/// The same command, to be run once more.
fn again(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
    copy
}

/// Two examples: whoever sees the hundredth picture hangs up.
fn examples(server: &Server, caller: &Language, callee: &Language) -> Result {
    const PICTURES: &str = " pictures, ";
    let from = format!("{}-caller", caller.name.to_lowercase());
    let to = format!("{}-callee", callee.name.to_lowercase());
    let mut second = End::start(again(&callee.example), &[&server.url, &to])?;
    let end = Instant::now() + DEADLINE;
    loop {
        let mut first = End::start(again(&caller.example), &[&server.url, &from, &to])?;
        let said = first.hear(|line| line.contains(PICTURES))?;
        first.finish()?;
        // An example does not say when it can be rung.
        if !said.starts_with("0 ") {
            break;
        }
        if Instant::now() > end {
            return Err(format!("{to} could not be rung in {DEADLINE:?}: {said}"));
        }
    }
    let said = second.hear(|line| line.contains(PICTURES))?;
    if said.starts_with("0 ") {
        return Err(format!("{to} saw nothing"));
    }
    second.finish()
}

/// One call, which the caller ends when both have seen and heard the other.
fn call(server: &Server, caller: Command, callee: Command, [from, to]: [String; 2]) -> Result {
    let mut callee = End::start(callee, &[&server.url, &to])?;
    callee.hear(is("ready"))?;
    let mut caller = End::start(caller, &[&server.url, &from, &to])?;
    caller.hear(is("ready"))?;
    for end in [&mut caller, &mut callee] {
        end.hear(is("media"))?;
    }
    caller.hang_up()?;
    for end in [&mut caller, &mut callee] {
        end.hear(is("hang-up"))?;
        end.finish()?;
    }
    Ok(())
}

fn is(word: &str) -> impl Fn(&str) -> bool {
    move |line| line == word
}

/// A running program; killed when it is dropped before its time.
struct End {
    name: String,
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl End {
    fn start(mut program: Command, words: &[&str]) -> Result<Self> {
        let name = words[1].to_owned();
        let mut process = program
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("its output is ours")?;
        let (sender, lines) = mpsc::channel();
        // Ends with the program's output.
        thread::spawn(move || {
            BufReader::new(output)
                .lines()
                .map_while(std::result::Result::ok)
                .all(|line| sender.send(line).is_ok())
        });
        Ok(End { name, process, input, lines })
    }

    /// Waits until it says what is `wanted`.
    fn hear(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(line.trim()) => return Ok(line),
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    return Err(format!("{} said nothing more in {DEADLINE:?}", self.name));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(format!("{} ended too early", self.name));
                }
            }
        }
    }

    fn hang_up(&mut self) -> Result {
        let input = self.input.as_mut().ok_or("its input is ours")?;
        input.write_all(b"\n").map_err(|error| format!("{}: {error}", self.name))
    }

    fn finish(&mut self) -> Result {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            match self.process.try_wait().map_err(|error| format!("{}: {error}", self.name))? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("{}: {status}", self.name)),
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(format!("{} did not end in {DEADLINE:?}", self.name))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> End {
        let mut program = Command::new("sh");
        program.args(["-c", script, "sh"]);
        End::start(program, &["url", "somebody"]).expect("a shell")
    }

    #[test]
    fn an_end_that_dies_or_fails_is_noticed() {
        let mut silent = shell("echo ready");
        silent.hear(is("ready")).expect("it said so");
        assert_eq!(silent.hear(is("media")), Err("somebody ended too early".into()));
        assert!(shell("exit 3").finish().expect_err("it failed").contains('3'));
    }

    #[test]
    fn an_end_is_told_to_hang_up_by_a_line() {
        let mut end = shell("echo ready; read line; echo hang-up");
        end.hear(is("ready")).expect("it said so");
        end.hang_up().expect("it listens");
        end.hear(is("hang-up")).expect("it was told");
        end.finish().expect("all went well");
    }
}
