use std::borrow::Cow;

use kube::Resource;
use kube::api::{ApiResource, ObjectMeta};
use kube::core::DynamicResourceScope;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use smi_types::Manifest;
use smi_types::problem::Problem;

/// An object as the API server sent it: its text, and of its metadata what a watch needs.
///
/// kube's `DynamicObject` would do, were it not for objects that it can't hold, such as one that is
/// nested too deep: a list or watch in which one of them is would fail as a whole, for all.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    metadata: ObjectMeta,
    text: Box<str>,
    is_typed: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "apiVersion")]
    api_version: Option<Box<RawValue>>,
    metadata: HeadMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HeadMetadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
}

impl Sent {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Namespace and name; nothing for an object without name, which no API server has.
    pub(crate) fn key(&self) -> Option<(String, String)> {
        let namespace = self.metadata.namespace.clone().unwrap_or_default();
        Some((namespace, self.metadata.name.clone()?))
    }

    pub(crate) fn uid(&self) -> Option<&str> {
        self.metadata.uid.as_deref()
    }

    /// The object as engines read it, and what is wrong if nothing of it could be read.
    ///
    /// It always names itself, so that whatever it is, something is known to be there.
    pub(crate) fn read(&self, resource: &ApiResource) -> (Manifest, Option<Problem>) {
        let manifest = Manifest::read(&self.typed_text(resource));
        let [document] = manifest.documents() else { return (self.stand_in(resource), None) };
        let is_it = |kind: &str| kind == resource.kind;
        let kind = document.root().and_then(|root| root.get("kind")).and_then(|kind| kind.as_str());
        if kind.is_some_and(is_it) && document.name() == self.metadata.name.as_deref() {
            return (manifest, None);
        }
        let problem = document.problems().iter().find(|problem| problem.is_error());
        (self.stand_in(resource), problem.cloned())
    }

    /// The text with its type, which lists leave out of the items of built-in kinds.
    fn typed_text(&self, resource: &ApiResource) -> Cow<'_, str> {
        if self.is_typed {
            return self.text().into();
        }
        match serde_json::from_str(&self.text) {
            Ok(Value::Object(mut object)) => {
                object.insert("apiVersion".to_owned(), resource.api_version.as_str().into());
                object.insert("kind".to_owned(), resource.kind.as_str().into());
                Value::Object(object).to_string().into()
            }
            _ => self.text().into(),
        }
    }

    /// An object of this name that no reader takes for readable.
    fn stand_in(&self, resource: &ApiResource) -> Manifest {
        let api_version = match resource.group.as_str() {
            "" => resource.api_version.clone(),
            group => format!("{group}/v1alpha4"),
        };
        let ObjectMeta { name, namespace, .. } = &self.metadata;
        let object = json!({
            "apiVersion": api_version,
            "kind": resource.kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": "unreadable",
        });
        Manifest::read(&object.to_string())
    }
}

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let head: Head = serde_json::from_str(text.get()).unwrap_or_default();
        let HeadMetadata { name, namespace, uid, resource_version } = head.metadata;
        let metadata = ObjectMeta { name, namespace, uid, resource_version, ..Default::default() };
        let text = Box::<str>::from(text);
        Ok(Self { metadata, text, is_typed: head.api_version.is_some() })
    }
}

impl Resource for Sent {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
