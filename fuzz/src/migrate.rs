//! Migrations of any manifests.

use smi_gateway_api::{Mesh, Migration, Options};
use smi_types::manifest::{Manifest, Resources};

/// Longer inputs say nothing new, and take their time.
const MAX_LENGTH: usize = 4096;

/// Migrates any text for every mesh, and back. What comes out can be read, says where it is from, and
/// is the same each time; what is found fits into a line.
pub fn migrate(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if text.len() > MAX_LENGTH {
        return;
    }
    let mut resources = Resources::new("shop");
    resources.add("input.yaml", Manifest::read(text));
    let options = Options::default().account_label("app").assumed_port(80);
    check(&Migration::plan(&resources, &options));
    for mesh in [Mesh::Linkerd, Mesh::Istio, Mesh::Cilium, Mesh::GatewayApi] {
        let options = options.clone().mesh(mesh);
        let migration = Migration::plan(&resources, &options);
        check(&migration);
        assert_eq!(migration, Migration::plan(&resources, &options), "the same each time");
    }
    check(&Migration::back(&resources, &options));
}

fn check(migration: &Migration) {
    let Ok(yaml) = migration.to_yaml() else { panic!("no YAML of {:?}", migration.objects()) };
    let manifest = Manifest::read(&yaml);
    assert!(!manifest.has_errors(), "it can't be read again:\n{yaml}");
    assert_eq!(manifest.documents().len(), migration.objects().len(), "{yaml}");
    for (document, object) in manifest.documents().iter().zip(migration.objects()) {
        assert_eq!(document.api_version(), Some(object.api_version()));
        assert_eq!(document.name(), Some(object.name()));
        assert_eq!(document.namespace().unwrap_or_default(), object.namespace());
    }
    let origins = yaml.matches("smi-spec.io/migrated-from: ").count();
    assert!(origins >= migration.objects().len(), "an object of nowhere:\n{yaml}");
    for finding in migration.findings() {
        let line = finding.to_string();
        assert!(!line.contains(['\n', '\r']), "two lines: {line:?}");
        assert!(!finding.reason.is_empty() && !finding.code.is_empty());
    }
}
