//! `smi explain`, `smi matrix`, `smi who-can` and `smi diff`.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Run, assert_golden, command, here, smi};

/// What the program prints, if it ends with this status.
#[track_caller]
fn stdout(args: &[&str], status: i32) -> String {
    smi(args).ends_with(status).stdout
}

#[track_caller]
fn json(args: &[&str], status: i32) -> Value {
    smi(&[args, &["--output", "json"]].concat()).ends_with(status).json()
}

/// The shop with one text replaced by another.
struct Changed(PathBuf);

impl Changed {
    #[track_caller]
    fn new(name: &str, changes: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("smi-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("created");
        let mut found = 0;
        for entry in std::fs::read_dir(here("../manifests/shop")).expect("shop") {
            let path = entry.expect("file").path();
            let mut text = std::fs::read_to_string(&path).expect("text");
            for (old, new) in changes {
                found += text.matches(old).count();
                text = text.replace(old, new);
            }
            std::fs::write(folder.join(path.file_name().expect("name")), text).expect("written");
        }
        assert!(found >= changes.len(), "only {found} places to change");
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SHOP: &str = "manifests/shop";
const TO_CART: [&str; 6] = ["--from", "shop/web", "--to", "shop/cart", "--port", "8080"];

#[test]
fn explain_says_what_is_near_and_how_others_decide() {
    let patch = [&["explain", SHOP], &TO_CART[..], &["PATCH", "/carts/7f"]].concat();
    assert_golden("explain.txt", &stdout(&patch, 1));
    let report = json(&patch, 1);
    assert_eq!(report["nearMisses"][0]["message"], "would be allowed with method GET");
    assert_eq!(report["readings"].as_array().map(Vec::len), Some(5));

    // OSM matches whole paths, and wants a namespace with every source.
    let get = ["explain", SHOP, "--from", "shop/cart", "--to", "data/redis", "--port", "6379"];
    let text = stdout(&[&get[..], &["GET", "/"]].concat(), 0);
    assert!(text.contains("allowed by the specification\n"), "{text}");
    assert!(text.contains("denied by OSM, because closest is TrafficTarget"), "{text}");

    let address = [&patch[..], &["--proof", "address"]].concat();
    assert!(stdout(&address, 1).contains("proven by the address it calls from"));
}

#[test]
fn matrix_lists_who_may_reach_whom_and_what_is_of_no_use() {
    assert_golden("matrix.txt", &stdout(&["matrix", SHOP], 0));
    assert_golden("matrix-broken.txt", &stdout(&["matrix", "manifests/broken"], 0));
    assert_golden("matrix.dot", &stdout(&["matrix", SHOP, "-o", "dot"], 0));
    assert_golden("matrix.mmd", &stdout(&["matrix", SHOP, "-o", "mermaid"], 0));
    let report = json(&["matrix", SHOP], 0);
    assert!(report["accesses"].as_array().is_some_and(|accesses| accesses.len() > 30));
    // The group that only a TrafficSplit refers to is of use.
    assert_eq!(report["deadMatter"], Value::Array(Vec::new()));
}

#[test]
fn who_can_names_those_whom_the_policy_lets_through() {
    let names = |value: &Value, key: &str| {
        let rows = value["accesses"].as_array().expect("accesses");
        let mut names: Vec<String> =
            rows.iter().map(|row| row[key].as_str().expect("text").to_owned()).collect();
        names.dedup();
        names
    };
    let reach = json(&["who-can", SHOP, "--to", "shop/cart"], 0);
    assert_eq!(names(&reach, "from"), ["monitoring/prometheus", "shop/orders", "shop/web"]);

    let get = ["who-can", SHOP, "--to", "shop/cart", "--port", "8080", "GET", "/carts/7f"];
    let getters = json(&get, 0);
    assert_eq!(names(&getters, "from"), ["shop/orders", "shop/web"]);
    assert_eq!(names(&getters, "match"), ["shop/cart-api#look"]);
    assert!(stdout(&get, 0).contains("shop/cart-from-web (shop/cart-api#look)"));

    let from = json(&["who-can", SHOP, "--from", "shop/web"], 0);
    assert!(names(&from, "to").contains(&"monitoring/statsd".to_owned()));
    let nobody = ["who-can", SHOP, "--to", "shop/cart", "--port", "9999"];
    // Prometheus may scrape on any port.
    assert_eq!(names(&json(&nobody, 0), "from"), ["monitoring/prometheus"]);
    assert_eq!(stdout(&["who-can", SHOP, "--from", "shop/nobody"], 1), "nothing\n");
    assert_eq!(stdout(&["who-can", SHOP, "--to", "shop/nobody"], 1), "nobody\n");
    smi(&["who-can", SHOP]).ends_with(2);
}

#[test]
fn who_can_says_from_which_addresses() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("addresses.txt");
    let book = "\
# Who calls from where.
10.1.0.0/16 shop/web
10.1.2.0/24 shop/orders
10.2.0.0/16 monitoring/prometheus
10.3.0.0/16 shop/nobody
";
    std::fs::write(&file, book).expect("written");
    let name = file.to_str().expect("UTF-8");
    let to_cart = ["who-can", SHOP, "--to", "shop/cart", "--cidrs", name];
    assert_golden("who-can-cidrs.txt", &stdout(&to_cart, 0));
    let report = json(&to_cart, 0);
    let of = |report: &Value, target: &str| -> Vec<String> {
        let all = report["admitted"].as_array().expect("admitted");
        let found = all.iter().filter(|one| one["trafficTarget"] == target);
        let cidrs = found.flat_map(|one| one["cidrs"].as_array().expect("cidrs"));
        cidrs.map(|cidr| cidr.as_str().expect("text").to_owned()).collect()
    };
    // The web's network without what belongs to the orders.
    let web = of(&report, "shop/cart-from-web");
    assert!(web.contains(&"10.1.128.0/17".to_owned()) && !web.contains(&"10.1.2.0/24".to_owned()));
    assert!(of(&report, "shop/cart-from-web").iter().all(|cidr| cidr.starts_with("10.1.")));

    // Only the targets that let this very request pass.
    let port = [&to_cart[..], &["--port", "9999"]].concat();
    assert!(of(&json(&port, 0), "shop/cart-from-web").is_empty());
    let nobody = ["who-can", SHOP, "--to", "shop/nobody", "--cidrs", name];
    assert_eq!(stdout(&nobody, 1), "nobody\n");

    smi(&[&to_cart[..], &["--output", "dot"]].concat()).ends_with(2);
    smi(&["who-can", SHOP, "--from", "shop/web", "--cidrs", name]).ends_with(2);
    std::fs::write(&file, "10.1.0.0/16\n").expect("written");
    let error = smi(&to_cart).ends_with(2).stderr;
    assert!(error.contains("line 1: `10.1.0.0/16` names nobody"), "{error}");
}

#[test]
fn diff_finds_what_hides_behind_a_pattern() {
    assert_eq!(stdout(&["diff", SHOP, SHOP], 0), "both allow the same\n");

    let wider = Changed::new(
        "wider",
        &[
            ("/carts/[0-9a-f-]+$", "/carts/[0-9a-g-]+$"),
            ("methods: [POST, PUT, DELETE]", "methods: [POST, PUT]"),
            ("ports: [5432]", "ports: [5432, 5433]"),
        ],
    );
    assert_golden("diff.txt", &stdout(&["diff", SHOP, wider.path()], 1));
    assert_golden("diff.dot", &stdout(&["diff", SHOP, wider.path(), "-o", "dot"], 1));
    let report = json(&["diff", SHOP, wider.path()], 1);
    let allowed: Vec<&str> = report["differences"]
        .as_array()
        .expect("differences")
        .iter()
        .filter(|difference| difference["match"] == "shop/cart-api#look")
        .map(|difference| difference["example"]["http"]["target"].as_str().expect("text"))
        .collect();
    assert_eq!(allowed, ["/carts/g", "/carts/g"], "{report:#}");

    // The other way round it is the other way round.
    let back = json(&["diff", wider.path(), SHOP], 1);
    let count = |report: &Value, change: &str| {
        let all = report["differences"].as_array().expect("differences");
        all.iter().filter(|difference| difference["change"] == change).count()
    };
    assert_eq!(count(&report, "allowed"), count(&back, "denied"));
    assert_eq!(count(&report, "denied"), count(&back, "allowed"));

    let same = Changed::new("same", &[("/carts/[0-9a-f-]+$", "/carts/([a-f]|-|[0-9])+$")]);
    assert_eq!(stdout(&["diff", SHOP, same.path()], 0), "both allow the same\n");
    smi(&["diff", SHOP, "no/such/folder"]).ends_with(2);
}

#[test]
fn diff_compares_readings_too() {
    let osm = stdout(&["diff", SHOP, SHOP, "--new-semantics", "osm"], 1);
    assert!(osm.contains("0 newly allowed"), "{osm}");
    let nginx = stdout(&["diff", SHOP, SHOP, "--new-semantics", "nginx"], 1);
    assert!(nginx.contains("not compared: requests with several header fields"), "{nginx}");
    assert!(nginx.contains("0 newly denied"), "{nginx}");
}

/// Kubernetes admits no such names; whoever writes manifests may.
#[test]
fn what_is_in_manifests_does_nothing_to_a_terminal() {
    let manifests = |path: &str| {
        format!(
            r#"
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: api, namespace: shop}}
spec: {{matches: [{{name: "m\e[2J", pathRegex: "{path}\u202E"}}]}}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {{name: "t\e[2J\a", namespace: shop}}
spec:
  destination: {{kind: ServiceAccount, name: cart}}
  sources: [{{kind: ServiceAccount, name: "web\e[2J\n\u202E"}}]
  rules: [{{kind: HTTPRouteGroup, name: api}}]
"#
        )
    };
    let folder = std::env::temp_dir().join(format!("smi-terminal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("created");
    let [old, new] = ["/a", "/b"].map(|path| {
        let file = folder.join(format!("{}.yaml", path.trim_start_matches('/')));
        std::fs::write(&file, manifests(path)).expect("written");
        file.to_str().expect("UTF-8").to_owned()
    });
    for args in [
        &["matrix", &old][..],
        &["who-can", &old, "--to", "shop/cart"],
        &["explain", &old, "--from", "shop/x", "--to", "shop/cart", "--port", "80", "GET", "/a"],
        &["diff", &old, &new],
    ] {
        let colours = command(args).env("CLICOLOR_FORCE", "1").output().expect("smi runs");
        let run = Run::of(colours);
        let acts = ["\u{1b}[2J", "\u{7}", "\u{202E}"];
        assert!(acts.iter().all(|text| !run.stdout.contains(text)), "{args:?}: {:?}", run.stdout);
        assert!(run.stdout.contains(r"\u{1b}[2J"), "{args:?}: {:?}", run.stdout);
        assert!(!run.stdout.contains("[2J\n"), "{args:?}: {:?}", run.stdout);
    }
    let _ = std::fs::remove_dir_all(&folder);
}
