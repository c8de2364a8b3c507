use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use arc_swap::ArcSwap;
use smi_policy::{Policy, Semantics};
use smi_split::Splits;
use smi_types::manifest::{Manifest, Resources};

use crate::directory::{self, Files};

/// How often the directory is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// A directory of manifests, and what they mean at the moment.
///
/// A state with a file that can't be read does not replace a good one: the last good generation
/// stays in force, and [`Reload::Kept`] says why. References to nothing and the like do not keep a
/// state from being used; what they stand in allows nothing.
#[derive(Debug)]
pub struct Manifests {
    directory: PathBuf,
    semantics: Semantics,
    current: ArcSwap<Generation>,
    /// The number of the newest generation.
    last: AtomicU64,
    seen: Mutex<Seen>,
}

/// Policy and splits of one state of the manifests. They are replaced together, so that no request
/// ever sees the policy of one state and the splits of another.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Who may call whom.
    pub policy: Policy,
    /// Where calls go.
    pub splits: Splits,
}

/// What came of looking at the directory.
#[derive(Debug)]
pub enum Reload {
    /// Nothing is new, or something is and may still be in the making.
    Unchanged,
    /// The manifests are in force. Lines about what of them could not be used.
    Replaced(u64, Vec<String>),
    /// The manifests are broken: the generation before them stays in force. Lines that say why.
    Kept(u64, Vec<String>),
}

/// What the directory held, or why it could not be read.
type State = Result<Files, String>;

#[derive(Debug)]
struct Seen {
    /// When last looked at.
    last: State,
    /// What was decided upon last: taken or refused.
    judged: State,
}

impl Manifests {
    /// Starts with the manifests that are in the directory. What is broken is left out, for there is
    /// nothing good to keep: it allows nothing. The lines say what could not be used.
    ///
    /// # Errors
    ///
    /// Fails if the directory or a file can't be read at all.
    pub fn open(
        directory: impl Into<PathBuf>,
        semantics: Semantics,
    ) -> Result<(Self, Vec<String>)> {
        let directory = directory.into();
        let files = directory::read(&directory)?;
        let (resources, mut lines, warnings) = parse(&files, &semantics);
        let first = Generation::compile(&resources, &semantics, None);
        lines.extend(warnings.into_iter().chain(first.diagnostics()));
        let seen = Mutex::new(Seen { last: Ok(files.clone()), judged: Ok(files) });
        let (current, last) = (ArcSwap::from_pointee(first), AtomicU64::new(1));
        Ok((Self { directory, semantics, current, last, seen }, lines))
    }

    /// What is in force now. Take it anew for each request.
    pub fn current(&self) -> Arc<Generation> {
        self.current.load_full()
    }

    /// Puts another generation in force, whatever the directory holds. Says how many there were.
    pub fn replace(&self, next: Generation) -> u64 {
        self.current.store(Arc::new(next));
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Looks at the directory.
    ///
    /// A change counts when it is seen for the second time, so that a file that is just being
    /// written is not taken for a shorter one, which might allow more. To be safe however slowly
    /// files are written, replace them by renaming.
    pub fn look(&self) -> Reload {
        let now = directory::read(&self.directory).map_err(|error| format!("{error:#}"));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_settled = now == seen.last;
        seen.last = now;
        if !is_settled || seen.last == seen.judged {
            return Reload::Unchanged;
        }
        seen.judged = seen.last.clone();
        let in_force = self.last.load(Ordering::Relaxed);
        let files = match &seen.judged {
            Ok(files) => files,
            Err(error) => return Reload::Kept(in_force, vec![error.clone()]),
        };
        let (resources, errors, mut lines) = parse(files, &self.semantics);
        if !errors.is_empty() {
            return Reload::Kept(in_force, errors);
        }
        let next = Generation::compile(&resources, &self.semantics, Some(&self.current.load()));
        lines.extend(next.diagnostics());
        Reload::Replaced(self.replace(next), lines)
    }

    /// Looks at the directory four times a second, forever, in a thread of its own. `report` is told
    /// of everything but [`Reload::Unchanged`].
    ///
    /// # Errors
    ///
    /// Fails if no thread can be started.
    pub fn follow(self: &Arc<Self>, report: impl Fn(&Reload) + Send + 'static) -> Result<()> {
        let manifests = Arc::clone(self);
        let forever = move || loop {
            thread::sleep(INTERVAL);
            match manifests.look() {
                Reload::Unchanged => (),
                reload => report(&reload),
            }
        };
        thread::Builder::new().name("manifests".to_owned()).spawn(forever)?;
        Ok(())
    }
}

impl Generation {
    /// Compiles manifests. Rotations of splits go on where those of the previous generation are.
    #[must_use]
    pub fn compile(resources: &Resources, semantics: &Semantics, previous: Option<&Self>) -> Self {
        let policy = Policy::from_resources(resources, semantics.clone());
        let splits = Splits::builder(semantics.clone()).resources(resources);
        let splits = match previous {
            Some(previous) => splits.compile_after(&previous.splits),
            None => splits.compile(),
        };
        Self { policy, splits }
    }

    /// What could not be used, one line each. It allows nothing.
    fn diagnostics(&self) -> impl Iterator<Item = String> {
        let diagnostics = self.policy.diagnostics().iter().chain(self.splits.diagnostics());
        diagnostics.map(ToString::to_string)
    }
}

/// Several lines, the first of which says what is in force.
impl fmt::Display for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = match self {
            Self::Unchanged => return f.write_str("unchanged"),
            Self::Replaced(number, lines) => {
                write!(f, "generation {number} is in force")?;
                lines
            }
            Self::Kept(number, lines) => {
                write!(f, "manifests are broken, generation {number} stays in force")?;
                lines
            }
        };
        lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Reads manifests: those that can be read, errors that make the state unfit to replace a good one,
/// and warnings.
fn parse(files: &Files, semantics: &Semantics) -> (Resources, Vec<String>, Vec<String>) {
    let mut resources = Resources::new(semantics.default_namespace.clone());
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (name, content) in files {
        match std::str::from_utf8(content) {
            Ok(text) => {
                resources.add(name.as_str(), Manifest::read(text));
            }
            Err(error) => errors.push(format!("{name}: {error}")),
        }
    }
    for (name, problem) in resources.problems() {
        let list = if problem.is_error() { &mut errors } else { &mut warnings };
        list.push(format!("{name}: {problem}"));
    }
    (resources, errors, warnings)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ROUTE: &str = "apiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\n\
                         metadata: {name: web}\nspec: {matches: {ports: [80]}}\n";
    const TARGET: &str = "apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n\
                          metadata: {name: t}\nspec:\n  \
                          destination: {kind: ServiceAccount, name: web}\n  \
                          sources: [{kind: ServiceAccount, name: client}]\n  \
                          rules: [{kind: TCPRoute, name: web}]\n";

    fn opened() -> (tempfile::TempDir, Manifests) {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("route.yaml"), ROUTE).unwrap();
        let (manifests, lines) = Manifests::open(directory.path(), Semantics::default()).unwrap();
        assert!(lines.is_empty(), "{lines:?}");
        (directory, manifests)
    }

    #[test]
    fn a_change_counts_when_it_is_seen_twice() {
        let (directory, manifests) = opened();
        fs::write(directory.path().join("target.yaml"), TARGET).unwrap();
        assert!(matches!(manifests.look(), Reload::Unchanged));
        assert!(matches!(manifests.look(), Reload::Replaced(2, lines) if lines.is_empty()));
        assert!(matches!(manifests.look(), Reload::Unchanged));
        assert_eq!(manifests.current().policy.targets().count(), 1);
    }

    #[test]
    fn a_file_that_grows_between_looks_is_not_taken() {
        let (directory, manifests) = opened();
        let file = directory.path().join("target.yaml");
        for length in (0..TARGET.len()).step_by(40) {
            fs::write(&file, &TARGET.as_bytes()[..length]).unwrap();
            assert!(matches!(manifests.look(), Reload::Unchanged), "{length}");
        }
        assert_eq!(manifests.last.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn broken_manifests_keep_the_last_good_generation_and_are_reported_once() {
        let (directory, manifests) = opened();
        let broken: [(&str, &[u8]); 3] = [
            ("bad.yaml", b"apiVersion: [\n"),
            ("bad.yaml", b"\xff\xfe"),
            (
                "bad.json",
                b"{\"apiVersion\": \"access.smi-spec.io/v9\", \"kind\": \"TrafficTarget\"}",
            ),
        ];
        for (name, content) in broken {
            fs::write(directory.path().join(name), content).unwrap();
            assert!(matches!(manifests.look(), Reload::Unchanged));
            let reload = manifests.look();
            let Reload::Kept(1, lines) = &reload else { panic!("{name}: {reload:?}") };
            assert!(lines[0].starts_with(name), "{lines:?}");
            assert!(matches!(manifests.look(), Reload::Unchanged));
            fs::remove_file(directory.path().join(name)).unwrap();
            manifests.look();
        }
        assert_eq!(manifests.last.load(Ordering::Relaxed), 1);
        fs::write(directory.path().join("route.yaml"), ROUTE.replace("80", "81")).unwrap();
        manifests.look();
        assert!(matches!(manifests.look(), Reload::Replaced(2, _)));
    }

    #[test]
    fn a_directory_that_is_gone_keeps_the_last_good_generation_until_it_is_back() {
        let (directory, manifests) = opened();
        let away = directory.path().with_extension("away");
        fs::rename(directory.path(), &away).unwrap();
        assert!(matches!(manifests.look(), Reload::Unchanged));
        assert!(matches!(manifests.look(), Reload::Kept(1, _)));
        assert!(matches!(manifests.look(), Reload::Unchanged));
        fs::rename(&away, directory.path()).unwrap();
        assert!(matches!(manifests.look(), Reload::Unchanged));
        assert!(matches!(manifests.look(), Reload::Replaced(2, _)));
    }

    #[test]
    fn what_is_no_file_is_broken_and_keeps_nobody_waiting() {
        let (directory, manifests) = opened();
        let socket = directory.path().join("socket.yaml");
        let pipe = directory.path().join("pipe.yaml");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for file in [socket, pipe] {
            manifests.look();
            let reload = manifests.look();
            let Reload::Kept(1, lines) = &reload else { panic!("{reload:?}") };
            assert!(lines[0].contains("is no file"), "{lines:?}");
            fs::remove_file(file).unwrap();
        }
        manifests.look();
        assert!(matches!(manifests.look(), Reload::Replaced(2, _)));
    }

    #[test]
    fn an_empty_directory_allows_nothing() {
        let (directory, manifests) = opened();
        fs::remove_file(directory.path().join("route.yaml")).unwrap();
        manifests.look();
        assert!(matches!(manifests.look(), Reload::Replaced(2, _)));
    }
}
