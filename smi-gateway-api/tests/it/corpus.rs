//! Everything that was published migrates, or the report says why not.

use std::fs;
use std::path::{Path, PathBuf};

use smi_gateway_api::{Mesh, Migration, Options, Summary, Verdict};
use smi_types::api::Kind;
use smi_types::manifest::{Manifest, MissingApiVersion, ReadOptions, Resources};

use crate::golden;

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if matches!(
            path.extension().and_then(|end| end.to_str()),
            Some("yaml" | "yml" | "json")
        ) {
            found.push(path);
        }
    }
}

/// Each file by itself, for repositories have the same example in many variants; none if there is no
/// corpus.
pub(crate) fn worlds() -> Vec<Resources> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no {}", corpus.display());
        return Vec::new();
    }
    let mut repositories: Vec<PathBuf> = fs::read_dir(corpus.join("manifests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    repositories.sort();
    let mut worlds = Vec::new();
    for repository in repositories {
        let mut found = Vec::new();
        files(&repository, &mut found);
        for path in found {
            let options = ReadOptions::default().missing_api_version(MissingApiVersion::Infer);
            let mut resources = Resources::default();
            let text = fs::read_to_string(&path).unwrap();
            resources.add(path.display().to_string(), Manifest::read_with(&text, &options));
            worlds.push(resources);
        }
    }
    worlds
}

#[test]
fn published_manifests_migrate_or_the_report_says_why_not() {
    let worlds = worlds();
    if worlds.is_empty() {
        return;
    }
    let mut table = String::from(
        "| | objects | exactly | with caveat | narrowed | refused |\n|---|--:|--:|--:|--:|--:|\n",
    );
    let mut splits = Summary::default();
    for (name, mesh) in [
        ("Linkerd", Mesh::Linkerd),
        ("Istio", Mesh::Istio),
        ("Cilium", Mesh::Cilium),
        ("GEP-3779", Mesh::GatewayApi),
    ] {
        let (mut of_splits, mut of_targets) = (Summary::default(), Summary::default());
        for resources in &worlds {
            let options = Options::default().mesh(mesh).account_label("app").assumed_port(80);
            let migration = Migration::plan(resources, &options);
            assert_eq!(migration, Migration::plan(resources, &options), "the same each time");
            let judged =
                |kind: &str| migration.verdicts().filter(|(own, _)| own.kind == kind).count();
            let there = |kind: Kind| {
                let objects = resources.objects().filter(|own| own.kind() == kind).count();
                let unreadable =
                    resources.undecodable().filter(|own| own.document.kind() == Some(kind));
                (objects, objects + unreadable.count())
            };
            for kind in [Kind::TrafficSplit, Kind::TrafficTarget] {
                let (least, most) = there(kind);
                let judged = judged(kind.as_str());
                assert!(least <= judged && judged <= most, "{kind}: {judged} of {least}");
            }
            for (origin, verdict) in migration.verdicts() {
                let summary = match origin.kind.as_str() {
                    "TrafficSplit" => &mut of_splits,
                    _ => &mut of_targets,
                };
                match verdict {
                    Verdict::Exact => summary.exact += 1,
                    Verdict::Caveat => summary.caveat += 1,
                    Verdict::Narrowed => summary.narrowed += 1,
                    Verdict::NotExpressible => summary.refused += 1,
                }
                // Whatever was not kept exactly has a reason.
                let has_reason = migration.findings().iter().any(|own| {
                    own.object == *origin && own.verdict == verdict && !own.reason.is_empty()
                });
                assert!(verdict == Verdict::Exact || has_reason, "{origin}: {verdict}");
            }
            migration.to_yaml().unwrap();
        }
        let row = |what: &str, own: Summary| {
            let Summary { exact, caveat, narrowed, refused, .. } = own;
            let all = exact + caveat + narrowed + refused;
            format!("| {what} | {all} | {exact} | {caveat} | {narrowed} | {refused} |\n")
        };
        if mesh == Mesh::Linkerd {
            table += &row("TrafficSplit", of_splits);
        } else {
            assert_eq!(splits, of_splits, "splits don't depend on the mesh");
        }
        splits = of_splits;
        table += &row(&format!("TrafficTarget to {name}"), of_targets);
    }
    print!("{table}");
    golden::section("corpus", &table);
}
