//! `smi check`, `smi decide`, `smi split` and `smi vectors`.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{assert_golden, command, here, smi};

#[test]
fn all_decision_vectors_agree() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(here("tests/decisions"))
        .expect("vectors")
        .map(|entry| entry.expect("file").path())
        .collect();
    files.sort();
    let mut args = vec!["vectors"];
    args.extend(files.iter().map(|file| file.to_str().expect("UTF-8")));
    let output = smi(&args);
    let output = output.ends_with(0);
    let found = output.stdout;
    println!("{found}");
    let cases = files.iter().map(|file| {
        let suites = std::fs::read_to_string(file).expect("readable");
        let cases = |line| serde_json::from_str::<Value>(line).expect("JSON")["cases"].clone();
        suites.lines().map(|line| cases(line).as_array().expect("list").len()).sum::<usize>()
    });
    let cases: usize = cases.sum();
    assert!(cases > 300, "{cases}");
    assert!(found.contains(&format!(" {cases} cases, 0 disagreements")), "{found}");
}

#[test]
fn a_wrong_expectation_is_a_disagreement() {
    let suite = r#"{"name": "x", "manifests": "", "options": {}, "cases": [
        {"request": {"source": null, "destination": {"serviceAccount": "a/b"}, "port": 1,
         "protocol": "tcp"}, "expect": {"decision": "allow", "by": []}, "note": "wrong on purpose"}
    ]}"#
    .replace('\n', " ");
    let file = std::env::temp_dir().join(format!("smi-vectors-{}.jsonl", std::process::id()));
    std::fs::write(&file, suite).expect("written");
    let output = smi(&["vectors", file.to_str().expect("UTF-8")]);
    std::fs::remove_file(&file).expect("removed");
    let output = output.ends_with(1);
    let found = output.stdout;
    assert!(found.contains("wrong on purpose") && found.contains("1 disagreements"), "{found}");
}

#[test]
fn an_unknown_key_in_a_vector_is_an_error() {
    let file = std::env::temp_dir().join(format!("smi-unknown-{}.jsonl", std::process::id()));
    let suite = r#"{"name": "x", "manifests": "", "options": {"strict": true}, "cases": []}"#;
    std::fs::write(&file, suite).expect("written");
    let output = smi(&["vectors", file.to_str().expect("UTF-8")]);
    std::fs::remove_file(&file).expect("removed");
    output.ends_with(2);
}

#[test]
fn the_shop_is_in_order() {
    let output = smi(&["check", "manifests/shop"]);
    let output = output.ends_with(0);
    assert_golden("shop.txt", &output.stdout);
}

#[test]
fn every_broken_manifest_is_reported_where_it_is_broken() {
    let output = smi(&["check", "manifests/broken"]);
    let output = output.ends_with(1);
    assert_golden("broken.txt", &output.stdout);

    let report = smi(&["check", "manifests/broken", "--output", "json"]).json();
    let problems = report["problems"].as_array().expect("problems");
    for entry in std::fs::read_dir(here("../manifests/broken")).expect("directory") {
        let name = entry.expect("file").file_name().into_string().expect("UTF-8");
        let of_file =
            |problem: &&Value| problem["file"].as_str().is_some_and(|file| file.ends_with(&name));
        let found = problems.iter().find(of_file);
        assert!(found.is_some_and(|problem| problem["line"].is_u64()), "nothing about {name}");
    }
}

#[test]
fn decide_says_allowed_denied_or_undecided_by_its_exit_status() {
    let shop = "manifests/shop";
    let ask = |args: &[&str]| {
        let mut all = vec!["decide", shop, "--from", "shop/web", "--to", "shop/cart", "--port"];
        all.extend(args);
        smi(&all)
    };
    let allowed = ask(&["8080", "GET", "/carts/7f"]);
    let allowed = allowed.ends_with(0);
    assert!(allowed.stdout.contains("TrafficTarget shop/cart-from-web allows it"));

    let method = ask(&["8080", "PATCH", "/carts/7f"]);
    let method = method.ends_with(1);
    assert_golden("denied.txt", &method.stdout);

    ask(&["8081", "GET", "/carts/7f"]).ends_with(1);
    ask(&["8080"]).ends_with(1);

    let nowhere = ["decide", "no/such/directory", "--to", "a/b", "--port", "1"];
    smi(&nowhere).ends_with(2);
    smi(&["decide", shop, "--to", "nobody", "--port", "1"]).ends_with(2);
}

#[test]
fn headers_count() {
    let ask = |header: &str| {
        smi(&[
            "decide",
            "manifests/shop",
            "--from",
            "shop/web",
            "--to",
            "shop/cart",
            "--port",
            "8080",
            "POST",
            "/carts/7f/items",
            "-H",
            header,
        ])
    };
    ask("X-Session: 0123456789abcdef0123456789abcdef").ends_with(0);
    ask("x-session: nobody").ends_with(1);
}

#[test]
fn json_has_what_text_has() {
    let decision = smi(&[
        "decide",
        "manifests/shop",
        "--from",
        "shop/web",
        "--to",
        "shop/cart",
        "--port",
        "8080",
        "--output",
        "json",
        "GET",
        "/carts/7f",
    ])
    .json();
    assert_eq!(decision["decision"], "allow");
    assert_eq!(decision["by"][0], "shop/cart-from-web");
    assert_eq!(decision["match"], "shop/cart-api#look");

    let check = smi(&["check", "manifests/shop", "-o", "json"]).json();
    assert!(check["access"].as_array().is_some_and(|lines| lines.len() > 10));
    assert!(check["splits"].as_array().is_some_and(|lines| !lines.is_empty()));
    assert_eq!(check["errors"], 0);
}

#[test]
fn split_shows_where_requests_go() {
    let experiment = ["-H", "x-experiment: checkout-2024"];
    let ask = |args: &[&str]| {
        let mut all = vec!["split", "manifests/shop", "--service", "web"];
        all.extend(args);
        smi(&all)
    };
    let sticky = ask(&[&["--sticky-key", "header:x-user"][..], &experiment].concat());
    let sticky = sticky.ends_with(0);
    assert_golden("split.txt", &sticky.stdout);

    // Who is not in the experiment gets the service itself.
    let outside = ask(&["--requests", "10", "-o", "json"]);
    let outside = outside.ends_with(0);
    let outside: Value = outside.json();
    assert_eq!(outside["parts"][0]["outcome"], "apex");

    let smooth =
        ask(&[&["--pick", "smooth", "--requests", "1000", "-o", "json"][..], &experiment].concat());
    let smooth: Value = smooth.json();
    let part = &smooth["parts"][0];
    assert_eq!(part["split"], "shop/checkout-experiment");
    assert_eq!(part["backends"][0]["requests"], 500);
    assert_eq!(part["chiSquare"], 0.0);

    ask(&["--sticky-key", "cookie:session"]).ends_with(2);
}

#[test]
fn colours_are_for_terminals_only() {
    let mut command = command(&["check", "manifests/broken"]);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    let output = command.output().expect("smi runs");
    assert!(!output.stdout.contains(&0x1b));
}

/// Manifests published in the wild, where they are at hand: none of them upsets the program.
#[test]
fn the_corpus_is_checked_without_a_panic() {
    let corpus = here("../../../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: there is no corpus beside the workspace");
        return;
    }
    let report = smi(&["check", corpus.to_str().expect("UTF-8"), "--output", "json"]).json();
    println!(
        "{} files: {} objects, {} of other kinds, {} undecodable, {} errors, {} warnings",
        report["files"],
        report["smiObjects"],
        report["otherObjects"],
        report["undecodable"],
        report["errors"],
        report["warnings"]
    );
    assert!(report["smiObjects"].as_u64().is_some_and(|count| count > 100));
    for problem in report["problems"].as_array().expect("problems") {
        assert!(problem["line"].is_u64(), "a problem without place: {problem}");
    }
}
