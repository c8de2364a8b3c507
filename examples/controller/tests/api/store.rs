use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Value, json};
use smi_types::api::Kind;

use super::{Cut, Fault};

/// What an API server keeps, and what is asked of it by tests.
pub(crate) struct Store {
    /// The resourceVersion of the last change.
    pub(crate) version: u64,
    /// Changes up to this one are forgotten.
    pub(crate) compacted: u64,
    pub(crate) resources: Vec<Resource>,
    /// By resource, namespace and name.
    pub(crate) objects: BTreeMap<(String, String, String), Value>,
    pub(crate) history: VecDeque<Event>,
    /// Pages that have not been fetched, and the version that they are of.
    pub(crate) pages: HashMap<String, (u64, Vec<Value>)>,
    pub(crate) definitions: BTreeMap<String, Definition>,
    pub(crate) validation: Option<Value>,
    /// The APIServices that are registered, by name.
    pub(crate) services: BTreeMap<String, Value>,
    /// Users who may do everything; nobody else may do anything.
    pub(crate) allowed: Vec<String>,
    /// What was asked about users: specs of SubjectAccessReviews.
    pub(crate) reviews: Vec<Value>,
    pub(crate) faults: Vec<(String, usize, Fault)>,
    /// Groups that discovery does not know, by path.
    pub(crate) hidden: Vec<String>,
    /// Whether a version that is too old is refused by the status of the answer, not by an event.
    pub(crate) refuses_by_status: bool,
    /// How often watches were cut, and how.
    pub(crate) cuts: (u64, Option<Cut>),
    /// The last bookmark that was sent, by resource.
    pub(crate) bookmarks: HashMap<String, u64>,
    /// Method, path and query of all requests.
    pub(crate) requests: Vec<String>,
}

/// A kind of object that is served.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) versions: Vec<String>,
    pub(crate) kind: String,
    pub(crate) plural: String,
}

/// A CustomResourceDefinition, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Definition {
    pub(crate) conversion: Option<Value>,
}

/// A change.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) version: u64,
    pub(crate) plural: String,
    pub(crate) verb: &'static str,
    pub(crate) object: Value,
}

impl Store {
    pub(crate) fn new() -> Self {
        let resource = |group: &str, version: &str, kind: &str, plural: &str| Resource {
            group: group.to_owned(),
            versions: vec![version.to_owned()],
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        Self {
            version: 100,
            compacted: 0,
            resources: vec![
                resource("", "v1", "Service", "services"),
                resource("", "v1", "ConfigMap", "configmaps"),
                resource("apps", "v1", "Deployment", "deployments"),
                resource("events.k8s.io", "v1", "Event", "events"),
            ],
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            pages: HashMap::new(),
            definitions: BTreeMap::new(),
            validation: None,
            services: BTreeMap::new(),
            allowed: Vec::new(),
            reviews: Vec::new(),
            faults: Vec::new(),
            hidden: Vec::new(),
            refuses_by_status: false,
            cuts: (0, None),
            bookmarks: HashMap::new(),
            requests: Vec::new(),
        }
    }

    /// Serves a kind of SMI in these versions.
    pub(crate) fn define(&mut self, kind: Kind, versions: &[&str]) {
        self.resources.retain(|resource| resource.plural != kind.plural());
        self.resources.push(Resource {
            group: kind.group().as_str().to_owned(),
            versions: versions.iter().map(|version| (*version).to_owned()).collect(),
            kind: kind.as_str().to_owned(),
            plural: kind.plural().to_owned(),
        });
        let name = format!("{}.{}", kind.plural(), kind.group());
        self.definitions.entry(name).or_default();
    }

    /// Deletes the definition of a kind, and with it all objects.
    pub(crate) fn undefine(&mut self, kind: Kind) {
        let of_kind = |(plural, _, _): &&(String, String, String)| plural == kind.plural();
        let keys: Vec<_> = self.objects.keys().filter(of_kind).cloned().collect();
        for (_, namespace, name) in keys {
            self.delete(kind.as_str(), &namespace, &name);
        }
        self.resources.retain(|resource| resource.plural != kind.plural());
        self.definitions.remove(&format!("{}.{}", kind.plural(), kind.group()));
        self.cut(Cut::End);
    }

    pub(crate) fn resource(&self, group: &str, plural: &str) -> Option<&Resource> {
        let is_it = |resource: &&Resource| resource.group == group && resource.plural == plural;
        self.resources.iter().find(is_it)
    }

    /// Creates or replaces an object.
    pub(crate) fn put(&mut self, mut object: Value) -> Value {
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        let of_kind = |resource: &&Resource| resource.kind == kind;
        let plural = self.resources.iter().find(of_kind).map(|resource| resource.plural.clone());
        let plural = plural.unwrap_or_else(|| panic!("{kind} is not served"));
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        let namespace = metadata.entry("namespace").or_insert("default".into());
        let namespace = namespace.as_str().unwrap_or_default().to_owned();
        let name = metadata["name"].as_str().expect("a name").to_owned();
        let key = (plural.clone(), namespace, name);
        let known = self.objects.get(&key);
        self.version += 1;
        let uid = known.map_or(json!(format!("uid-{}", self.version)), |known| {
            known["metadata"]["uid"].clone()
        });
        let created = known.map_or(json!("2026-01-01T00:00:00Z"), |known| {
            known["metadata"]["creationTimestamp"].clone()
        });
        metadata.insert("uid".to_owned(), uid);
        metadata.entry("creationTimestamp").or_insert(created);
        metadata.insert("resourceVersion".to_owned(), self.version.to_string().into());
        let verb = if known.is_some() { "MODIFIED" } else { "ADDED" };
        self.objects.insert(key, object.clone());
        let event = Event { version: self.version, plural, verb, object: object.clone() };
        self.history.push_back(event);
        object
    }

    pub(crate) fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> bool {
        let of_kind = |resource: &&Resource| resource.kind == kind;
        let Some(resource) = self.resources.iter().find(of_kind) else { return false };
        let plural = resource.plural.clone();
        let key = (plural.clone(), namespace.to_owned(), name.to_owned());
        let Some(mut object) = self.objects.remove(&key) else { return false };
        self.version += 1;
        // As kube-apiserver does: a deleted object comes with the version of its deletion.
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.history.push_back(Event { version: self.version, plural, verb: "DELETED", object });
        true
    }

    pub(crate) fn compact(&mut self) {
        // Whatever is known of the present is old from now on.
        self.version += 1;
        self.compacted = self.version;
        self.history.clear();
    }

    pub(crate) fn cut(&mut self, cut: Cut) {
        self.cuts = (self.cuts.0 + 1, Some(cut));
    }

    /// The objects of a resource, in one namespace or all.
    pub(crate) fn list(&self, plural: &str, namespace: Option<&str>) -> Vec<Value> {
        let is_asked = |(of, within, _): &(String, String, String)| {
            of == plural && namespace.is_none_or(|namespace| namespace == within)
        };
        let asked = self.objects.iter().filter(|(key, _)| is_asked(key));
        asked.map(|(_, object)| object.clone()).collect()
    }

    /// How many objects are stored that a controller watches.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.list("events", None)
    }

    /// The fault that this request meets, if one is due.
    pub(crate) fn fault(&mut self, request: &str) -> Option<Fault> {
        let due = self.faults.iter().position(|(text, _, _)| request.contains(text.as_str()))?;
        let (_, times, fault) = &mut self.faults[due];
        let fault = *fault;
        *times -= 1;
        if *times == 0 {
            self.faults.remove(due);
        }
        Some(fault)
    }
}
