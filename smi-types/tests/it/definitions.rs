//! The CustomResourceDefinitions: names as the official ones, schemas that Kubernetes takes.

use kube_core::CustomResourceExt;
use serde_json::Value;
use smi_types::api::{Kind, Version};
use smi_types::crd::{self, CrdOptions, CustomResourceDefinition};
use smi_types::{access, specs, split};

use crate::yaml;

/// The definition as JSON.
fn json(definition: &CustomResourceDefinition) -> Value {
    serde_json::to_value(definition).unwrap()
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
            let stored = version.name == CrdOptions::strict().storage_version(kind).as_str();
            assert_eq!((version.storage, version.served), (stored, stored), "{kind}");
        }
    }
    assert_eq!(CrdOptions::strict().storage_version(Kind::TrafficTarget), Version::V1alpha3);
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

#[test]
fn every_field_is_described_in_plain_prose() {
    fn walk(path: &str, schema: &Value) {
        if let Some(description) = schema.get("description") {
            let description = description.as_str().unwrap();
            assert!(!description.contains(['\n', '`', '[']), "{path}: {description}");
            assert!(description.ends_with('.'), "{path}: {description}");
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
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
            let schema = &version["schema"]["openAPIV3Schema"];
            assert!(schema.get("description").is_some(), "{name}");
            walk(&name, schema);
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
