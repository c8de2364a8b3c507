//! The parts of a TrafficTarget, each with the version that says how it reads.

use serde_json::Value;

use super::json::{field, take};
use super::preserved::{Kept, SubjectField};
use super::resolve::context;
use crate::api::Version;

/// A subject or a rule that is being converted.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What every version has, and what none of them knows.
    pub(super) value: Value,
    /// The version whose reading counts.
    pub(super) read_in: Version,
    /// Whether it stood in the annotation.
    pub(super) was_kept: bool,
    group: Option<Optional>,
    port: Option<Optional>,
}

/// A field that not all versions have.
#[derive(Clone, Debug)]
struct Optional {
    value: Value,
    was_kept: bool,
}

impl Slot {
    /// A subject as it stands in an object or in the annotation.
    pub(super) fn subject(mut value: Value, read_in: Version, was_kept: bool) -> Self {
        let mut optional = |known: SubjectField| {
            let object = value.as_object_mut().filter(|_| known.exists_in(read_in))?;
            let value = take(object, known.key())?;
            Some(Optional { value, was_kept })
        };
        let (group, port) = (optional(SubjectField::Group), optional(SubjectField::Port));
        Self { value, read_in, was_kept, group, port }
    }

    /// A rule as it stands in an object or in the annotation.
    pub(super) fn rule(value: Value, read_in: Version, was_kept: bool) -> Self {
        Self { value, read_in, was_kept, group: None, port: None }
    }

    pub(super) fn kind(&self) -> Option<&str> {
        field(self.value.as_object()?, "kind")?.as_str()
    }

    /// Gives a field back that stood in the annotation.
    pub(super) fn restore(&mut self, known: SubjectField, value: Value) {
        *self.optional(known) = Some(Optional { value, was_kept: true });
    }

    /// A field that not all versions have.
    pub(super) fn get(&self, known: SubjectField) -> Option<&Value> {
        let optional = match known {
            SubjectField::Group => &self.group,
            SubjectField::Port => &self.port,
        };
        optional.as_ref().map(|optional| &optional.value)
    }

    /// Takes a field out that not all versions have, with whether it stood in the annotation.
    pub(super) fn take(&mut self, known: SubjectField) -> Option<(Value, bool)> {
        self.optional(known).take().map(|optional| (optional.value, optional.was_kept))
    }

    /// Whether the subject would read otherwise in a version.
    pub(super) fn is_other_subject_in(&self, version: Version) -> bool {
        let knows_bindings = |version| version >= Version::V1alpha4;
        let differs = knows_bindings(self.read_in) != knows_bindings(version);
        let binding = self.kind() == Some("IdentityBinding");
        // A group says what the kind is a kind of: a ServiceAccount of another group is none.
        let group = self.group.as_ref().is_some_and(|group| group.value != "");
        differs && (binding || group)
    }

    /// Whether the rule would read otherwise in a version.
    pub(super) fn is_other_rule_in(&self, version: Version) -> bool {
        let knows_udp = |version| version >= Version::V1alpha3;
        knows_udp(self.read_in) != knows_udp(version) && self.kind() == Some("UDPRoute")
    }

    /// The whole part, to be put into the annotation.
    pub(super) fn into_kept(self) -> Kept {
        let read_in = Some(self.read_in);
        Kept { value: self.into_value(), of: None, read_in }
    }

    /// The whole part, to be put into an object.
    pub(super) fn into_value(self) -> Value {
        let Self { mut value, group, port, .. } = self;
        if let Some(object) = value.as_object_mut() {
            for (known, optional) in [(SubjectField::Group, group), (SubjectField::Port, port)] {
                if let Some(optional) = optional {
                    object.insert(known.key().to_owned(), optional.value);
                }
            }
        }
        value
    }

    /// What the fields that not all versions have belong to.
    pub(super) fn context(&self) -> Value {
        context(&self.value)
    }

    fn optional(&mut self, known: SubjectField) -> &mut Option<Optional> {
        match known {
            SubjectField::Group => &mut self.group,
            SubjectField::Port => &mut self.port,
        }
    }
}

/// A list of a TrafficTarget.
#[derive(Clone, Debug)]
pub(super) enum List {
    Absent,
    /// Something else stands there. The target means nothing in any version.
    Wrong(Value),
    Slots(Vec<Slot>),
}

impl List {
    pub(super) fn of(value: Option<Value>, slot: impl Fn(Value) -> Slot) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::Array(items)) => Self::Slots(items.into_iter().map(slot).collect()),
            Some(other) => Self::Wrong(other),
        }
    }

    /// Puts a part back where it was, or gives it back where there is no list.
    pub(super) fn insert(&mut self, index: usize, slot: Slot) -> Result<(), Slot> {
        if matches!(self, Self::Absent) {
            *self = Self::Slots(Vec::new());
        }
        match self {
            Self::Slots(slots) => {
                slots.insert(index.min(slots.len()), slot);
                Ok(())
            }
            _ => Err(slot),
        }
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Slot> {
        if let Self::Slots(slots) = self { slots.get_mut(index) } else { None }
    }
}
