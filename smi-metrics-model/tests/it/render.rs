//! What people and machines see.

use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;
use smi_metrics_model::render::{Columns, OpenMetrics, SortBy, Top, Topology};
use smi_metrics_model::{TrafficMetrics, TrafficMetricsList};

fn item(
    namespace: &str,
    name: &str,
    peer: Option<(&str, &str)>,
    counts: [&str; 2],
    p99: &str,
) -> TrafficMetrics {
    let edge = match peer {
        Some((direction, peer)) => json!({
            "direction": direction,
            "resource": {"kind": "Deployment", "namespace": namespace, "name": peer},
        }),
        None => json!({"direction": "from", "resource": {}}),
    };
    serde_json::from_value(json!({
        "resource": {"kind": "Deployment", "namespace": namespace, "name": name},
        "edge": edge,
        "window": "30s",
        "metrics": [
            {"name": "p99_response_latency", "unit": "seconds", "value": p99},
            {"name": "success_count", "value": counts[0]},
            {"name": "failure_count", "value": counts[1]},
        ],
    }))
    .unwrap()
}

fn shop() -> Vec<TrafficMetrics> {
    vec![
        item("shop", "web", None, ["297", "3"], "20m"),
        item("shop", "catalog", None, ["30", "10"], "1.5"),
        item("shop", "audit", None, ["0", "0"], "0"),
        item("shop", "cart", None, ["900", "0"], "350u"),
    ]
}

fn published() -> Option<TrafficMetricsList> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/corpus/metrics/servicemeshinterface-smi-metrics/002-root-README-L128.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn top_is_sorted_and_aligned() {
    let top = Top::new(&shop());
    let mut text = top.text(Columns::Usual);
    for by in [SortBy::Success, SortBy::Rps, SortBy::Latency] {
        text.push_str(&format!("{by:?}\n{}", top.clone().sorted_by(by).text(Columns::Usual)));
    }
    text.push_str(&top.text(Columns::Wide));
    let mut other = shop();
    other.push(item("bank", "web", Some(("to", "ledger")), ["1", "0"], "1m"));
    text.push_str(&Top::new(&other).text(Columns::Usual));
    text.push_str(&serde_json::to_string_pretty(&Top::new(&other[4..])).unwrap());
    crate::documents::assert_golden("top.txt", &text);
}

#[test]
fn published_answers_are_shown() {
    let Some(list) = published() else { return };
    let lines = Top::new(list.items()).text(Columns::Usual);
    println!("{lines}");
    let web = lines.lines().find(|line| line.contains("linkerd-web")).unwrap();
    let cells: Vec<&str> = web.split_whitespace().collect();
    assert_eq!(
        cells,
        [
            "linkerd-controller",
            "from",
            "linkerd/linkerd-web",
            "100.00%",
            "1.0rps",
            "150ms",
            "240ms",
            "294ms"
        ]
    );
    let topology = Topology::new(list.items());
    assert_eq!(topology.links().count(), 2);
}

#[test]
fn what_cannot_be_read_is_said() {
    let bad: TrafficMetrics = serde_json::from_value(json!({
        "window": "soon",
        "metrics": [{"name": "success_count", "value": "many"}],
    }))
    .unwrap();
    let top = Top::new(std::slice::from_ref(&bad));
    let problem = top.rows()[0].problem.as_deref().unwrap();
    assert!(problem.contains("`many`") && problem.contains("window: `soon`"), "{problem}");
    assert!(top.text(Columns::Wide).lines().nth(1).unwrap().starts_with("-           *"));
    assert_eq!(OpenMetrics::new(&[bad]).problems().len(), 1);
}

#[test]
fn terminals_obey_no_name() {
    let evil = item("shop", "a\u{1b}[2J\nb", Some(("to", "\u{7}")), ["1", "0"], "1m");
    for text in [
        Top::new(std::slice::from_ref(&evil)).text(Columns::Wide),
        Topology::new([&evil]).to_string(),
        Topology::new([&evil]).dot(),
        Topology::new([&evil]).mermaid(),
    ] {
        assert!(!text.replace('\n', "").contains(char::is_control), "{text}");
    }
    assert_eq!(Top::new(&[evil]).text(Columns::Usual).lines().count(), 2);
}

fn edges() -> Vec<TrafficMetrics> {
    let mut seen_by_server = item("shop", "cart", Some(("from", "web")), ["88", "2"], "30m");
    let mut seen_by_client = item("shop", "web", Some(("to", "cart")), ["90", "0"], "40m");
    for (item, side) in [(&mut seen_by_server, "server"), (&mut seen_by_client, "client")] {
        let mut edge = item.edge.as_option().unwrap().clone();
        edge.side = smi_metrics_model::Side::from(side).into();
        item.edge = edge.into();
    }
    let mut items = vec![seen_by_server, seen_by_client];
    items.push(item("shop", "web", Some(("to", "catalog \"new\" #1")), ["30", "0"], "10m"));
    items.push(item("shop", "web", None, ["120", "0"], "50m"));
    items
}

#[test]
fn an_edge_that_both_ends_observed_is_one_link() {
    let topology = Topology::new(&edges());
    assert_eq!(topology.links().count(), 2);
    let text = format!("{topology}\n{}\n{}", topology.dot(), topology.mermaid());
    assert!(text.contains("100.00%"), "the client's view counts");
    crate::documents::assert_golden("topology.txt", &text);
}

#[test]
fn graphviz_reads_the_dot() {
    let program =
        Command::new("dot").arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut program) = program else {
        println!("skipped: Graphviz is not installed");
        return;
    };
    let dot = Topology::new(&edges()).dot();
    std::io::Write::write_all(&mut program.stdin.take().unwrap(), dot.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success());
    let plain = String::from_utf8(output.stdout).unwrap();
    assert_eq!(plain.lines().filter(|line| line.starts_with("edge ")).count(), 2, "{plain}");
}

#[test]
fn promtool_accepts_the_openmetrics() {
    let mut items = shop();
    items.extend(edges());
    let text = OpenMetrics::new(&items).to_string();
    crate::documents::assert_golden("openmetrics.txt", &text);
    let program = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut program) = program else {
        println!("skipped: promtool is not installed");
        return;
    };
    std::io::Write::write_all(&mut program.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // Advice on style begins with the name of a metric; what it can't read, with `error`.
    assert!(output.status.success() || !said.contains("error"), "{said}");
}

proptest! {
    #[test]
    fn no_values_show_as_nan_or_infinite(
        success in "[0-9]{1,30}(e[0-9]{1,3}|m|E)?", failure in "[0-9]{1,5}|x", latency in "[0-9]{1,9}[mun]?",
        window in "[0-9]{1,9}(s|ns|h)|x", name in "\\PC{0,8}|[\\x00-\\x7f]{0,8}",
    ) {
        let mut item = item("shop", &name, Some(("to", &name)), [&success, &failure], &latency);
        item.window = window.into();
        let items = [item];
        let top = Top::new(&items);
        let numbers = format!("{}{}", OpenMetrics::new(&items), serde_json::to_string(&top).unwrap());
        let plain = numbers.replace(&name, "").replace(&name.escape_debug().to_string(), "");
        prop_assert!(!plain.contains("NaN") && !plain.contains("inf"), "{}", plain);
        prop_assert!(!top.text(Columns::Wide).contains("NaN%"));
        prop_assert_eq!(top.text(Columns::Wide).lines().count(), 2);
        let _ = Topology::new(&items).mermaid();
    }
}
