use serde_json::{Map, Value};

use super::error::{ConvertError, name};
use super::json::{Object, describe, field, take};
use super::moves::{Fate, Move};
use super::preserved::{Kept, PRESERVED_ANNOTATION, Preserved, Spot};
use super::resolve::{Resolved, resolve};
use super::{port_route, route_group, traffic_split, traffic_target};
use crate::api::{Group, Kind, Version};
use crate::hub::wire_path;
use crate::manifest::ObjectKey;
use crate::path::FieldPath;

/// Converts objects between the API versions of their kind.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use smi_types::api::Version;
/// use smi_types::convert::Converter;
///
/// let target = json!({
///     "apiVersion": "access.smi-spec.io/v1alpha2",
///     "kind": "TrafficTarget",
///     "metadata": {"name": "api"},
///     "spec": {
///         "destination": {"kind": "ServiceAccount", "name": "api", "port": 8080},
///         "rules": [{"kind": "HTTPRouteGroup", "name": "routes"}],
///         "sources": [{"kind": "ServiceAccount", "name": "web"}],
///     },
/// });
/// let newer = Converter::new().convert(target.clone(), Version::V1alpha4)?;
/// assert_eq!(newer.object["apiVersion"], "access.smi-spec.io/v1alpha4");
/// assert_eq!(
///     newer.moves[0].to_string(),
///     "spec.destination.port: kept in the annotation smi-spec.io/preserved"
/// );
/// let back = Converter::new().convert(newer.object, Version::V1alpha2)?;
/// assert_eq!(back.object, target);
///
/// let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}});
/// let error = Converter::new().convert(service, Version::V1alpha4).unwrap_err();
/// assert_eq!(error.to_string(), "`v1` `Service` is no kind of SMI");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Converter {
    annotations: Annotations,
    companions: Companions,
}

/// Whether what a version can't say is kept in an annotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annotations {
    /// It is.
    #[default]
    Write,
    /// It is lost. A conversion that would open what is closed is refused.
    Omit,
}

/// Whether objects of other kinds may say what a version can't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Companions {
    /// They don't: a conversion makes one object of one object, as a webhook has to.
    #[default]
    Omit,
    /// A TCPRoute says the `port` of a destination, where that means the same: the target has rules
    /// and all of them refer to HTTPRouteGroups. (With a TCPRoute among them the ports would add
    /// up.) Otherwise the port goes into the annotation.
    ///
    /// The companion is called `<name of the target>-port-<port>`. HTTP/3, of which v1alpha2 knows
    /// nothing, is not limited by a TCPRoute.
    Emit,
}

/// A converted object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conversion {
    /// The object, in the version that was asked for.
    pub object: Value,
    /// Further objects that it refers to, of the newest version. Empty unless asked for.
    pub companions: Vec<Value>,
    /// Every field that didn't simply stay, in the order of their paths.
    pub moves: Vec<Move>,
}

impl Converter {
    /// A converter that keeps what a version can't say in the annotation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether what a version can't say is kept in the annotation.
    #[must_use]
    pub fn annotations(self, annotations: Annotations) -> Self {
        Self { annotations, ..self }
    }

    /// Whether objects of other kinds may say what a version can't.
    #[must_use]
    pub fn companions(self, companions: Companions) -> Self {
        Self { companions, ..self }
    }

    /// Converts an object, given as JSON, to a version of its kind.
    ///
    /// Nothing is judged: an object that means nothing in its version converts to one that means
    /// nothing. An object of the version that is asked for stays as it is.
    ///
    /// # Errors
    ///
    /// The value is no SMI object; the kind doesn't exist in the version; a part that has to be
    /// taken apart has another shape; weights can't be converted; or annotations are switched off
    /// and the result would open what is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    /// use smi_types::api::Version;
    /// use smi_types::convert::{Annotations, Converter};
    ///
    /// let route = json!({
    ///     "apiVersion": "specs.smi-spec.io/v1alpha4",
    ///     "kind": "TCPRoute",
    ///     "metadata": {"name": "web"},
    ///     "spec": {"matches": {"ports": [80]}},
    /// });
    /// let older = Converter::new().convert(route.clone(), Version::V1alpha3)?;
    /// assert_eq!(older.object["spec"], json!({}));
    ///
    /// let bare = Converter::new().annotations(Annotations::Omit);
    /// let error = bare.convert(route, Version::V1alpha3).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "TCPRoute web: v1alpha3 can't say `spec.matches`, and without annotations it would be \
    ///      lost, which would open what is closed"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert(&self, object: Value, to: Version) -> Result<Conversion, ConvertError> {
        let (kind, from) = claim(&object)?;
        let Value::Object(mut object) = object else {
            return Err(ConvertError::Unknown { api_version: String::new(), kind: String::new() });
        };
        let name = name(kind, &object);
        if !kind.versions().contains(&to) {
            return Err(ConvertError::NoSuchVersion { object: name, version: to });
        }
        if from == to && self.annotations == Annotations::Write {
            let object = Value::Object(object);
            return Ok(Conversion { object, companions: Vec::new(), moves: Vec::new() });
        }
        let mut job = Job {
            kind,
            from,
            to,
            name,
            companions: self.companions,
            emitted: Vec::new(),
            moves: Vec::new(),
            keep: Preserved::default(),
            kept_before: Vec::new(),
        };
        let resolved = job.take_annotation(&mut object)?;
        match kind {
            Kind::TrafficTarget => traffic_target::convert(&mut job, &mut object, resolved)?,
            Kind::HttpRouteGroup => route_group::convert(&mut job, &mut object)?,
            Kind::TcpRoute => port_route::convert(&mut job, &mut object, resolved)?,
            Kind::TrafficSplit => traffic_split::convert(&mut job, &mut object, resolved)?,
            // One version each.
            Kind::IdentityBinding | Kind::UdpRoute => {}
        }
        job.put_annotation(&mut object, self.annotations)?;
        object.insert("apiVersion".to_owned(), format!("{}/{to}", kind.group()).into());
        let Job { emitted: companions, mut moves, .. } = job;
        moves.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Conversion { object: Value::Object(object), companions, moves })
    }
}

/// A conversion under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) kind: Kind,
    pub(super) from: Version,
    pub(super) to: Version,
    pub(super) name: ObjectKey,
    pub(super) companions: Companions,
    pub(super) emitted: Vec<Value>,
    moves: Vec<Move>,
    keep: Preserved,
    /// What was in the annotation already: staying there is no move.
    kept_before: Vec<Spot>,
}

impl Job {
    /// Puts a field into the annotation.
    pub(super) fn preserve(&mut self, spot: Spot, kept: Kept) {
        if !self.kept_before.contains(&spot) {
            self.moved(self.wire(self.from, spot), Fate::Preserved);
        }
        self.keep.fields.insert(spot, kept);
    }

    /// Leaves a field in the annotation, whose number in its list may have changed.
    pub(super) fn leave(&mut self, spot: Spot, kept: Kept) {
        self.keep.fields.insert(spot, kept);
    }

    /// Says that a field of the annotation stands in the object now.
    pub(super) fn restored(&mut self, spot: Spot) {
        let to = self.wire(self.to, spot);
        self.moved(spot.path(), Fate::Restored { to });
    }

    /// Says what became of a field.
    pub(super) fn moved(&mut self, path: FieldPath, fate: Fate) {
        self.moves.push(Move { path, fate });
    }

    /// Says that a field stands at another place now; the path is that in v1alpha4.
    pub(super) fn relocated(&mut self, path: &str) {
        let place = |version| wire_path(self.kind, version, path).parse().unwrap_or_default();
        let (from, to): (FieldPath, FieldPath) = (place(self.from), place(self.to));
        if from != to {
            self.moved(from, Fate::Moved { to });
        }
    }

    /// Drops a field that had no effect and would get one.
    pub(super) fn drop_ineffective(&mut self, object: &mut Object, key: &str, path: &str) {
        if take(object, key).is_some() {
            self.moved(path.parse().unwrap_or_default(), Fate::Ineffective);
        }
    }

    pub(super) fn shape(&self, path: &str, expected: &'static str, found: &Value) -> ConvertError {
        let path = path.parse().unwrap_or_default();
        let found = describe(found);
        ConvertError::Shape { object: self.name.clone(), path, expected, found }
    }

    /// Takes `spec` out of an object; absent is empty.
    pub(super) fn take_spec(&self, object: &mut Object) -> Result<Object, ConvertError> {
        match take(object, "spec") {
            None => Ok(Map::new()),
            Some(Value::Object(spec)) => Ok(spec),
            Some(other) => Err(self.shape("spec", "a mapping", &other)),
        }
    }

    /// Drops what is left of a `spec` that the target version doesn't have.
    pub(super) fn drop_rest(&mut self, spec: Object) {
        for (key, value) in spec {
            if !value.is_null() {
                let mut path = FieldPath::root();
                path.push_key("spec");
                path.push_key(key);
                self.moved(path, Fate::Ineffective);
            }
        }
    }

    /// The place of a field of the annotation in the layout of a version.
    fn wire(&self, version: Version, spot: Spot) -> FieldPath {
        let path = spot.path().to_string();
        wire_path(self.kind, version, &path).parse().unwrap_or_default()
    }

    /// Takes the annotation out of an object.
    fn take_annotation(&mut self, object: &mut Object) -> Result<Resolved, ConvertError> {
        let text = match annotations(object) {
            None => None,
            Some(annotations) => take(annotations, PRESERVED_ANNOTATION),
        };
        let text = match text {
            None => return Ok(Resolved::default()),
            Some(Value::String(text)) => text,
            Some(other) => {
                let path = "metadata.annotations[\"smi-spec.io/preserved\"]";
                return Err(self.shape(path, "text", &other));
            }
        };
        let preserved = match Preserved::parse(self.kind, &text) {
            Ok(preserved) => preserved,
            Err(_) => {
                self.keep.unreadable = Some(text);
                return Ok(Resolved::default());
            }
        };
        self.keep.unreadable.clone_from(&preserved.unreadable);
        self.kept_before = preserved.fields.keys().copied().collect();
        let resolved = resolve(self.kind, self.from, object, preserved);
        for spot in &resolved.outdated {
            self.moved(spot.path(), Fate::Outdated);
        }
        Ok(resolved)
    }

    /// Puts the annotation into an object, or judges what it means that it isn't.
    fn put_annotation(
        &mut self,
        object: &mut Object,
        policy: Annotations,
    ) -> Result<(), ConvertError> {
        let Some(text) = self.keep.to_text() else {
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
                && metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty)
            {
                metadata.remove("annotations");
            }
            return Ok(());
        };
        if policy == Annotations::Omit {
            return self.lose();
        }
        let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        let Some(metadata) = metadata.as_object_mut() else {
            return Err(self.shape("metadata", "a mapping", metadata));
        };
        let annotations = metadata.entry("annotations").or_insert(Value::Null);
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
        let Some(annotations) = annotations.as_object_mut() else {
            return Err(self.shape("metadata.annotations", "a mapping", annotations));
        };
        annotations.insert(PRESERVED_ANNOTATION.to_owned(), text.into());
        Ok(())
    }

    /// Lets go of what would be kept, if that opens nothing.
    fn lose(&mut self) -> Result<(), ConvertError> {
        let fields = std::mem::take(&mut self.keep.fields);
        let widens = fields.iter().filter(|(spot, kept)| self.restricts(**spot, kept));
        let mut paths: Vec<_> = widens.map(|(spot, _)| spot.path()).collect();
        if self.keep.unreadable.is_some() {
            let annotation = "metadata.annotations[\"smi-spec.io/preserved\"]";
            paths.extend(annotation.parse());
        }
        if !paths.is_empty() {
            let (object, version) = (self.name.clone(), self.to);
            return Err(ConvertError::Widens { object, version, paths });
        }
        self.moves.retain(|step| step.fate != Fate::Preserved);
        for spot in fields.keys() {
            self.moved(spot.path(), Fate::Lost);
        }
        Ok(())
    }

    /// Whether an object allows more without this field.
    fn restricts(&self, spot: Spot, kept: &Kept) -> bool {
        match spot {
            Spot::DestinationField(_) => traffic_target::restricts(&kept.value),
            // A UDPRoute limits the HTTP/3 that an HTTPRouteGroup beside it allows, and one of a
            // version that doesn't know it voids the target.
            Spot::Rule(_) => true,
            Spot::Matches if self.kind == Kind::TcpRoute => port_route::restricts(&kept.value),
            Spot::Matches => true,
            Spot::Destination | Spot::Source(_) | Spot::SourceField(..) | Spot::Weights => false,
        }
    }
}

/// The kind and version that an object says it is of.
fn claim(object: &Value) -> Result<(Kind, Version), ConvertError> {
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or_default();
    let known = Kind::parse(kind).zip(Version::parse(version)).filter(|(kind, version)| {
        Group::parse(group) == Some(kind.group()) && kind.versions().contains(version)
    });
    known.ok_or_else(|| ConvertError::Unknown {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
    })
}

/// The annotations of an object, if it has any.
fn annotations(object: &mut Object) -> Option<&mut Object> {
    field(object, "metadata")?;
    object.get_mut("metadata")?.as_object_mut()?.get_mut("annotations")?.as_object_mut()
}
