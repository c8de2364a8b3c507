//! The README shows what the program does.

use std::fs;
use std::path::{Path, PathBuf};

use smi_gateway_api::{Mesh, Migration, Options};
use smi_types::manifest::{Manifest, Resources};

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares a section of the README, between two comments, and with `SMI_BLESS=1` writes it.
#[track_caller]
pub(crate) fn section(name: &str, expected: &str) {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let text = fs::read_to_string(readme()).unwrap();
    let (head, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no section {name}"));
    let (own, tail) = rest.split_once(&end).unwrap();
    if std::env::var_os("SMI_BLESS").is_some() {
        let text = format!("{head}{begin}{expected}{end}{tail}");
        fs::write(readme(), text).unwrap();
    } else {
        assert_eq!(own, expected, "SMI_BLESS=1 rewrites the README");
    }
}

/// The bundled shop.
pub(crate) fn shop() -> Resources {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/manifests/shop");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut resources = Resources::default();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        resources.add(name, Manifest::read(&fs::read_to_string(&file).unwrap()));
    }
    resources
}

#[track_caller]
fn golden(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("SMI_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, expected).unwrap();
    }
    let own = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(own, expected, "SMI_BLESS=1 rewrites {}", path.display());
}

#[test]
fn the_shop_migrates_as_before() {
    for (name, mesh) in [
        ("linkerd", Mesh::Linkerd),
        ("istio", Mesh::Istio),
        ("cilium", Mesh::Cilium),
        ("gateway-api", Mesh::GatewayApi),
    ] {
        let options = Options::default().mesh(mesh).account_label("app");
        let migration = Migration::plan(&shop(), &options);
        golden(&format!("shop-{name}.yaml"), &migration.to_yaml().unwrap());
        let findings: Vec<String> = migration.findings().iter().map(ToString::to_string).collect();
        let report = format!("{}\n{}\n", findings.join("\n"), migration.summary());
        golden(&format!("shop-{name}.txt"), &report);
    }
}

#[test]
fn the_readme_shows_the_migration_of_a_canary() {
    let text = fs::read_to_string(readme()).unwrap();
    let before = text.split("<!-- before -->\n```yaml\n").nth(1).unwrap();
    let before = before.split("```").next().unwrap();
    let options = Options::default().mesh(Mesh::Linkerd).account_label("app");
    let migration = Migration::plan(&crate::resources(before), &options);
    section("after", &format!("```yaml\n{}```\n", migration.to_yaml().unwrap()));
    let findings: Vec<String> = migration.findings().iter().map(ToString::to_string).collect();
    let report = format!("{}\nSummary: {}\n", findings.join("\n"), migration.summary());
    section("report", &format!("```text\n{report}```\n"));
}
