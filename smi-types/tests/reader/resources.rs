//! Several texts as one set.

use smi_types::Manifest;
use smi_types::api::Kind;
use smi_types::hub::{Object, Ports};
use smi_types::manifest::Resources;
use smi_types::problem::Code;

fn route(api_version: &str, name: &str, port: &str) -> String {
    format!(
        "apiVersion: {api_version}\nkind: TCPRoute\nmetadata: {{{name}}}\n\
         spec: {{matches: {{ports: [{port}]}}}}\n"
    )
}

const V4: &str = "specs.smi-spec.io/v1alpha4";

fn ports(resources: &Resources) -> Vec<Ports> {
    let routes = resources.objects().map(|object| match object {
        Object::TcpRoute(route) => route.ports.clone(),
        other => panic!("{other:?}"),
    });
    routes.collect()
}

#[test]
fn what_was_read_may_be_shared_by_threads() {
    fn assert_shareable<T: Send + Sync + Clone + 'static>() {}
    assert_shareable::<Manifest>();
    assert_shareable::<Resources>();
}

#[test]
fn of_the_same_object_the_last_counts() {
    let mut resources = Resources::default();
    resources.add("a", Manifest::read(&route(V4, "name: x", "1")));
    let both = route(V4, "name: x, namespace: default", "2") + "---\n" + &route(V4, "name: z", "3");
    resources.add("b", Manifest::read(&both));
    assert_eq!(ports(&resources), [Ports::Only(vec![2]), Ports::Only(vec![3])]);

    let problems: Vec<_> = resources.problems().collect();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let (source, problem) = problems[0];
    assert_eq!((source, problem.code()), ("a", Code::DuplicateObject));
    assert_eq!(problem.message(), "the same object is in `b` at line 1, column 1; that one counts");
}

#[test]
fn versions_do_not_tell_objects_apart_but_kinds_and_namespaces_do() {
    let mut resources = Resources::new("team");
    let other = route(V4, "name: x", "1").replace("TCPRoute", "UDPRoute");
    let texts = [
        route("specs.smi-spec.io/v1alpha2", "name: x", "1"),
        route(V4, "name: x, namespace: team", "2"),
        route(V4, "name: x, namespace: default", "3"),
        other,
    ];
    resources.add("a", Manifest::read(&texts.join("---\n")));
    assert_eq!(resources.objects().count(), 3);
    assert_eq!(resources.documents().count(), 4);
}

#[test]
fn an_undecodable_object_replaces_the_one_before_it() {
    let mut resources = Resources::default();
    resources.add("a", Manifest::read(&route(V4, "name: x, namespace: n", "1")));
    let unknown = route("specs.smi-spec.io/v9", "name: x, namespace: n", "2");
    resources.add("b", Manifest::read(&unknown));
    assert_eq!(resources.objects().count(), 0);

    let undecodable: Vec<_> = resources.undecodable().collect();
    assert_eq!(undecodable.len(), 1);
    assert_eq!(undecodable[0].source, "b");
    let document = undecodable[0].document;
    assert_eq!(document.kind(), Some(Kind::TcpRoute));
    assert_eq!((document.namespace(), document.name()), (Some("n"), Some("x")));
}

#[test]
fn an_undecodable_object_that_is_replaced_is_gone() {
    let mut resources = Resources::default();
    resources.add("b", Manifest::read(&route("specs.smi-spec.io/v9", "name: x", "2")));
    resources.add("a", Manifest::read(&route(V4, "name: x", "1")));
    assert_eq!(resources.objects().count(), 1);
    assert_eq!(resources.undecodable().count(), 0);
}

#[test]
fn an_object_that_may_be_of_another_group_replaces_nothing() {
    let mut resources = Resources::default();
    resources.add("a", Manifest::read(&route(V4, "name: x", "1")));
    for other in ["spec.smi-spec.io/v1alpha4", "access.smi-spec.io/v1alpha4", "v1alpha4", "''"] {
        resources.add("b", Manifest::read(&route(other, "name: x", "2")));
    }
    assert_eq!(resources.objects().count(), 1);
    assert_eq!(resources.undecodable().count(), 4);
    let kinds: Vec<_> = resources.undecodable().map(|loaded| loaded.document.kind()).collect();
    assert_eq!(kinds, [Some(Kind::TcpRoute); 4]);
}

#[test]
fn objects_and_foreign_documents_are_found() {
    let mut resources = Resources::default();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\n";
    resources.add("a", Manifest::read(&(service.to_owned() + &route(V4, "name: x", "1"))));
    assert_eq!(resources.foreign().count(), 1);
    let found = resources.find(Kind::TcpRoute, "default", "x").unwrap();
    assert_eq!(found.document.location().line, 5);
    assert!(resources.find(Kind::TcpRoute, "default", "z").is_none());
    assert!(resources.find(Kind::UdpRoute, "default", "x").is_none());
}
