//! Label selectors, against what Kubernetes' own tests read and refuse.

use std::collections::BTreeMap;

use smi_metrics_model::LabelSelector;
use smi_metrics_model::serve::Selector;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_kubernetes_reads_is_read() {
    let texts = [
        "",
        "x=a,y=b,z=c",
        "x!=a,y=b",
        "x=",
        "x= ",
        "x=,z= ",
        "x= ,z= ",
        "!x",
        "x",
        "x in (a)",
        "x notin (a,b)",
        "x in (a),y",
        "foo.example.com/x in (a)",
        "x in (,a)",
        " x , !y ",
        "x==a",
        "x in(a)",
        "in in (in)",
        "notin=in",
        "x in ()",
    ];
    for text in texts {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let again = Selector::parse(&selector.to_string()).unwrap();
        assert_eq!(again, selector, "{text}");
        // And back out of the field of a list, which orders the labels that must be equal first.
        if let Some(wire) = selector.to_label_selector() {
            let back = Selector::try_from(&wire).unwrap();
            assert_eq!(back.to_label_selector(), Some(wire), "{text}");
            assert_eq!(back.requirements().len(), selector.requirements().len());
        }
    }
}

#[test]
fn what_kubernetes_refuses_is_refused() {
    let texts = [
        "x=a||y=b",
        "x==a==b",
        "!x=a",
        "x<a",
        ",",
        "x,",
        "x in",
        "x in (a",
        "x in a)",
        "x inn (a)",
        "x y",
        "=a",
        "x=-a",
        "x=a b",
        "/x=a",
        "UP.com/x",
        "a/b/c",
        "x=\u{e9}",
        "x in (a),(b)",
    ];
    for text in texts {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
    assert!(Selector::parse(&format!("x={}", "a".repeat(64))).is_err());
}

#[test]
fn requirements_hold_as_in_kubernetes() {
    let web = labels(&[("app", "web"), ("tier", "")]);
    let cases = [
        ("", true),
        ("app=web", true),
        ("app==cart", false),
        ("app!=web", false),
        ("app!=cart", true),
        ("other!=x", true),
        ("app in (cart,web)", true),
        ("app notin (cart,web)", false),
        ("other notin (x)", true),
        ("tier", true),
        ("tier=", true),
        ("other=", false),
        ("!tier", false),
        ("!other", true),
        ("app=web,!other", true),
        ("app=web,!tier", false),
        ("app=web,app=cart", false),
    ];
    for (text, holds) in cases {
        assert_eq!(Selector::parse(text).unwrap().matches(&web), holds, "{text}");
    }
}

#[test]
fn selectors_of_documents_are_checked() {
    let selector = |json: &str| {
        let wire: LabelSelector = serde_json::from_str(json).unwrap();
        Selector::try_from(&wire).map(|selector| selector.to_string())
    };
    let good = r#"{"matchLabels": {"app": "web"}, "matchExpressions": [
        {"key": "tier", "operator": "NotIn", "values": ["b", "a"]}]}"#;
    assert_eq!(selector(good).unwrap(), "app=web,tier notin (a,b)");
    for bad in [
        r#"{"matchExpressions": [{"key": "tier", "operator": "Gt", "values": ["1"]}]}"#,
        r#"{"matchExpressions": [{"key": "tier", "operator": "In"}]}"#,
        r#"{"matchExpressions": [{"key": "tier", "operator": "Exists", "values": ["1"]}]}"#,
        r#"{"matchLabels": {"": "web"}}"#,
    ] {
        assert!(selector(bad).is_err(), "{bad}");
    }
}
