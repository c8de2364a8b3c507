//! Deserializing from the values of a document, with errors that say where.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::node::{Mapping, Node, Sequence, Value};
use super::number::Number;
use crate::path::{FieldPath, PathSegment};
use crate::problem::{Code, Problem, Severity};

impl<'a> Node<'a> {
    /// Reads the node as a Rust type.
    ///
    /// # Errors
    ///
    /// The node has not the shape of the type. The problem has the path from this node and the
    /// place in the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::Manifest;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Port {
    ///     port: u16,
    /// }
    ///
    /// let manifest = Manifest::read("kind: Service\nspec:\n  ports: [{port: 80}, {port: http}]\n");
    /// let root = manifest.documents()[0].root().ok_or("no document")?;
    ///
    /// let first = root.find(&"spec.ports[0]".parse()?).ok_or("no port")?;
    /// assert_eq!(first.deserialize::<Port>()?.port, 80);
    ///
    /// let ports = root.find(&"spec.ports".parse()?).ok_or("no ports")?;
    /// let error = ports.deserialize::<Vec<Port>>().err().ok_or("no error")?;
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 3, column 30: [1].port: invalid type: string \"http\", expected u16"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, Problem> {
        T::deserialize(NodeDeserializer::new(self)).map_err(|failure| failure.problem(self))
    }

    /// The node as JSON.
    pub fn to_json(self) -> serde_json::Value {
        match self.value() {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => value.into(),
            Value::Number(Number::Unsigned(number)) => number.into(),
            Value::Number(Number::Negative(number)) => number.into(),
            Value::Number(Number::Float(number)) => number.into(),
            Value::String(text) => text.into(),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => {
                entries.iter().map(|(key, value)| (key, value.to_json())).collect()
            }
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value() {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(value),
            Value::Number(Number::Unsigned(number)) => serializer.serialize_u64(number),
            Value::Number(Number::Negative(number)) => serializer.serialize_i64(number),
            Value::Number(Number::Float(number)) => serializer.serialize_f64(number),
            Value::String(text) => serializer.serialize_str(text),
            Value::Sequence(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    sequence.serialize_element(&item)?;
                }
                sequence.end()
            }
            Value::Mapping(entries) => {
                let mut mapping = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries.iter() {
                    mapping.serialize_entry(key, &value)?;
                }
                mapping.end()
            }
        }
    }
}

/// Deserializes a node. The node of an object may leave its head to others.
pub(super) struct NodeDeserializer<'de> {
    node: Node<'de>,
    /// Entries that count where the node, a mapping, does not have them.
    defaults: Vec<(&'static str, String)>,
}

impl<'de> NodeDeserializer<'de> {
    pub(super) fn new(node: Node<'de>) -> Self {
        Self { node, defaults: Vec::new() }
    }

    /// Adds an entry that counts if the node, a mapping, has none of this key.
    #[cfg(feature = "kube")]
    pub(super) fn with_default(mut self, key: &'static str, value: String) -> Self {
        if self.node.get(key).is_none() {
            self.defaults.push((key, value));
        }
        self
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let node = self.node;
        match node.value() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(Number::Unsigned(number)) => visitor.visit_u64(number),
            Value::Number(Number::Negative(number)) => visitor.visit_i64(number),
            Value::Number(Number::Float(number)) => visitor.visit_f64(number),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Sequence(items) => visitor.visit_seq(Items { items, next: 0 }),
            Value::Mapping(mapping) => visitor.visit_map(Entries::new(mapping, self.defaults)),
        }
        .map_err(|failure: Failure| failure.at(node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let node = self.node;
        match node.value() {
            Value::String(text) => {
                let variant: StrDeserializer<'_, Failure> = text.into_deserializer();
                visitor.visit_enum(variant)
            }
            Value::Mapping(mapping) => {
                let access = Entries::new(mapping, Vec::new());
                visitor.visit_enum(MapAccessDeserializer::new(access))
            }
            _ => Err(Failure::custom("expected a text or a mapping of one entry")),
        }
        .map_err(|failure| failure.at(node))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: Sequence<'de>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let index = self.next;
        let Some(node) = self.items.get(index) else { return Ok(None) };
        self.next += 1;
        let element = seed.deserialize(NodeDeserializer::new(node));
        element.map(Some).map_err(|failure| failure.below(index))
    }
}

struct Entries<'de> {
    mapping: Mapping<'de>,
    next: usize,
    value: Option<(&'de str, Node<'de>)>,
    defaults: Vec<(&'static str, String)>,
    default: Option<(&'static str, String)>,
}

impl<'de> Entries<'de> {
    fn new(mapping: Mapping<'de>, defaults: Vec<(&'static str, String)>) -> Self {
        Self { mapping, next: 0, value: None, defaults, default: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        if let Some((key, value)) = self.defaults.pop() {
            self.default = Some((key, value));
            let key: StrDeserializer<'_, Failure> = key.into_deserializer();
            return seed.deserialize(key).map(Some);
        }
        self.value = self.mapping.at(self.next);
        self.next += 1;
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        if let Some((_, value)) = self.default.take() {
            return seed.deserialize(value.into_deserializer());
        }
        let Some((key, node)) = self.value.take() else {
            return Err(Failure::custom("a value without key"));
        };
        let value = seed.deserialize(NodeDeserializer::new(node));
        value.map_err(|failure| failure.below(key.to_owned()))
    }
}

/// Why a node is not of a type: the message, and the way to the place, from the bottom up.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    location: Option<super::Location>,
    way: Vec<PathSegment>,
}

impl Failure {
    /// The problem, for a deserialization that began at `root`.
    pub(super) fn problem(self, root: Node<'_>) -> Problem {
        let path: FieldPath = self.way.into_iter().rev().collect();
        let location = self.location.unwrap_or_else(|| root.location());
        Problem::new(Severity::Error, Code::WrongType, path, Some(location), self.message)
    }

    fn at(mut self, node: Node<'_>) -> Self {
        self.location.get_or_insert_with(|| node.location());
        self
    }

    fn below(mut self, segment: impl Into<PathSegment>) -> Self {
        self.way.push(segment.into());
        self
    }
}

impl Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), location: None, way: Vec::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
