//! The CustomResourceDefinitions: names as the official ones, schemas that Kubernetes takes.

use kube_core::CustomResourceExt;
use serde::Deserialize;
use serde_json::Value;
use smi_types::api::{Kind, Version};
use smi_types::crd::{self, CustomResourceDefinition};
use smi_types::{access, specs, split};

use crate::{shared, yaml};

/// The definition as JSON.
fn json(definition: &CustomResourceDefinition) -> Value {
    serde_json::to_value(definition).unwrap()
}

/// The schema of one version in a definition.
fn schema(definition: &Value, version: &str) -> Value {
    let versions = definition["spec"]["versions"].as_array().unwrap();
    let version = versions.iter().find(|found| found["name"] == version).unwrap();
    version["schema"]["openAPIV3Schema"].clone()
}

#[test]
fn names_are_those_of_the_official_definitions() {
    let Some(folder) = shared::folder("reference/crds") else { return };
    let mut compared = 0;
    for path in shared::files(&folder, &["yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let official: Value = yaml::read(&text).unwrap();
        let kind = Kind::parse(official["spec"]["names"]["kind"].as_str().unwrap()).unwrap();
        let ours = json(&crd::merged(kind));
        assert_eq!(ours["metadata"]["name"], official["metadata"]["name"]);
        assert_eq!(ours["spec"]["group"], official["spec"]["group"]);
        assert_eq!(ours["spec"]["scope"], official["spec"]["scope"]);
        for (field, value) in official["spec"]["names"].as_object().unwrap() {
            assert_eq!(ours["spec"]["names"][field], *value, "{kind}: {field}");
        }
        for theirs in official["spec"]["versions"].as_array().unwrap() {
            let name = theirs["name"].as_str().unwrap();
            let versions = ours["spec"]["versions"].as_array().unwrap();
            let version = versions.iter().find(|version| version["name"] == name).unwrap();
            assert_eq!(version["storage"], theirs["storage"], "{kind} {name}");
            assert_eq!(version["served"], theirs["served"], "{kind} {name}");
            assert_eq!(
                version.get("additionalPrinterColumns"),
                theirs.get("additionalPrinterColumns"),
                "{kind} {name}",
            );
            let ours = required(&schema(&ours, name));
            for field in required(&theirs["schema"]["openAPIV3Schema"]) {
                // Without a port the destination is open on all ports, the text of v1alpha1 says.
                if (name, &*field) != ("v1alpha1", "destination.port") {
                    assert!(ours.contains(&field), "{kind} {name} requires {field}");
                }
            }
            compared += 1;
        }
    }
    println!("{compared} versions of official definitions compared");
    assert!(compared >= 12, "{compared}");
}

/// The paths of all required fields.
fn required(schema: &Value) -> Vec<String> {
    fn walk(schema: &Value, path: &str, found: &mut Vec<String>) {
        for field in schema["required"].as_array().into_iter().flatten() {
            found.push(format!("{path}{}", field.as_str().unwrap()));
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            walk(schema, &format!("{path}{field}."), found);
        }
        if let Some(items) = schema.get("items") {
            walk(items, &format!("{path}[]."), found);
        }
    }
    let mut found = Vec::new();
    walk(schema, "", &mut found);
    found
}

#[test]
fn a_definition_has_all_versions_newest_first_and_serves_the_stored_one() {
    let definitions = crd::all();
    assert_eq!(definitions.len(), Kind::ALL.len());
    for (definition, kind) in definitions.iter().zip(Kind::ALL) {
        let versions = &definition.spec.versions;
        let names: Vec<_> = versions.iter().map(|version| version.name.as_str()).collect();
        let expected: Vec<_> = kind.versions().iter().rev().map(|v| v.as_str()).collect();
        assert_eq!(names, expected, "{kind}");
        for version in versions {
            let stored = version.name == crd::storage_version(kind).as_str();
            assert_eq!((version.storage, version.served), (stored, stored), "{kind}");
        }
    }
    assert_eq!(crd::storage_version(Kind::TrafficTarget), Version::V1alpha3);
}

#[test]
fn a_type_has_the_definition_of_its_own_version() {
    fn check<T: CustomResourceExt>(name: &str, version: &str, short_name: &str) {
        let definition = T::crd();
        assert_eq!(definition.metadata.name.as_deref(), Some(name));
        assert_eq!(T::crd_name(), name);
        assert_eq!(T::shortnames(), [short_name]);
        let versions = &definition.spec.versions;
        assert_eq!(versions.len(), 1);
        assert_eq!(versions[0].name, version);
        assert!(versions[0].served && versions[0].storage);
        let resource = T::api_resource();
        assert_eq!(format!("{}.{}", resource.plural, resource.group), name);
        assert_eq!(resource.version, version);
    }
    check::<access::v1alpha1::TrafficTarget>("traffictargets.access.smi-spec.io", "v1alpha1", "tt");
    check::<access::v1alpha4::IdentityBinding>(
        "identitybindings.access.smi-spec.io",
        "v1alpha4",
        "ib",
    );
    check::<specs::v1alpha3::HttpRouteGroup>(
        "httproutegroups.specs.smi-spec.io",
        "v1alpha3",
        "htr",
    );
    check::<specs::v1alpha4::TcpRoute>("tcproutes.specs.smi-spec.io", "v1alpha4", "tr");
    check::<specs::v1alpha4::UdpRoute>("udproutes.specs.smi-spec.io", "v1alpha4", "ur");
    check::<split::v1alpha2::TrafficSplit>("trafficsplits.split.smi-spec.io", "v1alpha2", "ts");
}

/// The keywords that our schemas may use. All are structural, none earns a warning.
const KEYWORDS: &[&str] = &[
    "additionalProperties",
    "description",
    "format",
    "items",
    "maximum",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    "x-kubernetes-int-or-string",
];

#[test]
fn schemas_are_structural_and_every_field_is_described() {
    fn walk(path: &str, schema: &Value) {
        let schema = schema.as_object().unwrap();
        for keyword in schema.keys() {
            assert!(KEYWORDS.contains(&keyword.as_str()), "{path}: {keyword}");
        }
        if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
            assert!(!schema.contains_key("type"), "{path}");
        } else {
            let known = ["object", "array", "string", "integer"];
            assert!(known.iter().any(|known| schema["type"] == *known), "{path}");
        }
        if let Some(format) = schema.get("format") {
            assert!(format == "int32" || format == "int64", "{path}: {format}");
        }
        if let Some(description) = schema.get("description") {
            let description = description.as_str().unwrap();
            assert!(!description.contains(['\n', '`', '[']), "{path}: {description}");
            assert!(description.ends_with('.'), "{path}: {description}");
        }
        for (field, schema) in
            schema.get("properties").into_iter().flat_map(|p| p.as_object().unwrap())
        {
            assert!(schema.get("description").is_some(), "{path}.{field} has no description");
            walk(&format!("{path}.{field}"), schema);
        }
        for nested in ["items", "additionalProperties"] {
            if let Some(schema) = schema.get(nested) {
                walk(&format!("{path}[]"), schema);
            }
        }
    }
    for definition in crd::all() {
        let definition = json(&definition);
        for version in definition["spec"]["versions"].as_array().unwrap() {
            let name = format!("{} {}", definition["spec"]["names"]["kind"], version["name"]);
            walk(&name, &version["schema"]["openAPIV3Schema"]);
        }
    }
}

#[test]
fn yaml_is_what_the_definitions_are() {
    let definitions = crd::all();
    let text = crd::yaml(&definitions).unwrap();
    let read: Vec<CustomResourceDefinition> = yaml::read_all(&text).unwrap();
    assert_eq!(read, definitions);
    assert!(!text.contains(".0\n"), "bounds are whole numbers");
    assert!(text.contains("maximum: 65535\n"));
}

/// Whether an instance meets a schema, as far as our keywords go. The first fault, if not.
fn fault(schema: &Value, instance: &Value, path: &str) -> Option<String> {
    if schema["x-kubernetes-int-or-string"] == true {
        return (!instance.is_string() && !instance.is_i64()).then(|| format!("{path}: type"));
    }
    let right_type = match schema["type"].as_str().unwrap() {
        "object" => instance.is_object(),
        "array" => instance.is_array(),
        "string" => instance.is_string(),
        "integer" => instance.is_i64(),
        other => panic!("{other}"),
    };
    if !right_type {
        return Some(format!("{path}: type"));
    }
    let number = instance.as_f64().unwrap_or(0.0);
    if number < schema["minimum"].as_f64().unwrap_or(f64::MIN)
        || number > schema["maximum"].as_f64().unwrap_or(f64::MAX)
    {
        return Some(format!("{path}: bounds"));
    }
    for field in schema["required"].as_array().into_iter().flatten() {
        let field = field.as_str().unwrap();
        if instance.get(field).is_none() {
            return Some(format!("{path}.{field}: required"));
        }
    }
    let fields = instance.as_object().into_iter().flatten().find_map(|(field, value)| {
        let path = format!("{path}.{field}");
        match schema["properties"].get(field).or(schema.get("additionalProperties")) {
            Some(schema) => fault(schema, value, &path),
            None => Some(format!("{path}: pruned")),
        }
    });
    fields.or_else(|| {
        let mut items = instance.as_array().into_iter().flatten();
        items.find_map(|item| fault(&schema["items"], item, &format!("{path}[]")))
    })
}

#[test]
fn what_is_written_meets_the_schema_of_its_version() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        written: Option<String>,
    }

    let cases: Vec<Case> = yaml::read_all(include_str!("data/wire.yaml")).unwrap();
    for Case { name, written } in cases {
        let Some(written) = written else { continue };
        let mut object: Value = yaml::read(&written).unwrap();
        let kind = Kind::parse(object["kind"].as_str().unwrap()).unwrap();
        let api_version = object["apiVersion"].as_str().unwrap().to_owned();
        let schema = schema(&json(&crd::merged(kind)), api_version.split_once('/').unwrap().1);
        for field in ["apiVersion", "kind", "metadata"] {
            object.as_object_mut().unwrap().remove(field);
        }
        let expected = match &*name {
            // It is read because meshes have such matches; the official definition refuses it.
            "no conditions" => Some("$.spec.matches[].name: required".to_owned()),
            _ => None,
        };
        assert_eq!(fault(&schema, &object, "$"), expected, "{name}");
    }
}
