//! What holds for every kind-version.

use kube_core::ObjectList;
use proptest::prelude::*;
use serde_json::{Value, json};
use smi_types::access::{self, v1alpha1, v1alpha3, v1alpha4};
use smi_types::api::{Kind, Version};
use smi_types::quantity::Quantity;
use smi_types::specs::v1alpha4::{
    HeaderForm, Headers, HttpMatch, HttpRouteGroupSpec, PortMatch, PortRouteSpec,
};
use smi_types::{ObjectMeta, SmiObject, TypedObject, specs, split, write};

use crate::yaml;

/// The results of a generic function for each of the 18 types.
macro_rules! for_each_type {
    ($function:ident) => {
        [
            $function::<access::v1alpha1::TrafficTarget>(),
            $function::<access::v1alpha2::TrafficTarget>(),
            $function::<access::v1alpha3::TrafficTarget>(),
            $function::<access::v1alpha4::TrafficTarget>(),
            $function::<access::v1alpha4::IdentityBinding>(),
            $function::<specs::v1alpha1::HttpRouteGroup>(),
            $function::<specs::v1alpha2::HttpRouteGroup>(),
            $function::<specs::v1alpha3::HttpRouteGroup>(),
            $function::<specs::v1alpha4::HttpRouteGroup>(),
            $function::<specs::v1alpha1::TcpRoute>(),
            $function::<specs::v1alpha2::TcpRoute>(),
            $function::<specs::v1alpha3::TcpRoute>(),
            $function::<specs::v1alpha4::TcpRoute>(),
            $function::<specs::v1alpha4::UdpRoute>(),
            $function::<split::v1alpha1::TrafficSplit>(),
            $function::<split::v1alpha2::TrafficSplit>(),
            $function::<split::v1alpha3::TrafficSplit>(),
            $function::<split::v1alpha4::TrafficSplit>(),
        ]
    };
}

fn api_version<T: SmiObject>() -> String {
    format!("{}/{}", T::KIND.group(), T::VERSION)
}

#[test]
fn there_is_a_type_for_every_kind_in_every_version() {
    fn key<T: SmiObject>() -> (Kind, Version) {
        (T::KIND, T::VERSION)
    }
    let types = for_each_type!(key);
    let table: Vec<_> = Kind::ALL
        .into_iter()
        .flat_map(|kind| kind.versions().iter().map(move |&version| (kind, version)))
        .collect();
    assert_eq!(types.as_slice(), table);

    for (kind, version) in table {
        let object = TypedObject::deserialize_as(kind, version, minimal(kind, version)).unwrap();
        assert_eq!((object.kind(), object.version()), (kind, version));
        assert_eq!(object.metadata().name.as_deref(), Some("x"));
    }
}

/// The least that the type of a kind and version reads.
fn minimal(kind: Kind, version: Version) -> Value {
    let mut object = json!({
        "apiVersion": format!("{}/{version}", kind.group()),
        "kind": kind.as_str(),
        "metadata": { "name": "x" },
    });
    if (kind, version) == (Kind::TrafficTarget, Version::V1alpha1) {
        object["destination"] = json!({ "kind": "ServiceAccount", "name": "x" });
    }
    object
}

#[test]
fn a_type_is_the_resource_that_the_table_says() {
    fn check<T: SmiObject>() {
        assert_eq!(T::kind(&()), T::KIND.as_str());
        assert_eq!(T::group(&()), T::KIND.group().as_str());
        assert_eq!(T::version(&()), T::VERSION.as_str());
        assert_eq!(T::api_version(&()), api_version::<T>());
        assert_eq!(T::plural(&()), T::KIND.plural());
        assert_eq!(
            T::url_path(&(), Some("shop")),
            format!("/apis/{}/namespaces/shop/{}", api_version::<T>(), T::KIND.plural()),
        );
        let mut object = T::default();
        object.meta_mut().name = Some("x".to_owned());
        assert_eq!(object.meta().name.as_deref(), Some("x"));
    }
    for_each_type!(check);
}

#[test]
fn api_version_and_kind_are_written_first_and_demanded() {
    fn check<T: SmiObject>() {
        let text = serde_json::to_string(&T::default()).unwrap();
        let head = format!(r#"{{"apiVersion":"{}","kind":"{}""#, api_version::<T>(), T::KIND);
        assert!(text.starts_with(&head), "{text}");

        let good = minimal(T::KIND, T::VERSION);
        assert!(serde_json::from_value::<T>(good.clone()).is_ok(), "{good}");

        let error = |change: fn(&mut Value)| {
            let mut object = good.clone();
            change(&mut object);
            serde_json::from_value::<T>(object).unwrap_err().to_string()
        };
        assert_eq!(
            error(|object| object["apiVersion"] = "smi-spec.io/v1alpha9".into()),
            format!("apiVersion is `smi-spec.io/v1alpha9`: expected `{}`", api_version::<T>()),
        );
        assert_eq!(
            error(|object| object["kind"] = "Pod".into()),
            format!("kind is `Pod`: expected `{}`", T::KIND),
        );
        assert_eq!(error(|object| object["kind"] = Value::Null).lines().count(), 1);
        for field in ["apiVersion", "kind"] {
            let mut object = good.clone();
            object.as_object_mut().unwrap().remove(field);
            let error = serde_json::from_value::<T>(object).unwrap_err().to_string();
            assert_eq!(error, format!("missing field `{field}`"));
        }
    }
    for_each_type!(check);
}

#[test]
fn an_object_is_read_from_a_mapping_only() {
    fn check<T: SmiObject>() {
        let list = json!([api_version::<T>(), T::KIND.as_str(), {}, {}, [], []]);
        let error = serde_json::from_value::<T>(list).unwrap_err().to_string();
        assert_eq!(error, "invalid type: sequence, expected an object");
    }
    for_each_type!(check);
}

#[test]
fn a_default_reads_back_the_same() {
    fn check<T: SmiObject>() {
        let object = T::default();
        let text = write::yaml(&object).unwrap();
        assert_eq!(yaml::read::<T>(&text).unwrap(), object, "{text}");
    }
    for_each_type!(check);
}

#[test]
fn only_known_kind_versions_become_typed() {
    for (api_version, kind) in [
        ("v1", "Service"),
        ("access.smi-spec.io/v1alpha3", "trafficTarget"),
        ("access.smi-spec.io/v1alpha3", "IdentityBinding"),
        ("access.smi-spec.io/v1alpha4", "TCPRoute"),
        ("specs.smi-spec.io/v1alpha3", "UDPRoute"),
        ("split.smi-spec.io/v1beta1", "TrafficSplit"),
        ("SPLIT.smi-spec.io/v1alpha1", "TrafficSplit"),
    ] {
        let error = TypedObject::from_json(json!({ "apiVersion": api_version, "kind": kind }));
        assert_eq!(
            error.unwrap_err().to_string(),
            format!("`{api_version}` `{kind}` is no kind of SMI"),
        );
    }
    let error = TypedObject::from_json(json!({ "kind": "TCPRoute" })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no `apiVersion`: expected a string that says what the object is"
    );
    let error = TypedObject::from_json(json!([])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no `apiVersion`: expected a string that says what the object is"
    );
}

#[test]
fn a_list_of_the_api_server_is_read() {
    let list = json!({
        "apiVersion": "split.smi-spec.io/v1alpha4",
        "kind": "TrafficSplitList",
        "metadata": { "resourceVersion": "7" },
        "items": [
            minimal(Kind::TrafficSplit, Version::V1alpha4),
            minimal(Kind::TrafficSplit, Version::V1alpha4),
        ],
    });
    let list: ObjectList<split::v1alpha4::TrafficSplit> = serde_json::from_value(list).unwrap();
    assert_eq!(list.items.len(), 2);
    assert_eq!(list.items[0].metadata.name.as_deref(), Some("x"));
}

#[test]
fn headers_keep_one_value_per_name() {
    let mut headers = Headers::new();
    assert_eq!(headers.insert("Accept", "a"), None);
    assert_eq!(headers.insert("accept", "b"), Some("a".to_owned()));
    headers.extend([("Zebra", "z"), ("B", "b")]);
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("accept", "b"), ("B", "b"), ("Zebra", "z")]);
    assert_eq!(headers.remove("ZEBRA"), Some("z".to_owned()));
    assert_eq!((headers.len(), headers.is_empty()), (2, false));
    assert_ne!(headers, Headers::from([("accept", "b"), ("b", "other")]));
    assert_eq!(headers.clone().with_form(HeaderForm::Map), headers);
    assert_eq!(headers.form(), HeaderForm::List);
}

#[test]
fn the_form_of_headers_is_chosen_for_a_whole_group() {
    fn check(object: impl Into<TypedObject>) {
        let mut object = object.into();
        object.set_header_form(HeaderForm::Map);
        let text = write::yaml(&object).unwrap();
        assert!(text.contains("headers:\n") && text.contains("  a: b\n"), "{text}");
        assert!(!text.contains("- a: b"), "{text}");
        object.set_header_form(HeaderForm::List);
        assert!(write::yaml(&object).unwrap().contains("- a: b"));
    }
    let metadata = ObjectMeta::default();
    let matches = vec![HttpMatch { headers: [("a", "b")].into(), ..HttpMatch::default() }];
    let spec = HttpRouteGroupSpec { matches: matches.clone() };
    check(specs::v1alpha1::HttpRouteGroup { metadata: metadata.clone(), matches: matches.clone() });
    check(specs::v1alpha2::HttpRouteGroup { metadata: metadata.clone(), matches });
    check(specs::v1alpha3::HttpRouteGroup { metadata: metadata.clone(), spec: spec.clone() });
    check(specs::v1alpha4::HttpRouteGroup { metadata, spec });
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", "\\PC{0,12}", Just("no".to_owned()), Just("1e3".to_owned())]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..3)
}

fn metadata() -> impl Strategy<Value = ObjectMeta> {
    (prop::option::of(text()), prop::option::of(text()), prop::option::of((text(), text())))
        .prop_map(|(name, namespace, label)| ObjectMeta {
            name,
            namespace,
            labels: label.map(|label| [label].into()),
            ..ObjectMeta::default()
        })
}

fn rules() -> impl Strategy<Value = Vec<v1alpha3::Rule>> {
    let rule = (text(), text(), texts()).prop_map(|(kind, name, matches)| v1alpha3::Rule {
        kind,
        name,
        matches,
    });
    prop::collection::vec(rule, 0..3)
}

fn subject() -> impl Strategy<Value = v1alpha3::Subject> {
    (text(), text(), prop::option::of(text()))
        .prop_map(|(kind, name, namespace)| v1alpha3::Subject { kind, name, namespace })
}

fn destination() -> impl Strategy<Value = v1alpha1::Destination> {
    (subject(), prop::option::of(1_u16..)).prop_map(|(subject, port)| v1alpha1::Destination {
        kind: subject.kind,
        name: subject.name,
        namespace: subject.namespace,
        port,
    })
}

fn matches() -> impl Strategy<Value = Vec<HttpMatch>> {
    let item =
        (text(), prop::option::of(text()), texts(), prop::collection::vec((text(), text()), 0..3))
            .prop_map(|(name, path_regex, methods, headers)| HttpMatch {
                name,
                path_regex,
                methods,
                headers: headers.into_iter().collect(),
            });
    prop::collection::vec(item, 0..3)
}

fn schemes() -> impl Strategy<Value = v1alpha4::Schemes> {
    (texts(), prop::option::of(text()), prop::option::of((text(), text()))).prop_map(
        |(spiffe_identities, service_account, label)| v1alpha4::Schemes {
            pod_label_selector: label.map(|label| {
                serde_json::from_value(json!({ "matchLabels": { label.0: label.1 } })).unwrap()
            }),
            spiffe_identities,
            service_account,
        },
    )
}

fn object() -> impl Strategy<Value = TypedObject> {
    let sources = || prop::collection::vec(subject(), 0..3);
    let backends = || prop::collection::vec((text(), any::<u64>()), 0..3);

    let target_v1alpha1 = (metadata(), destination(), rules(), sources()).prop_map(
        |(metadata, destination, specs, sources)| {
            access::v1alpha1::TrafficTarget { metadata, destination, specs, sources }.into()
        },
    );
    let target_v1alpha2 = (metadata(), destination(), rules(), sources()).prop_map(
        |(metadata, destination, rules, sources)| {
            let spec = access::v1alpha2::TrafficTargetSpec { destination, rules, sources };
            access::v1alpha2::TrafficTarget { metadata, spec }.into()
        },
    );
    let target_v1alpha3 = (metadata(), subject(), rules(), sources()).prop_map(
        |(metadata, destination, rules, sources)| {
            let spec = access::v1alpha3::TrafficTargetSpec { destination, rules, sources };
            access::v1alpha3::TrafficTarget { metadata, spec }.into()
        },
    );
    let binding = (metadata(), schemes()).prop_map(|(metadata, schemes)| {
        let spec = v1alpha4::IdentityBindingSpec { schemes };
        v1alpha4::IdentityBinding { metadata, spec }.into()
    });
    let group_v1alpha2 =
        (metadata(), matches(), any::<bool>()).prop_map(|(metadata, matches, map)| {
            let mut group = specs::v1alpha2::HttpRouteGroup { metadata, matches };
            group.set_header_form(if map { HeaderForm::Map } else { HeaderForm::List });
            group.into()
        });
    let group_v1alpha4 = (metadata(), matches()).prop_map(|(metadata, matches)| {
        let spec = HttpRouteGroupSpec { matches };
        specs::v1alpha4::HttpRouteGroup { metadata, spec }.into()
    });
    let route = (metadata(), prop::option::of(text()), prop::collection::vec(any::<i64>(), 0..3))
        .prop_map(|(metadata, name, ports)| {
            let spec = PortRouteSpec { matches: PortMatch { name, ports } };
            specs::v1alpha4::UdpRoute { metadata, spec }.into()
        });
    let split_v1alpha1 =
        (metadata(), text(), backends()).prop_map(|(metadata, service, backends)| {
            let backends = backends
                .into_iter()
                .map(|(service, milli)| split::v1alpha1::Backend {
                    service,
                    weight: Quantity::parse(&format!("{milli}m")).unwrap(),
                })
                .collect();
            let spec = split::v1alpha1::TrafficSplitSpec { service, backends };
            split::v1alpha1::TrafficSplit { metadata, spec }.into()
        });
    let split_v1alpha4 = (metadata(), text(), backends(), texts()).prop_map(
        |(metadata, service, backends, matches)| {
            let matches = matches.into_iter().map(split::v1alpha4::MatchRef::http_route_group);
            let backends = backends
                .into_iter()
                .map(|(service, weight)| split::v1alpha4::Backend::new(service, weight));
            let spec = split::v1alpha4::TrafficSplitSpec {
                service,
                matches: matches.collect(),
                backends: backends.collect(),
            };
            split::v1alpha4::TrafficSplit { metadata, spec }.into()
        },
    );
    // Boxed, because the type of all of them together needs more stack than a test has.
    prop_oneof![
        target_v1alpha1.boxed(),
        target_v1alpha2.boxed(),
        target_v1alpha3.boxed(),
        binding.boxed(),
        group_v1alpha2.boxed(),
        group_v1alpha4.boxed(),
        route.boxed(),
        split_v1alpha1.boxed(),
        split_v1alpha4.boxed(),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(object in object()) {
        let text = write::yaml(&object).unwrap();
        let tree: Value = yaml::read(&text).unwrap();
        prop_assert_eq!(TypedObject::from_json(tree).unwrap(), object.clone(), "{}", text);

        let text = write::json(&object).unwrap();
        let tree: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(TypedObject::from_json(tree).unwrap(), object, "{}", text);
    }
}
