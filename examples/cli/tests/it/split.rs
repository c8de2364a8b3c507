//! `smi split`, on manifests as people write them, right and wrong.

use crate::program::{Run, smi_reading};

/// A canary in each of these namespaces.
fn canary(namespaces: &[&str], weight: &str) -> String {
    let split = |namespace: &&str| {
        format!(
            "---
apiVersion: split.smi-spec.io/v1alpha2
kind: TrafficSplit
metadata: {{name: canary, namespace: {namespace}}}
spec:
  service: website
  backends:
  - {{service: website-v1, weight: 9}}
  - {{service: website-v2, weight: {weight}}}
"
        )
    };
    namespaces.iter().map(split).collect()
}

fn split(manifests: &str, args: &[&str]) -> Run {
    smi_reading(manifests, &[&["split", "-"], args].concat())
}

#[test]
fn a_service_is_named_as_clients_name_it() {
    let manifests = canary(&["shop"], "1");
    for (service, port) in [
        ("website", ""),
        ("shop/website", ""),
        ("Shop/Website", ""),
        ("website.shop", ""),
        ("website.shop.svc.cluster.local.", ""),
        ("website:80", " on 80/TCP"),
        ("shop/website:80", " on 80/TCP"),
        ("website.shop:80", " on 80/TCP"),
    ] {
        let run = split(&manifests, &["--service", service, "--requests", "1000"]).ends_with(0);
        let title = format!("shop/website{port}: 1000 requests, at random\n");
        assert!(run.stdout.starts_with(&title), "{service}: {}", run.stdout);
        assert!(run.stdout.contains("of     90%"), "{service}: {}", run.stdout);
        assert_eq!(run.stderr, "", "{service}");
    }
}

#[test]
fn what_names_no_service_is_said() {
    let both = canary(&["shop", "stage"], "1");
    for (args, message) in [
        (&["--service", ""][..], "names no service"),
        (&["--service", "a/b/c"], "names no service"),
        (&["--service", "website:http"], "expected a port number"),
        (&["--service", "website"], "may be any of shop/website, stage/website"),
        (&["--service", "shop/website:80", "--port", "81"], "`81` is not the port of"),
        (&["--service", "shop/website", "--requests", "0"], "0 is not in 1.."),
        (&["--service", "shop/website", "--sticky-key", "header:"], "the name of a header"),
        (&["--service", "shop/website", "--sticky-key", "header:x user"], "the name of a header"),
    ] {
        let run = split(&both, args).ends_with(2);
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
    }
    split(&both, &["--service", "stage/website", "--port", "80", "--requests", "10"]).ends_with(0);
}

#[test]
fn a_service_that_is_not_split_is_noted() {
    let run = split(&canary(&["shop"], "1"), &["--service", "webiste"]).ends_with(0);
    assert!(run.stdout.contains("to the service's own endpoints"), "{}", run.stdout);
    let note = "no TrafficSplit is for `default/webiste`, only for shop/website";
    assert!(run.stderr.contains(note), "{}", run.stderr);
}

/// A split that is void leaves its service alone, which must not look as if there were none.
#[test]
fn manifests_that_are_broken_are_noted() {
    for wrong in ["500m", "-1", "1.5"] {
        let run = split(&canary(&["shop"], wrong), &["--service", "shop/website"]).ends_with(0);
        assert!(run.stdout.contains("no TrafficSplit applies"), "{}", run.stdout);
        assert!(run.stderr.contains("1 error in the manifests"), "{wrong}: {}", run.stderr);
        assert!(run.stderr.contains("nor for any other service"), "{wrong}: {}", run.stderr);
    }
}

/// Keys are those of users `user-1` and so on, by the rule that `Picker::sticky` documents.
#[test]
fn users_of_a_canary_stay_when_it_grows() {
    let counts = |weight| {
        let args = ["--service", "shop/website", "--sticky-key", "header:x-user", "-o", "json"];
        let run = split(&canary(&["shop"], weight), &args).ends_with(0);
        let report = run.json();
        let part = &report["parts"][0];
        assert_eq!(part["plausible"], true, "{part}");
        part["backends"][1]["requests"].as_u64().expect("a number")
    };
    assert_eq!([counts("1"), counts("3")], [10_066, 25_095]);
}
