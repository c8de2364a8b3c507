//! Who is behind a certificate, as Envoy passes it on.

use std::collections::BTreeMap;

use crate::authorizer;
use crate::config::{self, Listener};
use crate::envoy::{self, Envoy};
use crate::loopback::client::Client;
use crate::loopback::pki::{Authority, Name};
use crate::loopback::{ports, states, upstream};

#[test]
fn a_certificate_is_somebodys_only_if_it_names_nobody_else() {
    let Some(program) = envoy::program() else { return };
    let (authz, manifests) = authorizer::start();
    let [state, _] = states::states();
    manifests.replace(state);
    let context = [("destination", "default/server".to_owned()), ("port", "80".to_owned())];
    let extensions = config::extensions(&BTreeMap::from(context));
    let [asking, unfit] = ports::free_addresses();
    let mut without = config::ext_authz();
    without["typed_config"]["include_peer_certificate"] = false.into();
    let listeners = [(asking, config::ext_authz()), (unfit, without)].map(|(address, filter)| {
        let routes = config::routes(0, "upstream", &extensions).into();
        Listener { address, filters: vec![filter], routes }
    });
    let authority = Authority::new();
    let clusters = vec![
        config::cluster("authz", authz, true),
        config::cluster("upstream", upstream::start("upstream"), false),
    ];
    let _envoy = Envoy::start(program, &config::config(&authority, listeners.into(), clusters));

    let (web, batch) = (
        Name::Uri("spiffe://cluster.local/ns/default/sa/web"),
        Name::Uri("spiffe://cluster.local/ns/default/sa/batch"),
    );
    let linkerd = "web.default.serviceaccount.identity.linkerd.cluster.local";
    let other = Name::Dns("web.example");
    for (address, names, expected) in [
        (asking, &[web][..], (200, None)),
        (asking, &[other, web], (200, None)),
        (asking, &[Name::Dns(linkerd)], (200, None)),
        (asking, &[batch], (403, Some("not-allowed"))),
        (asking, &[web, batch], (403, Some("unauthenticated"))),
        (asking, &[Name::Dns(linkerd), other], (403, Some("unauthenticated"))),
        (asking, &[], (403, Some("unauthenticated"))),
        // Where Envoy does not show the certificate, nobody knows how many names there are.
        (unfit, &[web], (403, Some("no certificate: set `include_peer_certificate`"))),
        (unfit, &[], (403, Some("unauthenticated"))),
    ] {
        let certified = authority.certify_all(names).filter(|_| !names.is_empty());
        let mut client = Client::new(address, Some(authority.client(certified.as_ref())));
        let answer = client.send(b"GET /both HTTP/1.1\r\nhost: h\r\nx-test: 0\r\n\r\n").unwrap();
        let found = (answer.status, answer.header("x-smi-reason"));
        assert_eq!(found, expected, "{names:?}");
    }
}
