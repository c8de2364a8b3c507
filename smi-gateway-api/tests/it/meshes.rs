//! What each mesh lets pass, as its documentation and its proxies have it.

use std::cmp::Reverse;
use std::net::IpAddr;

use serde_json::Value;

use crate::request::{Request, compiled, covers};

/// A pod that is called.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: &'static str,
    pub(crate) account: &'static str,
    pub(crate) app: &'static str,
    /// Other labels; the first is that by which its Deployment selects it.
    pub(crate) more: &'static [(&'static str, &'static str)],
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) namespace: &'static str,
    pub(crate) account: &'static str,
    pub(crate) address: IpAddr,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum Traffic {
    Http(Request),
    Tcp,
    Udp,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn of_kind<'o>(
    objects: &'o [Value],
    group: &'o str,
    kind: &'o str,
) -> impl Iterator<Item = &'o Value> {
    objects.iter().filter(move |object| {
        object["kind"] == kind && object["apiVersion"].as_str().unwrap().starts_with(group)
    })
}

fn selects(labels: &Value, pod: &Pod) -> bool {
    let Some(labels) = labels.as_object() else { return true };
    labels.iter().all(|(key, value)| match key.trim_start_matches("k8s:") {
        "app" => value == pod.app,
        "io.cilium.k8s.policy.serviceaccount" => value == pod.account,
        "io.kubernetes.pod.namespace" => value == pod.namespace,
        key => pod.more.iter().any(|own| own.0 == key && value == own.1),
    })
}

/// Whether an address lies in a network, both as plain numbers; or is it, where only one is written.
fn is_in(network: &str, address: IpAddr) -> bool {
    let (start, length) = network.split_once('/').unwrap_or((network, "128"));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((start, size), (own, own_size)) = (bits(start.parse().unwrap()), bits(address));
    let length = length.parse::<u32>().unwrap().min(size);
    size == own_size && (start ^ own).leading_zeros() >= length
}

/// Whether text matches one of Istio's values: exact, prefix, suffix or presence.
fn istio_value(values: &[Value], text: &str) -> bool {
    values.iter().any(|value| {
        let value = value.as_str().unwrap();
        match (value.strip_prefix('*'), value.strip_suffix('*')) {
            _ if value == "*" => !text.is_empty(),
            (Some(suffix), _) => text.ends_with(suffix),
            (_, Some(prefix)) => text.starts_with(prefix),
            _ => value == text,
        }
    })
}

pub(crate) fn istio(
    objects: &[Value],
    pod: &Pod,
    caller: Caller,
    port: u16,
    traffic: &Traffic,
) -> bool {
    let policies: Vec<&Value> = of_kind(objects, "security.istio.io/", "AuthorizationPolicy")
        .filter(|policy| {
            policy["metadata"]["namespace"] == pod.namespace
                && selects(&policy["spec"]["selector"]["matchLabels"], pod)
        })
        .collect();
    if policies.is_empty() {
        return true;
    }
    let principal = format!("cluster.local/ns/{}/sa/{}", caller.namespace, caller.account);
    // An absent or empty list is no condition.
    let any = |values: &Value, test: &dyn Fn(&[Value]) -> bool| {
        list(values).is_empty() || test(list(values))
    };
    let rule = |rule: &Value| {
        any(&rule["from"], &|from| {
            from.iter().any(|from| {
                let source = &from["source"];
                any(&source["principals"], &|values| istio_value(values, &principal))
                    && any(&source["ipBlocks"], &|blocks| {
                        blocks.iter().any(|own| is_in(own.as_str().unwrap(), caller.address))
                    })
            })
        }) && any(&rule["to"], &|to| {
            to.iter().any(|to| {
                let operation = &to["operation"];
                let http = |key: &str, of: &dyn Fn(&Request) -> String| {
                    any(&operation[key], &|values| match traffic {
                        Traffic::Http(request) => istio_value(values, &of(request)),
                        _ => false,
                    })
                };
                any(&operation["ports"], &|ports| ports.contains(&Value::from(port.to_string())))
                    && http("methods", &|request| request.method.clone())
                    && http("paths", &|request| request.path().to_owned())
            })
        }) && any(&rule["when"], &|when| {
            when.iter().all(|when| {
                let key = when["key"].as_str().unwrap();
                let name = key.strip_prefix("request.headers[").unwrap().strip_suffix(']').unwrap();
                match traffic {
                    // Envoy joins fields of one name with a comma.
                    Traffic::Http(request) => request
                        .joined(name, ",")
                        .is_some_and(|value| istio_value(list(&when["values"]), &value)),
                    _ => false,
                }
            })
        })
    };
    // Istio looks at TCP only.
    !matches!(traffic, Traffic::Udp)
        && policies.iter().any(|policy| list(&policy["spec"]["rules"]).iter().any(rule))
}

pub(crate) fn cilium(
    objects: &[Value],
    pod: &Pod,
    caller: Caller,
    port: u16,
    traffic: &Traffic,
) -> bool {
    let policies: Vec<&Value> = of_kind(objects, "cilium.io/", "CiliumNetworkPolicy")
        .filter(|policy| {
            policy["metadata"]["namespace"] == pod.namespace
                && selects(&policy["spec"]["endpointSelector"]["matchLabels"], pod)
        })
        .collect();
    if policies.is_empty() {
        return true;
    }
    let source = Pod { namespace: caller.namespace, account: caller.account, app: "", more: &[] };
    let http_rule = |rule: &Value, request: &Request| {
        rule["method"].as_str().is_none_or(|method| covers(method, &request.method))
            && rule["path"].as_str().is_none_or(|path| covers(path, &request.target))
            && list(&rule["headerMatches"]).iter().all(|header| {
                request.joined(header["name"].as_str().unwrap(), ",").as_deref()
                    == header["value"].as_str()
            })
    };
    let to_ports = |entry: &Value| {
        let protocol = if matches!(traffic, Traffic::Udp) { "UDP" } else { "TCP" };
        let has_port = list(&entry["ports"]).iter().any(|own| {
            let first: u16 = own["port"].as_str().unwrap().parse().unwrap();
            let last = own["endPort"].as_u64().unwrap_or(first.into());
            own["protocol"] == protocol && first <= port && u64::from(port) <= last
        });
        has_port
            && match (&entry["rules"]["http"], traffic) {
                (Value::Null, _) => true,
                (rules, Traffic::Http(request)) => {
                    list(rules).iter().any(|rule| http_rule(rule, request))
                }
                _ => false,
            }
    };
    policies.iter().any(|policy| {
        list(&policy["spec"]["ingress"]).iter().any(|rule| {
            // An empty rule allows nothing; a missing list is no condition.
            let is_empty = rule.as_object().unwrap().is_empty();
            let from = &rule["fromEndpoints"];
            !is_empty
                && (from.is_null()
                    || list(from).iter().any(|own| selects(&own["matchLabels"], &source)))
                && (rule["toPorts"].is_null() || list(&rule["toPorts"]).iter().any(to_ports))
        })
    })
}

pub(crate) fn gateway_api(
    objects: &[Value],
    pod: &Pod,
    caller: Caller,
    port: u16,
    traffic: &Traffic,
) -> bool {
    let policies: Vec<&Value> =
        of_kind(objects, "gateway.networking.x-k8s.io/", "XAuthorizationPolicy")
            .filter(|policy| {
                policy["metadata"]["namespace"] == pod.namespace
                    && list(&policy["spec"]["targetRefs"])
                        .iter()
                        .any(|target| selects(&target["selector"]["matchLabels"], pod))
            })
            .collect();
    let rule = |rule: &Value| {
        let sources = &rule["sources"];
        let ports = &rule["networkAttributes"]["ports"];
        (sources.is_null()
            || list(sources).iter().any(|own| {
                own["type"] == "ServiceAccount"
                    && own["serviceAccount"]["namespace"] == caller.namespace
                    && own["serviceAccount"]["name"] == caller.account
            }))
            && (ports.is_null() || list(ports).contains(&Value::from(port)))
    };
    let allows = |policy: &&Value| list(&policy["spec"]["rules"]).iter().any(rule);
    policies.is_empty() || !matches!(traffic, Traffic::Udp) && policies.iter().any(allows)
}

pub(crate) fn linkerd(
    objects: &[Value],
    pod: &Pod,
    caller: Caller,
    port: u16,
    traffic: &Traffic,
) -> bool {
    if matches!(traffic, Traffic::Udp) {
        // The proxy leaves UDP alone; there is nothing in the output that opens it.
        return false;
    }
    let here = |object: &&Value| object["metadata"]["namespace"] == pod.namespace;
    let servers: Vec<&Value> = of_kind(objects, "policy.linkerd.io/", "Server")
        .filter(here)
        .filter(|server| {
            selects(&server["spec"]["podSelector"]["matchLabels"], pod)
                && server["spec"]["port"] == port
        })
        .collect();
    // Of several Servers one counts: the oldest, or, before Linkerd 2.18, any.
    let mut answers = servers.iter().map(|own| linkerd_server(objects, own, pod, caller, traffic));
    if let Some(answer) = answers.next() {
        assert!(answers.all(|other| other == answer), "it matters which counts: {servers:?}");
        return answer;
    }
    let annotation = "config.linkerd.io/default-inbound-policy";
    !objects.iter().any(|object| {
        object["kind"] == "Namespace"
            && object["metadata"]["name"] == pod.namespace
            && object["metadata"]["annotations"][annotation] == "deny"
    })
}

/// What a Server and the routes and policies of it let pass.
fn linkerd_server(
    objects: &[Value],
    server: &Value,
    pod: &Pod,
    caller: Caller,
    traffic: &Traffic,
) -> bool {
    let here = |object: &&Value| object["metadata"]["namespace"] == pod.namespace;
    let name = &server["metadata"]["name"];
    // A certificate, or an address: what is named has to exist.
    let is_known = |reference: &Value| {
        let kind = reference["kind"].as_str().unwrap();
        let mut found = of_kind(objects, "policy.linkerd.io/", kind)
            .filter(here)
            .filter(|own| own["metadata"]["name"] == reference["name"]);
        let own = found.next().unwrap();
        assert!(found.next().is_none(), "two of one name: {own}");
        match kind {
            "MeshTLSAuthentication" => list(&own["spec"]["identityRefs"])
                .iter()
                .any(|own| own["namespace"] == caller.namespace && own["name"] == caller.account),
            "NetworkAuthentication" => list(&own["spec"]["networks"]).iter().any(|network| {
                let is_in = |own: &Value| is_in(own.as_str().unwrap(), caller.address);
                is_in(&network["cidr"]) && !list(&network["except"]).iter().any(is_in)
            }),
            other => panic!("{other}"),
        }
    };
    let is_open = |kind: &str, name: &Value| {
        of_kind(objects, "policy.linkerd.io/", "AuthorizationPolicy").filter(here).any(|policy| {
            let target = &policy["spec"]["targetRef"];
            let refs = list(&policy["spec"]["requiredAuthenticationRefs"]);
            target["kind"] == kind && target["name"] == *name && refs.iter().all(&is_known)
        })
    };
    let routes: Vec<&Value> = of_kind(objects, "policy.linkerd.io/", "HTTPRoute")
        .filter(here)
        .filter(|route| list(&route["spec"]["parentRefs"]).iter().any(|own| own["name"] == *name))
        .collect();
    match traffic {
        Traffic::Http(request) if !routes.is_empty() => {
            let ranked = routes.iter().filter_map(|route| {
                let matches =
                    list(&route["spec"]["rules"]).iter().flat_map(|rule| list(&rule["matches"]));
                let rank = matches.filter_map(|own| linkerd_rank(own, request)).max()?;
                // All were created together, so that the name decides.
                Some((Reverse(rank), route["metadata"]["name"].as_str().unwrap(), route))
            });
            let best = ranked.min_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
            best.is_some_and(|(_, _, route)| {
                is_open("HTTPRoute", &route["metadata"]["name"]) || is_open("Server", name)
            })
        }
        _ => is_open("Server", name),
    }
}

/// How specifically a match takes a request, as Linkerd's proxy has it: the length of what the path
/// condition covers, then method, then headers.
fn linkerd_rank(own: &Value, request: &Request) -> Option<(usize, bool, usize)> {
    let path = request.path();
    // The leftmost match, and then a look at what it covers.
    let covers = |regex: &str, text: &str| {
        let found = compiled(regex);
        let found = found.find(text);
        found.is_some_and(|found| found.range() == (0..text.len()))
    };
    let value = own["path"]["value"].as_str().unwrap_or("/");
    let length = match own["path"]["type"].as_str().unwrap_or("PathPrefix") {
        "Exact" => (path == value).then_some(path.len())?,
        "RegularExpression" => covers(value, path).then_some(path.len())?,
        _ if value == "/" => 1,
        _ => {
            let prefix = value.trim_end_matches('/');
            let rest = path.trim_end_matches('/').strip_prefix(prefix)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())?
        }
    };
    if own["method"].as_str().is_some_and(|method| method != request.method) {
        return None;
    }
    let headers = list(&own["headers"]);
    let all = headers.iter().all(|header| {
        let value = header["value"].as_str().unwrap();
        // Any field of the name will do.
        request.values(header["name"].as_str().unwrap()).any(|found| {
            match header["type"].as_str().unwrap_or("Exact") {
                "Exact" => found == value,
                _ => covers(value, found),
            }
        })
    });
    all.then_some((length, own["method"].is_string(), headers.len()))
}
