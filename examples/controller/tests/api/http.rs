use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::store::Resource;
use super::{Cut, Fault, Shared, webhook};

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

/// What a path names.
struct Target {
    resource: Resource,
    version: String,
    namespace: Option<String>,
    name: Option<String>,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let uri = parts.uri.to_string();
    let fault = {
        let mut store = shared.store.lock().unwrap();
        store.requests.push(format!("{} {uri}", parts.method));
        store.fault(&uri)
    };
    match fault {
        Some(Fault::Status(code)) => return status(code, "Fault", "a fault"),
        Some(Fault::Broken) => return broken(),
        Some(Fault::Garbage) => return Response::new(Body::from("{\"kind\": \"Traff")),
        None => {}
    }
    let body = axum::body::to_bytes(body, 1 << 26).await.unwrap();
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    if let Some(found) = discovery(&shared, &path) {
        return found;
    }
    if let Some(definition) = cluster_wide(&shared, &parts.method, &path, &body) {
        return definition;
    }
    let Some(target) = target(&shared, &path) else {
        return status(404, "NotFound", "the server could not find the requested resource");
    };
    let query: Vec<(String, String)> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let option =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match (parts.method, &target.name) {
        (Method::GET, None) if matches!(option("watch"), Some("true" | "1")) => {
            let from = option("resourceVersion").and_then(|version| version.parse().ok());
            let bookmarks = option("allowWatchBookmarks") == Some("true");
            let timeout = option("timeoutSeconds").and_then(|seconds| seconds.parse().ok());
            let timeout = Duration::from_secs(timeout.unwrap_or(1800));
            watch(shared, target, from.filter(|from| *from > 0), bookmarks, timeout).await
        }
        (Method::GET, None) => {
            let labels = option("labelSelector").filter(|labels| !labels.is_empty());
            let fields = option("fieldSelector").filter(|fields| !fields.is_empty());
            list(&shared, &target, labels, fields, option("limit"), option("continue")).await
        }
        (Method::GET, Some(name)) => get(&shared, &target, name).await,
        (Method::POST, None) if option("dryRun") == Some("All") => {
            let object: Value = serde_json::from_slice(&body).unwrap_or_default();
            match webhook::validate(&shared, &target.resource, &target.version, &object).await {
                Ok(()) => with_code(201, &object),
                Err(refusal) => refused(&refusal),
            }
        }
        (Method::POST, None) => write(&shared, &target, &body, true).await,
        (Method::PUT, Some(_)) => write(&shared, &target, &body, false).await,
        (Method::PATCH, Some(name)) => patch(&shared, &target, name, &body).await,
        (Method::DELETE, Some(name)) => {
            let namespace = target.namespace.as_deref().unwrap_or_default();
            match shared.change(|store| store.delete(&target.resource.kind, namespace, name)) {
                true => answer(&json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})),
                false => not_found(&target),
            }
        }
        _ => status(405, "MethodNotAllowed", "the server does not allow this method"),
    }
}

fn discovery(shared: &Shared, path: &[&str]) -> Option<Response> {
    let store = shared.store.lock().unwrap();
    let version = |group: &str, version: &str| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    let group = |name: &str| {
        let mut versions: Vec<&String> =
            store.resources.iter().filter(|r| r.group == name).flat_map(|r| &r.versions).collect();
        versions.sort();
        versions.dedup();
        // Newest first, as API servers order them.
        let versions: Vec<Value> = versions.iter().rev().map(|it| version(name, it)).collect();
        let preferred = versions.first().cloned()?;
        Some(json!({
            "kind": "APIGroup", "apiVersion": "v1",
            "name": name, "versions": versions, "preferredVersion": preferred,
        }))
    };
    let resources = |name: &str, version: &str| {
        let is_served = |resource: &&Resource| {
            resource.group == name && resource.versions.iter().any(|it| it == version)
        };
        let served = store.resources.iter().filter(is_served);
        let served: Vec<Value> = served
            .map(|resource| {
                json!({
                    "name": resource.plural, "singularName": resource.kind.to_lowercase(),
                    "namespaced": true, "kind": resource.kind,
                    "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
                })
            })
            .collect();
        let group_version =
            if name.is_empty() { version.to_owned() } else { format!("{name}/{version}") };
        (!served.is_empty()).then(|| {
            json!({
                "kind": "APIResourceList", "apiVersion": "v1",
                "groupVersion": group_version, "resources": served,
            })
        })
    };
    let gone = || status(404, "NotFound", "the server could not find the requested resource");
    let full = format!("/{}", path.join("/"));
    if path.len() < 4 && store.hidden.iter().any(|hidden| full.starts_with(hidden.as_str())) {
        return Some(gone());
    }
    Some(match path {
        ["version"] => answer(&json!({"major": "1", "minor": "36", "gitVersion": "v1.36.0"})),
        ["api"] => answer(&json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["api", version] => resources("", version).map_or_else(gone, |list| answer(&list)),
        ["apis"] => {
            let mut names: Vec<&str> = store.resources.iter().map(|r| r.group.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let groups: Vec<Value> =
                names.into_iter().filter(|name| !name.is_empty()).filter_map(group).collect();
            answer(&json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", name] => group(name).map_or_else(gone, |group| answer(&group)),
        ["apis", name, version] => resources(name, version).map_or_else(gone, |list| answer(&list)),
        _ => return None,
    })
}

/// Definitions and webhook configurations, of which only what is registered matters.
fn cluster_wide(shared: &Shared, method: &Method, path: &[&str], body: &Bytes) -> Option<Response> {
    let mut store = shared.store.lock().unwrap();
    match path {
        ["apis", "apiextensions.k8s.io", "v1", "customresourcedefinitions", name] => {
            let Some(definition) = store.definitions.get_mut(*name) else {
                return Some(status(404, "NotFound", "there is no such definition"));
            };
            if method == Method::PATCH {
                let patch: Value = serde_json::from_slice(body).unwrap();
                let conversion = patch["spec"]["conversion"].clone();
                definition.conversion = Some(conversion).filter(|it| it["strategy"] == "Webhook");
            }
            let definition = json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": name},
                "spec": {
                    "group": "", "names": {"kind": "", "plural": ""}, "scope": "", "versions": [],
                    "conversion": definition.conversion,
                },
            });
            Some(answer(&definition))
        }
        ["apis", "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", _]
            if method == Method::PATCH =>
        {
            let configuration: Value = serde_json::from_slice(body).unwrap();
            store.validation = Some(configuration.clone());
            Some(answer(&configuration))
        }
        ["apis", "apiregistration.k8s.io", "v1", "apiservices", name]
            if method == Method::PATCH =>
        {
            let service: Value = serde_json::from_slice(body).unwrap();
            store.services.insert((*name).to_owned(), service.clone());
            Some(answer(&service))
        }
        ["apis", "authorization.k8s.io", "v1", "subjectaccessreviews"] => {
            let mut review: Value = serde_json::from_slice(body).unwrap();
            let spec = review["spec"].clone();
            let is_allowed = store.allowed.iter().any(|user| spec["user"] == **user);
            review["status"] = json!({"allowed": is_allowed});
            store.reviews.push(spec);
            Some(with_code(201, &review))
        }
        _ => None,
    }
}

fn target(shared: &Shared, path: &[&str]) -> Option<Target> {
    let (group, rest) = match path {
        ["api", rest @ ..] => ("", rest),
        ["apis", group, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let [version, rest @ ..] = rest else { return None };
    let (namespace, plural, name) = match rest {
        [plural] => (None, plural, None),
        ["namespaces", namespace, plural] => (Some(namespace), plural, None),
        ["namespaces", namespace, plural, name] => (Some(namespace), plural, Some(name)),
        _ => return None,
    };
    let store = shared.store.lock().unwrap();
    let resource = store.resource(group, plural)?.clone();
    resource.versions.iter().any(|it| it == version).then(|| Target {
        resource,
        version: (*version).to_owned(),
        namespace: namespace.map(|namespace| (*namespace).to_owned()),
        name: name.map(|name| (*name).to_owned()),
    })
}

impl Target {
    fn api_version(&self) -> String {
        match &*self.resource.group {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Objects in the version that is asked for.
    async fn served(&self, shared: &Shared, objects: Vec<Value>) -> Result<Vec<Value>, String> {
        webhook::convert(shared, &self.resource, &self.api_version(), objects).await
    }
}

async fn list(
    shared: &Shared,
    target: &Target,
    labels: Option<&str>,
    fields: Option<&str>,
    limit: Option<&str>,
    token: Option<&str>,
) -> Response {
    let limit = limit.and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
    let (version, mut objects) = {
        let mut store = shared.store.lock().unwrap();
        match token {
            None => {
                let mut objects = store.list(&target.resource.plural, target.namespace.as_deref());
                // Of selectors only one label with its value.
                if let Some((key, value)) = labels.and_then(|it| it.split_once("%3D")) {
                    objects.retain(|object| object["metadata"]["labels"][key] == value);
                }
                // And of fields only this one, as a whole.
                if let Some((field, value)) = fields.and_then(|it| it.split_once("%3D")) {
                    assert_eq!(field, "reportingController");
                    let value = value.replace("%2F", "/");
                    objects.retain(|object| object["reportingController"] == *value);
                }
                (store.version, objects)
            }
            Some(token) => match store.pages.remove(token) {
                Some((version, objects)) if version >= store.compacted => (version, objects),
                _ => return status(410, "Expired", "the provided continue parameter is too old"),
            },
        }
    };
    let rest = objects.split_off(limit.unwrap_or(objects.len()).min(objects.len()));
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if !rest.is_empty() {
        let mut store = shared.store.lock().unwrap();
        let token = format!("page-{}-{version}", store.requests.len());
        metadata["continue"] = token.as_str().into();
        metadata["remainingItemCount"] = rest.len().into();
        store.pages.insert(token, (version, rest));
    }
    let mut items = match target.served(shared, objects).await {
        Ok(items) => items,
        Err(message) => return status(500, "InternalError", &message),
    };
    if target.resource.group.is_empty() {
        // Lists leave out the type of built-in kinds.
        for item in &mut items {
            let item = item.as_object_mut().unwrap();
            item.remove("apiVersion");
            item.remove("kind");
        }
    }
    answer(&json!({
        "kind": format!("{}List", target.resource.kind), "apiVersion": target.api_version(),
        "metadata": metadata, "items": items,
    }))
}

async fn get(shared: &Shared, target: &Target, name: &str) -> Response {
    let key = (
        target.resource.plural.clone(),
        target.namespace.clone().unwrap_or_default(),
        name.to_owned(),
    );
    let object = shared.store.lock().unwrap().objects.get(&key).cloned();
    let Some(object) = object else { return not_found(target) };
    match target.served(shared, vec![object]).await {
        Ok(objects) => answer(&objects[0]),
        Err(message) => status(500, "InternalError", &message),
    }
}

async fn write(shared: &Shared, target: &Target, body: &Bytes, is_new: bool) -> Response {
    let Ok(mut object) = serde_json::from_slice::<Value>(body) else {
        return status(400, "BadRequest", "the body is no JSON");
    };
    if let Some(namespace) = &target.namespace {
        object["metadata"]["namespace"] = namespace.as_str().into();
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let key = (
        target.resource.plural.clone(),
        target.namespace.clone().unwrap_or_default(),
        name.clone(),
    );
    if is_new && shared.store.lock().unwrap().objects.contains_key(&key) {
        return status(409, "AlreadyExists", &format!("{name} already exists"));
    }
    if let Err(refusal) =
        webhook::validate(shared, &target.resource, &target.version, &object).await
    {
        return refused(&refusal);
    }
    let stored = shared.change(|store| store.put(object));
    with_code(if is_new { 201 } else { 200 }, &stored)
}

async fn patch(shared: &Shared, target: &Target, name: &str, body: &Bytes) -> Response {
    let key = (
        target.resource.plural.clone(),
        target.namespace.clone().unwrap_or_default(),
        name.to_owned(),
    );
    let known = shared.store.lock().unwrap().objects.get(&key).cloned();
    let Some(known) = known else { return not_found(target) };
    let patch: Value = serde_json::from_slice(body).unwrap();
    let mut objects = match target.served(shared, vec![known]).await {
        Ok(objects) => objects,
        Err(message) => return status(500, "InternalError", &message),
    };
    let mut object = objects.remove(0);
    merge(&mut object, &patch);
    write(shared, target, &Bytes::from(object.to_string()), false).await
}

/// RFC 7396.
fn merge(object: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    let object = object.as_object_mut().unwrap();
    for (key, value) in patch {
        match value {
            Value::Null => drop(object.remove(key)),
            value => merge(object.entry(key).or_insert(Value::Null), value),
        }
    }
}

/// A watch that is open.
struct Open {
    shared: Arc<Shared>,
    target: Target,
    /// The last change that was reported.
    seen: u64,
    bookmarks: bool,
    until: Instant,
    cuts: u64,
    is_over: bool,
}

async fn watch(
    shared: Arc<Shared>,
    target: Target,
    from: Option<u64>,
    bookmarks: bool,
    timeout: Duration,
) -> Response {
    let (first, seen, cuts) = {
        let store = shared.store.lock().unwrap();
        let first = match from {
            None => store.list(&target.resource.plural, target.namespace.as_deref()),
            Some(from) if from < store.compacted && store.refuses_by_status => {
                return status(410, "Expired", &format!("too old resource version: {from}"));
            }
            Some(_) => Vec::new(),
        };
        (first, from.unwrap_or(store.version), store.cuts.0)
    };
    let first = match target.served(&shared, first).await {
        Ok(objects) => objects,
        Err(message) => return status(500, "InternalError", &message),
    };
    let first: String = first.iter().map(|object| line("ADDED", object)).collect();
    let until = Instant::now() + timeout;
    let open = Open { shared, target, seen, bookmarks, until, cuts, is_over: false };
    let rest = futures_util::stream::unfold(open, |mut open| async {
        let chunk = open.next().await?;
        Some((chunk, open))
    });
    let head = futures_util::stream::once(async { Ok(first) });
    let body = futures_util::StreamExt::chain(head, rest);
    Response::builder()
        .header("content-type", "application/json")
        .body(Body::from_stream(body))
        .unwrap()
}

impl Open {
    /// The next lines; nothing at the end of the watch, an error where the connection breaks.
    async fn next(&mut self) -> Option<Result<String, std::io::Error>> {
        if self.is_over {
            return None;
        }
        let mut changed = self.shared.changed.subscribe();
        loop {
            let (cut, due, expired, newest) = {
                let store = self.shared.store.lock().unwrap();
                let plural = &self.target.resource.plural;
                let is_due = |event: &&super::store::Event| {
                    let namespace = event.object["metadata"]["namespace"].as_str();
                    event.plural == *plural
                        && self.target.namespace.as_deref().is_none_or(|it| Some(it) == namespace)
                };
                let new = store.history.partition_point(|event| event.version <= self.seen);
                let due: Vec<_> = store.history.range(new..).filter(is_due).cloned().collect();
                let cut = store.cuts.1.filter(|_| store.cuts.0 != self.cuts);
                self.cuts = store.cuts.0;
                (cut, due, self.seen < store.compacted, store.version)
            };
            if expired {
                let message = format!("too old resource version: {} ({newest})", self.seen);
                self.is_over = true;
                return Some(Ok(line("ERROR", &failure(410, "Expired", &message))));
            }
            match cut {
                None => {}
                Some(Cut::End) => return None,
                Some(Cut::Break) => {
                    self.is_over = true;
                    return Some(Err(std::io::Error::other("cut")));
                }
                Some(Cut::Error(code)) => {
                    self.is_over = true;
                    return Some(Ok(line("ERROR", &failure(code, "Cut", "cut"))));
                }
                Some(Cut::Garbage) => {
                    self.seen = newest;
                    return Some(Ok("{\"type\": \"MODIFIED\", \"object\": [}\n".to_owned()));
                }
            }
            if !due.is_empty() {
                self.seen = newest;
                let objects = due.iter().map(|event| event.object.clone()).collect();
                let Ok(objects) = self.target.served(&self.shared, objects).await else {
                    self.is_over = true;
                    return Some(Ok(line("ERROR", &failure(500, "InternalError", "conversion"))));
                };
                let lines =
                    due.iter().zip(&objects).map(|(event, object)| line(event.verb, object));
                return Some(Ok(lines.collect()));
            }
            self.seen = newest;
            let now = Instant::now();
            if now >= self.until {
                return None;
            }
            let nap = (self.until - now).min(Duration::from_millis(100));
            if tokio::time::timeout(nap, changed.changed()).await.is_err() && self.bookmarks {
                let bookmark = json!({
                    "kind": self.target.resource.kind, "apiVersion": self.target.api_version(),
                    "metadata": {"resourceVersion": newest.to_string()},
                });
                let plural = self.target.resource.plural.clone();
                self.shared.store.lock().unwrap().bookmarks.insert(plural, newest);
                return Some(Ok(line("BOOKMARK", &bookmark)));
            }
        }
    }
}

/// The type first, as kube-apiserver writes it.
fn line(verb: &str, object: &Value) -> String {
    format!("{{\"type\":\"{verb}\",\"object\":{object}}}\n")
}

fn failure(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    with_code(code, &failure(code, reason, message))
}

fn refused(refusal: &Value) -> Response {
    let code = refusal["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    with_code(code.unwrap_or(400), refusal)
}

fn not_found(target: &Target) -> Response {
    let name = target.name.as_deref().unwrap_or_default();
    status(404, "NotFound", &format!("{} \"{name}\" not found", target.resource.plural))
}

fn answer(value: &Value) -> Response {
    with_code(200, value)
}

fn with_code(code: u16, value: &Value) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(code).unwrap())
        .header("content-type", "application/json")
        .body(Body::from(value.to_string()))
        .unwrap()
}

/// An answer whose connection breaks in the middle.
fn broken() -> Response {
    let chunks: [Result<&str, std::io::Error>; 2] =
        [Ok("{\"kind\""), Err(std::io::Error::other("broken"))];
    Response::new(Body::from_stream(futures_util::stream::iter(chunks)))
}
