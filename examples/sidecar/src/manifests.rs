use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use smi_policy::Semantics;

use crate::Generation;
use crate::directory::{self, Files, ReadError};
use crate::generation::{Parsed, parse};

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

/// The generation in force while one request is decided.
#[derive(Debug)]
pub struct Current(Guard<Arc<Generation>>);

/// What came of looking at the directory.
#[derive(Debug)]
pub enum Reload {
    /// Nothing is new, or something is and may still be in the making: it counts once it has been
    /// seen twice.
    Unchanged,
    /// The manifests are in force. Lines about what of them could not be used.
    Replaced(u64, Vec<String>),
    /// The manifests are broken: the generation before them stays in force. Lines that say why.
    Kept(u64, Vec<String>),
}

#[derive(Debug, Default)]
struct Seen {
    /// What was decided upon last: taken or refused.
    judged: Option<Files>,
    /// What has been seen once since.
    fresh: Option<Files>,
    /// Whether the directory could not even be listed when last looked at.
    unreadable: bool,
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
    ) -> Result<(Self, Vec<String>), ReadError> {
        let directory = directory.into();
        let files = directory::read(&directory)?;
        let Parsed { resources, errors, warnings } = parse(&files, &semantics.default_namespace);
        let first = Generation::new(&resources, semantics.clone()).numbered(1);
        let lines = errors.into_iter().chain(warnings).chain(first.diagnostics()).collect();
        let seen = Seen { judged: Some(files), ..Seen::default() };
        let current = ArcSwap::from_pointee(first);
        let (last, seen) = (AtomicU64::new(1), Mutex::new(seen));
        Ok((Self { directory, semantics, current, last, seen }, lines))
    }

    /// What is in force now. Take it anew for each request.
    pub fn current(&self) -> Current {
        Current(self.current.load())
    }

    /// Puts another generation in force, whatever the directory holds.
    pub fn replace(&self, next: Generation) -> u64 {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.current.store(Arc::new(next.numbered(number)));
        number
    }

    /// Looks at the directory.
    ///
    /// A change counts when it is seen for the second time, so that a file that is just being
    /// written is not taken for a shorter one, which might allow more. To be safe however slowly
    /// files are written, replace them by renaming.
    pub fn look(&self) -> Reload {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let files = match directory::read(&self.directory) {
            Ok(files) => files,
            Err(error) => return self.unreadable(&mut seen, &error),
        };
        let was_unreadable = std::mem::take(&mut seen.unreadable);
        if seen.judged.as_ref() == Some(&files) && !was_unreadable {
            seen.fresh = None;
            return Reload::Unchanged;
        }
        if seen.fresh.as_ref() != Some(&files) {
            seen.fresh = Some(files);
            seen.unreadable = was_unreadable;
            return Reload::Unchanged;
        }
        let Parsed { resources, errors, warnings } =
            parse(&files, &self.semantics.default_namespace);
        seen.fresh = None;
        seen.judged = Some(files);
        if !errors.is_empty() {
            return Reload::Kept(self.current.load().number(), errors);
        }
        let next = Generation::new(&resources, self.semantics.clone());
        let lines = warnings.into_iter().chain(next.diagnostics()).collect();
        Reload::Replaced(self.replace(next), lines)
    }

    /// Looks at the directory at intervals, forever, in a thread of its own. `report` is told of
    /// everything but [`Reload::Unchanged`].
    ///
    /// # Errors
    ///
    /// Fails if no thread can be started.
    pub fn follow(
        self: &Arc<Self>,
        interval: Duration,
        report: impl Fn(&Path, &Reload) + Send + 'static,
    ) -> std::io::Result<()> {
        let manifests = Arc::clone(self);
        let forever = move || loop {
            thread::sleep(interval);
            let reload = manifests.look();
            if !matches!(reload, Reload::Unchanged) {
                report(&manifests.directory, &reload);
            }
        };
        thread::Builder::new().name("manifests".to_owned()).spawn(forever).map(drop)
    }

    fn unreadable(&self, seen: &mut Seen, error: &ReadError) -> Reload {
        seen.fresh = None;
        if std::mem::replace(&mut seen.unreadable, true) {
            return Reload::Unchanged;
        }
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        let line = format!("{error}{}", cause.unwrap_or_default());
        Reload::Kept(self.current.load().number(), vec![line])
    }
}

impl Deref for Current {
    type Target = Generation;

    fn deref(&self) -> &Generation {
        &self.0
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
        assert_eq!(manifests.current().number(), 1);
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
        assert_eq!(manifests.current().number(), 1);
        fs::write(directory.path().join("route.yaml"), ROUTE.replace("80", "81")).unwrap();
        manifests.look();
        assert!(matches!(manifests.look(), Reload::Replaced(2, _)));
    }

    #[test]
    fn a_directory_that_is_gone_keeps_the_last_good_generation_until_it_is_back() {
        let (directory, manifests) = opened();
        let away = directory.path().with_extension("away");
        fs::rename(directory.path(), &away).unwrap();
        assert!(matches!(manifests.look(), Reload::Kept(1, _)));
        assert!(matches!(manifests.look(), Reload::Unchanged));
        fs::rename(&away, directory.path()).unwrap();
        assert!(matches!(manifests.look(), Reload::Unchanged));
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
