use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::{Event, EventSeries};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client, Error};

use crate::watch::said;
use crate::{Live, Pace, Snapshot};

/// The longest note that an API server takes, in bytes.
const MAX_NOTE: usize = 1024;

/// Publishes an event for each error, when it first appears.
///
/// The name of an event is made of what it says, so that a restart counts it up and does not repeat
/// it. `kubectl describe` shows them with the object.
pub(crate) async fn publish(client: Client, live: Live, pace: Pace) {
    let mut published = BTreeSet::new();
    let mut generation = 0;
    loop {
        let snapshot = live.newer_than(generation).await;
        generation = snapshot.generation;
        let wanted = notices(&snapshot);
        published.retain(|name| wanted.contains_key(name));
        for (name, notice) in wanted {
            if published.contains(&name) {
                continue;
            }
            match send(&client, &name, &notice).await {
                Ok(()) => {}
                // A later try has the same answer.
                Err(Error::Api(status))
                    if (400..500).contains(&status.code) && status.code != 429 =>
                {
                    eprintln!("event for {}: {}", notice.reason, status.message);
                }
                Err(error) => {
                    eprintln!("event for {}: {}", notice.reason, said(&error));
                    // The next round is about what is wrong by then.
                    generation -= 1;
                    tokio::time::sleep(pace.retry_at_most).await;
                    break;
                }
            }
            published.insert(name);
        }
    }
}

struct Notice {
    regarding: ObjectReference,
    reason: String,
    note: String,
}

/// What is wrong in a snapshot, by the name of the event.
fn notices(snapshot: &Snapshot) -> BTreeMap<String, Notice> {
    let of_findings = snapshot.objects.iter().flat_map(|object| {
        object.findings.iter().filter(|finding| finding.is_error).map(|finding| {
            let note = match &*finding.field {
                "" => finding.message.clone(),
                field => format!("{field}: {}", finding.message),
            };
            notice(&object.reference, reason(&finding.code), &note)
        })
    });
    of_findings.collect()
}

fn notice(regarding: &ObjectReference, reason: String, note: &str) -> (String, Notice) {
    let mut hash = DefaultHasher::new();
    (&regarding.uid, &regarding.kind, &reason, note).hash(&mut hash);
    let object: String = regarding.name.iter().flat_map(|name| name.chars()).take(200).collect();
    let name = format!("{}.{:016x}", object.trim_end_matches(['.', '-']), hash.finish());
    let end = (0..=note.len().min(MAX_NOTE)).rev().find(|end| note.is_char_boundary(*end));
    let note = note.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
    (name, Notice { regarding: regarding.clone(), reason, note })
}

/// `dangling-reference` as Kubernetes writes it: `DanglingReference`.
fn reason(code: &str) -> String {
    code.split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}

async fn send(client: &Client, name: &str, notice: &Notice) -> Result<(), Error> {
    let namespace = notice.regarding.namespace.as_deref().unwrap_or("default");
    let api: Api<Event> = Api::namespaced(client.clone(), namespace);
    let event = Event {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        action: Some("Compile".to_owned()),
        event_time: Some(MicroTime(Timestamp::now())),
        note: Some(notice.note.clone()),
        reason: Some(notice.reason.clone()),
        regarding: Some(notice.regarding.clone()),
        reporting_controller: Some("smi-spec.io/controller".to_owned()),
        reporting_instance: Some("smi-controller".to_owned()),
        type_: Some("Warning".to_owned()),
        ..Event::default()
    };
    match api.create(&PostParams::default(), &event).await {
        Err(Error::Api(status)) if status.is_already_exists() => {}
        outcome => return outcome.map(drop),
    }
    let known = api.get(name).await?;
    let count = known.series.map_or(1, |series| series.count) + 1;
    let last_observed_time = MicroTime(Timestamp::now());
    let series = EventSeries { count, last_observed_time };
    let patch = Patch::Merge(serde_json::json!({ "series": series }));
    api.patch(name, &PatchParams::default(), &patch).await.map(drop)
}
