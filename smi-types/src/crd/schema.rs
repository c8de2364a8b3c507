//! From a Rust type to the structural schema of a CustomResourceDefinition.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube_core::schema::{OptionalEnum, OptionalIntOrString, StructuralSchemaRewriter};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::edit::Editor;
use super::{Profile, strict};
use crate::api::{Kind, Version};
use crate::quantity::Quantity;
use crate::specs::v1alpha4::{HeaderForm, Headers};
use crate::{access, specs, split};

/// A type that has a schema: all typed objects.
pub(crate) trait Shape {
    /// The schema of the object without `apiVersion`, `kind` and `metadata`.
    fn shape(generator: SchemaGenerator) -> Schema;
}

/// The structural schema of a kind in a version, as its type says and no more.
pub(super) fn structural(kind: Kind, version: Version) -> Value {
    let settings = SchemaSettings::openapi3()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .with_transform(StructuralSchemaRewriter)
        .with_transform(OptionalEnum)
        .with_transform(OptionalIntOrString)
        .with_transform(Kubernetes);
    let generator = settings.into_generator();
    shape(kind, version)(generator).to_value()
}

/// The schema as Kubernetes holds it.
#[expect(clippy::expect_used, reason = "a test generates the schema of every kind and version")]
pub(super) fn for_kubernetes(schema: Value) -> JSONSchemaProps {
    serde_json::from_value(schema).expect("a schema is one that Kubernetes can hold")
}

/// Puts in the form in which headers are wanted, and the profile's bounds on them.
pub(super) fn set_header_form(schema: &mut Editor<'_>, form: HeaderForm, profile: Profile) {
    if schema.kind != Kind::HttpRouteGroup {
        return;
    }
    if form == HeaderForm::Map {
        let values = json!({ "type": "string" });
        let mapping = json!({ "type": "object", "additionalProperties": values });
        schema.replace("spec.matches[].headers", mapping);
    }
    if profile == Profile::Strict {
        strict::bound_headers(schema, form);
    }
}

/// The schema of a kind in a version. Of a version that the kind doesn't have it is that of the
/// newest.
fn shape(kind: Kind, version: Version) -> fn(SchemaGenerator) -> Schema {
    use Version::{V1alpha1, V1alpha2, V1alpha3, V1alpha4};
    match (kind, version) {
        (Kind::TrafficTarget, V1alpha1) => access::v1alpha1::TrafficTarget::shape,
        (Kind::TrafficTarget, V1alpha2) => access::v1alpha2::TrafficTarget::shape,
        (Kind::TrafficTarget, V1alpha3) => access::v1alpha3::TrafficTarget::shape,
        (Kind::TrafficTarget, V1alpha4) => access::v1alpha4::TrafficTarget::shape,
        (Kind::IdentityBinding, _) => access::v1alpha4::IdentityBinding::shape,
        (Kind::HttpRouteGroup, V1alpha1) => specs::v1alpha1::HttpRouteGroup::shape,
        (Kind::HttpRouteGroup, V1alpha2) => specs::v1alpha2::HttpRouteGroup::shape,
        (Kind::HttpRouteGroup, V1alpha3) => specs::v1alpha3::HttpRouteGroup::shape,
        (Kind::HttpRouteGroup, V1alpha4) => specs::v1alpha4::HttpRouteGroup::shape,
        (Kind::TcpRoute, V1alpha1) => specs::v1alpha1::TcpRoute::shape,
        (Kind::TcpRoute, V1alpha2) => specs::v1alpha2::TcpRoute::shape,
        (Kind::TcpRoute, V1alpha3) => specs::v1alpha3::TcpRoute::shape,
        (Kind::TcpRoute, V1alpha4) => specs::v1alpha4::TcpRoute::shape,
        (Kind::UdpRoute, _) => specs::v1alpha4::UdpRoute::shape,
        (Kind::TrafficSplit, V1alpha1) => split::v1alpha1::TrafficSplit::shape,
        (Kind::TrafficSplit, V1alpha2) => split::v1alpha2::TrafficSplit::shape,
        (Kind::TrafficSplit, V1alpha3) => split::v1alpha3::TrafficSplit::shape,
        (Kind::TrafficSplit, V1alpha4) => split::v1alpha4::TrafficSplit::shape,
    }
}

/// What Kubernetes wants otherwise than schemars writes it.
#[derive(Clone, Debug)]
struct Kubernetes;

impl Transform for Kubernetes {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        // The name of a Rust type helps nobody in `kubectl explain`.
        schema.remove("title");
        // An absent field is left out, never null: with `nullable` the server would store the null.
        schema.remove("nullable");
        // The defaults of our structs are for reading. The server is to store what was sent.
        schema.remove("default");
        // Other formats earn a warning when the definition is applied.
        if let Some(format) = schema.get_mut("format") {
            match format.as_str() {
                Some("uint8" | "uint16" | "int8" | "int16") => *format = "int32".into(),
                Some("uint32" | "uint64" | "uint") => *format = "int64".into(),
                _ => {}
            }
        }
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
}

/// A number or a string, as an API server has quantities.
impl JsonSchema for Quantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "pattern": "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
            "x-kubernetes-int-or-string": true,
        })
    }
}

/// The list form. A structural schema can't offer a choice between a list and a mapping.
impl JsonSchema for Headers {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Headers".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": {
                "description": "Name of a header and regular expression for its value.",
                "type": "object",
                "additionalProperties": { "type": "string" },
            },
        })
    }
}

/// The schema of a label selector, as `k8s.io/apimachinery` describes it.
pub(crate) fn label_selector(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "matchExpressions": {
                "description": "Requirements on labels. All of them have to be met.",
                "type": "array",
                "items": {
                    "description": "A requirement on one label.",
                    "type": "object",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": {
                            "description": "Name of the label.",
                            "type": "string",
                        },
                        "operator": {
                            "description": "One of In, NotIn, Exists and DoesNotExist.",
                            "type": "string",
                        },
                        "values": {
                            "description": "Values for In and NotIn; empty for the others.",
                            "type": "array",
                            "items": { "type": "string" },
                        },
                    },
                },
            },
            "matchLabels": {
                "description": "Labels and their values. All of them have to be present.",
                "type": "object",
                "additionalProperties": { "type": "string" },
            },
        },
    })
}
