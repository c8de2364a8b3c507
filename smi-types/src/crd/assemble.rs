//! All versions of a kind in one CustomResourceDefinition.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionSpec, CustomResourceDefinitionVersion,
    CustomResourceValidation,
};
use serde_json::Value;

use super::edit::Editor;
use super::{CrdOptions, Profile, names, official, schema, strict};
use crate::ObjectMeta;
use crate::api::{Kind, Version};
use crate::object::SmiObject;

/// The definition of a kind, newest version first.
pub(super) fn definition(options: &CrdOptions, kind: Kind) -> CustomResourceDefinition {
    let mut definition = envelope(options, kind);
    for &version in options.versions(kind).iter().rev() {
        let storage = version == options.storage_version(kind);
        let served = storage || options.webhook.is_some();
        definition.spec.versions.push(one_version(options, kind, version, served, storage));
    }
    definition.spec.conversion = options.webhook.as_ref().map(|webhook| webhook.stanza());
    definition
}

/// The definition with the version of this type only, served and stored.
pub(crate) fn of_type<T: SmiObject>() -> CustomResourceDefinition {
    let options = CrdOptions::default();
    let mut definition = envelope(&options, T::KIND);
    definition.spec.versions = vec![one_version(&options, T::KIND, T::VERSION, true, true)];
    definition
}

/// The schema of a version before Kubernetes' types hold it.
pub(crate) fn refined_schema(options: &CrdOptions, kind: Kind, version: Version) -> Value {
    let mut schema = schema::structural(kind, version);
    let mut editor = Editor::new(&mut schema, kind, version);
    match options.profile {
        Profile::Official => official::refine(&mut editor),
        Profile::Strict => strict::refine(&mut editor),
    }
    schema::set_header_form(&mut editor, options.header_form, options.profile);
    schema
}

/// A definition without versions.
fn envelope(options: &CrdOptions, kind: Kind) -> CustomResourceDefinition {
    CustomResourceDefinition {
        metadata: ObjectMeta {
            name: Some(names::definition(kind).to_owned()),
            ..ObjectMeta::default()
        },
        spec: CustomResourceDefinitionSpec {
            group: kind.group().as_str().to_owned(),
            names: names::of(kind, options.profile),
            scope: "Namespaced".to_owned(),
            ..CustomResourceDefinitionSpec::default()
        },
        status: None,
    }
}

fn one_version(
    options: &CrdOptions,
    kind: Kind,
    version: Version,
    served: bool,
    storage: bool,
) -> CustomResourceDefinitionVersion {
    let columns = names::printer_columns(options.profile, kind, version);
    let schema = schema::for_kubernetes(refined_schema(options, kind, version));
    CustomResourceDefinitionVersion {
        additional_printer_columns: (!columns.is_empty()).then_some(columns),
        name: version.as_str().to_owned(),
        schema: Some(CustomResourceValidation { open_api_v3_schema: Some(schema) }),
        served,
        storage,
        ..CustomResourceDefinitionVersion::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specs::v1alpha4::HeaderForm;

    /// A refinement of a field that is not there would be lost without a word.
    #[test]
    fn every_refined_field_exists() {
        for kind in Kind::ALL {
            for &version in kind.versions() {
                for (profile, refine) in [
                    (Profile::Official, official::refine as fn(&mut Editor<'_>)),
                    (Profile::Strict, strict::refine),
                ] {
                    for form in [HeaderForm::List, HeaderForm::Map] {
                        let mut schema = schema::structural(kind, version);
                        let mut editor = Editor::new(&mut schema, kind, version);
                        refine(&mut editor);
                        schema::set_header_form(&mut editor, form, profile);
                        let missing = &editor.missing;
                        assert!(missing.is_empty(), "{kind} {version}: {missing:?}");
                    }
                }
            }
        }
    }
}
