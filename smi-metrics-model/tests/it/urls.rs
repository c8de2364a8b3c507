//! The URL space: the profile's operations, all kinds, and what is wrong.

use proptest::prelude::*;
use serde_json::json;
use smi_metrics_model::serve::{
    ApiGroup, ApiGroupList, ApiResourceList, ApiVersions, IncludeObject, Query, Representation,
    Request, Scope, Selector, Status, Table,
};
use smi_metrics_model::{GoDuration, Kind, Resource, TrafficMetrics, Version};

fn get(target: &str) -> Query {
    match Request::parse("GET", target) {
        Ok(Request::Metrics(query)) => query,
        other => panic!("{target}: {other:?}"),
    }
}

fn status(method: &str, target: &str) -> Status {
    Request::parse(method, target).expect_err(target).into()
}

const BASE: &str = "/apis/metrics.smi-spec.io/v1alpha1";

/// The seven operations of the catalogue's profile of the API.
#[test]
fn each_operation_of_the_profile_has_its_request() {
    let shop = || Some("shop".to_owned());
    let pod = Resource::new(Kind::Pod, "shop", "web-0");
    let web = Resource::new(Kind::Deployment, "shop", "web");
    let operations = [
        ("/namespaces/shop/pods", Scope::Kind { kind: Kind::Pod, namespace: shop() }),
        ("/namespaces/shop/pods/web-0", Scope::Object(pod.clone())),
        ("/namespaces/shop/pods/web-0/edges", Scope::Edges { object: pod, peers: Kind::Pod }),
        ("/namespaces/shop/deployments", Scope::Kind { kind: Kind::Deployment, namespace: shop() }),
        ("/namespaces/shop/deployments/web", Scope::Object(web.clone())),
        (
            "/namespaces/shop/deployments/web/edges",
            Scope::Edges { object: web, peers: Kind::Deployment },
        ),
        ("/namespaces", Scope::Kind { kind: Kind::Namespace, namespace: None }),
    ];
    for (path, scope) in operations {
        let target = format!("{BASE}{path}");
        let query = get(&target);
        assert_eq!(query, Query::new(Version::V1alpha1, scope), "{target}");
        assert_eq!(query.to_string(), target);
    }
}

#[test]
fn every_kind_is_listed_and_got_where_it_belongs() {
    for version in Version::ALL {
        let base = format!("/apis/metrics.smi-spec.io/{version}");
        for kind in Kind::ALL {
            let plural = kind.plural();
            let all = get(&format!("{base}/{plural}/"));
            assert_eq!(all.scope, Scope::Kind { kind, namespace: None });
            assert_eq!(all.version, version);
            let (within, without) =
                (format!("{base}/namespaces/shop/{plural}/web"), format!("{base}/{plural}/web"));
            let (good, bad) =
                if kind.is_namespaced() { (within, without) } else { (without, within) };
            let object = Resource::new(kind, "shop", "web");
            assert_eq!(get(&good).scope, Scope::Object(object.clone()), "{good}");
            let edges = get(&format!("{good}/edges"));
            assert_eq!(edges.scope, Scope::Edges { object, peers: kind });
            assert_eq!(status("GET", &bad).code, 404, "{bad}");
        }
    }
}

#[test]
fn parameters_say_what_to_list_and_over_which_time() {
    let query = get(&format!(
        "{BASE}/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29&t=1m30s\
         &fieldSelector=metadata.name%3Dweb-0&limit=500&resourceVersion=0&windwo=1m"
    ));
    assert_eq!(query.labels.to_string(), "app=web,tier in (a,b)");
    assert_eq!(query.name.as_deref(), Some("web-0"));
    assert_eq!(query.window(), GoDuration::from_secs(90));
    assert_eq!(query.ignored, ["windwo"]);
    assert_eq!(get(&format!("{BASE}/pods")).window(), GoDuration::from_secs(30));
    let query = get(&format!("{BASE}/namespaces/shop/pods/web-0/edges?edgeKind=services&watch=0"));
    assert!(matches!(query.scope, Scope::Edges { peers: Kind::Service, .. }));
}

#[test]
fn what_is_wrong_is_a_status_that_says_so() {
    let cases = [
        ("GET", "/", 404, "nothing is at `/`"),
        ("GET", "", 404, "nothing is at ``"),
        ("GET", "/metrics", 404, "nothing is at `/metrics`"),
        ("GET", "/apis/metrics.k8s.io/v1beta1/pods", 404, "nothing is at"),
        ("GET", "/apis/metrics.smi-spec.io/v1/pods", 404, "nothing is at"),
        ("GET", "{}//pods", 404, ""),
        ("GET", "{}/pods//", 404, ""),
        ("GET", "{}/ingresses", 404, "no resource `ingresses` is here"),
        ("GET", "{}/Pods", 404, "no resource `Pods` is here"),
        ("GET", "{}/namespaces/shop/pods/web-0/logs", 404, "nothing is at"),
        ("GET", "{}/namespaces/shop/pods/web-0/edges/x", 404, "nothing is at"),
        ("GET", "{}/namespaces/shop/pods/Web", 404, "`Web` is no name of pods"),
        ("GET", "{}/namespaces/sh.op/pods", 404, "`sh.op` is no name of namespaces"),
        ("GET", "{}/namespaces/shop/pods/a%22%7D%29%20or%20up", 404, "is no name of pods"),
        ("GET", "{}/namespaces/shop/pods/%ff", 404, "nothing is at"),
        ("GET", "{}/namespaces/shop%2Fpods", 404, "is no name of namespaces"),
        ("POST", "{}/pods", 405, "method `POST` is not allowed, expected `GET`"),
        ("get", "{}/pods", 405, "method `get`"),
        ("DELETE", "/apis", 405, "method `DELETE`"),
        ("DELETE", "/nothing", 404, "nothing is at"),
        ("GET", "{}/pods?watch=true", 405, "metrics can't be watched"),
        ("GET", "{}/pods?labelSelector=a%3Db%3Dc", 400, "labelSelector: `b=c`, expected"),
        ("GET", "{}/pods?labelSelector=,", 400, "labelSelector: ``, expected the key of a label"),
        ("GET", "{}/pods?labelSelector=a%3E1", 400, "labelSelector: `>1`, expected"),
        ("GET", "{}/pods?fieldSelector=status.phase%3DRunning", 400, "fieldSelector: `status"),
        ("GET", "{}/pods?fieldSelector=metadata.name!%3Da", 400, "fieldSelector: "),
        (
            "GET",
            "{}/pods?fieldSelector=metadata.name%3Da,metadata.name%3Db",
            400,
            "fieldSelector: ",
        ),
        ("GET", "{}/pods?t=30", 400, "t: `30` is no duration"),
        ("GET", "{}/pods?t=", 400, "t: `` is no duration"),
        ("GET", "{}/pods?t=0", 400, "t: `0s`, expected a window longer than zero"),
        ("GET", "{}/pods?t=-1m", 400, "t: `-1m0s`, expected a window longer than zero"),
        ("GET", "{}/pods?t=1m&t=2m", 400, "`t` is there twice"),
        ("GET", "{}/pods?edgeKind=pods", 400, "edgeKind: "),
        ("GET", "{}/namespaces/a/pods/b/edges?edgeKind=x", 400, "edgeKind: `x`"),
    ];
    for (method, target, code, message) in cases {
        let target = target.replace("{}", BASE);
        let status = status(method, &target);
        assert_eq!(status.code, code, "{method} {target}: {}", status.message);
        assert!(status.message.contains(message), "{target}: {}", status.message);
        let wire = serde_json::to_value(&status).unwrap();
        assert_eq!(
            (&wire["kind"], &wire["apiVersion"], &wire["status"]),
            (&json!("Status"), &json!("v1"), &json!("Failure"))
        );
        let reason = match code {
            404 => "NotFound",
            405 => "MethodNotAllowed",
            _ => "BadRequest",
        };
        assert_eq!(wire["reason"], reason);
        assert_eq!(serde_json::from_value::<Status>(wire).unwrap(), status);
    }
}

#[test]
fn discovery_documents_are_those_of_kubernetes() {
    let documents = [
        ("/api", serde_json::to_value(ApiVersions::default())),
        ("/apis", serde_json::to_value(ApiGroupList::default())),
        ("/apis/metrics.smi-spec.io", serde_json::to_value(ApiGroup::default())),
        (BASE, serde_json::to_value(ApiResourceList::new(Version::V1alpha1))),
    ];
    let mut text = String::new();
    for (path, document) in documents {
        assert_eq!(Request::parse("GET", path).unwrap().to_string(), path);
        text.push_str(&format!("{path}\n{:#}\n", document.unwrap()));
    }
    crate::documents::assert_golden("discovery.txt", &text);
    // k8s-openapi's own types read them.
    use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
    let list = ApiResourceList::new(Version::V1alpha2);
    let list: meta::APIResourceList =
        serde_json::from_value(serde_json::to_value(list).unwrap()).unwrap();
    assert_eq!(list.resources.len(), 22);
    let group: meta::APIGroup =
        serde_json::from_value(serde_json::to_value(ApiGroup::default()).unwrap()).unwrap();
    assert_eq!(group.versions.len(), 2);
}

#[test]
fn the_first_representation_that_there_is_counts() {
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let cases = [
        ("", Representation::Object),
        ("application/json", Representation::Object),
        (table, Representation::Table),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Representation::Object),
        ("application/json; g=meta.k8s.io; v=v1; as=Table , */*", Representation::Table),
        ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", Representation::Object),
        ("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", Representation::Object),
    ];
    for (accept, representation) in cases {
        assert_eq!(Representation::accepted(accept), representation, "{accept}");
    }
    let both = format!("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,{table}");
    assert_eq!(Representation::accepted(&both), Representation::Table);
}

#[test]
fn a_table_has_a_cell_for_each_column() {
    let items = [TrafficMetrics::default()];
    for (include, key) in [
        (IncludeObject::None, None),
        (IncludeObject::Metadata, Some("PartialObjectMetadata")),
        (IncludeObject::Object, Some("TrafficMetrics")),
    ] {
        let table = Table::new(&items, include);
        assert_eq!(table.rows[0].cells.len(), table.column_definitions.len());
        let json = serde_json::to_value(&table).unwrap();
        assert_eq!(json["rows"][0]["object"]["kind"].as_str(), key);
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
}

fn scope() -> impl Strategy<Value = Scope> {
    (0..Kind::ALL.len(), 0..Kind::ALL.len(), name(), name(), 0..4).prop_map(
        |(kind, peers, namespace, name, form)| {
            let (kind, peers) = (Kind::ALL[kind], Kind::ALL[peers]);
            let object = Resource::new(kind, namespace.clone(), name);
            match form {
                0 => Scope::Kind { kind, namespace: None },
                1 => Scope::Kind { kind, namespace: kind.is_namespaced().then_some(namespace) },
                2 => Scope::Object(object),
                _ => Scope::Edges { object, peers },
            }
        },
    )
}

proptest! {
    #[test]
    fn any_request_is_read_as_it_is_written(
        scope in scope(),
        is_new: bool,
        selector in prop::option::of("[a-z]{1,3}(=|!=)[A-Z]{0,3}(,!?[a-z]{1,3})?(,[a-z]{1,2} (not)?in \\([a-z](,[A-Z]{0,2})?\\))?"),
        field in prop::option::of(name()),
        namespace in prop::option::of(name()),
        window in prop::option::of(1..i64::MAX),
    ) {
        let version = if is_new { Version::V1alpha2 } else { Version::V1alpha1 };
        let query = Query {
            labels: selector.map(|text| Selector::parse(&text).unwrap()).unwrap_or_default(),
            name: field,
            namespace,
            window: window.map(GoDuration::from_nanos),
            ..Query::new(version, scope)
        };
        let written = query.to_string();
        let read = Request::parse("GET", &written).unwrap();
        prop_assert_eq!(&read, &Request::Metrics(query), "{}", written);
        prop_assert_eq!(read.to_string(), written);
    }

    #[test]
    fn no_url_makes_it_panic(method in "GET|\\PC*", target in "\\PC*|(/(api|apis|metrics.smi-spec.io|v1alpha1|namespaces|pods|edges|%[0-9a-f]{2}|[a-z?&=]{1,4})){0,8}(\\?(t|labelSelector|fieldSelector)=\\PC*)?") {
        match Request::parse(&method, &target) {
            Ok(request) => {
                let again = Request::parse("GET", &request.to_string()).unwrap();
                prop_assert_eq!(again.to_string(), request.to_string());
            }
            Err(error) => {
                let message = error.to_string();
                prop_assert!(!message.contains('\n'), "{}", message);
                let code = Status::from(error).code;
                prop_assert!(matches!(code, 400 | 404 | 405));
            }
        }
    }
}
