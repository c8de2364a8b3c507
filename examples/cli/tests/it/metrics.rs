//! `smi top` and `smi topology`, on files and on a server.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::program::{Run, assert_golden, smi_in};

fn smi(args: &[&str]) -> Run {
    smi_in("tests/metrics", args)
}

#[track_caller]
fn stdout(args: &[&str], status: i32) -> String {
    smi(args).ends_with(status).stdout
}

#[test]
fn top_shows_files_in_every_form() {
    let mut text = String::new();
    for args in [
        &["top", "pods.json"][..],
        &["top", "pods.json", "--sort-by", "rps"],
        &["top", "pods.json", "-o", "wide"],
        &["top", "edges.yaml"],
        &["top", "edges.yaml", "-o", "json"],
    ] {
        text.push_str(&format!("$ smi {}\n{}", args.join(" "), stdout(args, 0)));
    }
    assert_golden("top.txt", &text);
}

#[test]
fn topology_shows_edges_in_every_form() {
    let mut text = String::new();
    for args in [
        &["topology", "edges.yaml"][..],
        &["topology", "edges.yaml", "-o", "dot"],
        &["topology", "edges.yaml", "-o", "mermaid"],
    ] {
        text.push_str(&format!("$ smi {}\n{}", args.join(" "), stdout(args, 0)));
    }
    assert_golden("topology.txt", &text);
}

#[test]
fn what_cannot_be_read_is_said() {
    let said = |args: &[&str], status| smi(args).ends_with(status).stderr;
    assert!(said(&["top", "nothing.json"], 2).contains("nothing.json"));
    assert!(said(&["top", "../../Cargo.toml"], 2).contains("Cargo.toml"));
    assert!(said(&["top", "other.yaml"], 2).contains("kind `Pod`, expected TrafficMetrics"));
    assert!(said(&["top", "http://127.0.0.1:1/apis"], 2).contains("http://127.0.0.1:1/apis"));
    assert!(said(&["top", "broken.yaml"], 1).contains("warning: web-0: metrics[0]"));
    let with_token = ["top", "http://127.0.0.1:1/", "--token-file", "other.yaml"];
    assert!(said(&with_token, 2).contains("a token is sent by https only"));
}

#[test]
fn a_server_is_asked_for_a_list_and_the_edges_of_each() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for _ in 0..5 {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).expect("a request");
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let path = request.split_whitespace().nth(1).expect("a path").to_owned();
            let (code, body) = if path.contains("missing") {
                let status = r#"{"kind": "Status", "apiVersion": "v1", "metadata": {},
                    "status": "Failure", "message": "no such thing", "reason": "NotFound",
                    "code": 404}"#;
                (404, status.to_owned())
            } else if path.contains("/edges") {
                (200, include_str!("../metrics/edges.json").to_owned())
            } else {
                (200, include_str!("../metrics/pods.json").to_owned())
            };
            let head = format!(
                "HTTP/1.1 {code} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).expect("an answer");
            asked.push(path);
        }
        asked
    });
    let pods = "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods?t=1m";
    assert!(stdout(&["top", &format!("{server}{pods}")], 0).contains("web-0"));
    let topology = stdout(&["topology", &format!("{server}{pods}")], 0);
    assert!(topology.contains("  --> shop/cart-0"), "{topology}");
    let missing = smi(&["top", &format!("{server}/missing")]).ends_with(2);
    assert!(missing.stderr.contains("no such thing (404)"));

    let edges = |pod: &str| {
        format!("/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods/{pod}/edges?t=1m0s")
    };
    let asked = serving.join().expect("the server ends");
    assert_eq!(asked, [pods, pods, &edges("cart-0"), &edges("web-0"), "/missing"]);
}
