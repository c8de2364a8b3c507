//! A program under test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::wait;

/// A running program; it ends with this value.
pub(crate) struct Program {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts it, and keeps what it says on standard error.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let program = Self::of(child);
        let lines = Arc::clone(&program.log);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        program
    }

    /// One that runs already, whatever it says.
    #[allow(dead_code, reason = "not every program's tests start one themselves")]
    pub(crate) fn of(child: Child) -> Self {
        Self { child, log: Arc::default() }
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let has_said = || self.log.lock().unwrap().iter().any(|line| line.contains(text));
        wait::until(&format!("it says {text:?}"), has_said);
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait::until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            // Whoever reads of the failure wants to know.
            eprintln!("the program said: {:#?}", self.log.lock());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
