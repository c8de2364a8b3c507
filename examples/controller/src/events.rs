use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1;
use kube::api::ListParams;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Api, Client, Error};
use smi_policy::{Diagnostic, Severity};

use crate::watch::cause;
use crate::{Live, Snapshot};

const CONTROLLER: &str = "smi-spec.io/controller";

/// The longest note that an API server takes, in bytes.
const MAX_NOTE: usize = 1024;

/// Of which object, for what reason, with what note.
type Notice = (Option<String>, String, String);

/// Publishes an event for each error, when it first appears: after a restart only if there is none.
/// `kubectl describe` shows them with the object.
pub(crate) async fn publish(client: Client, live: Live, retry: Duration) {
    let mut published = None;
    let mut generation = 0;
    while let Some(snapshot) = live.newer_than(generation).await {
        match publish_new(&client, &snapshot, &mut published).await {
            Ok(()) => generation = snapshot.generation,
            Err(error) => {
                tracing::warn!("events: {}", cause(&error));
                tokio::time::sleep(retry).await;
            }
        }
    }
}

async fn publish_new(
    client: &Client,
    snapshot: &Snapshot,
    published: &mut Option<BTreeSet<Notice>>,
) -> Result<(), Error> {
    let mut wanted: BTreeMap<Notice, &ObjectReference> = BTreeMap::new();
    for status in snapshot.objects.values() {
        for finding in status.findings.iter().filter(|it| it.severity == Severity::Error) {
            let uid = status.reference.uid.clone();
            wanted.insert((uid, reason(finding.code), note(finding)), &status.reference);
        }
    }
    let published = match published {
        Some(published) => published,
        None => published.insert(before(client).await?),
    };
    published.retain(|notice| wanted.contains_key(notice));
    for (notice, reference) in wanted {
        if published.contains(&notice) {
            continue;
        }
        // A recorder takes two findings of one object and reason for the same, unless it is new.
        let reporter = Reporter { controller: CONTROLLER.to_owned(), instance: None };
        let (_, reason, note) = notice.clone();
        let (type_, action) = (EventType::Warning, "Compile".to_owned());
        let event = Event { type_, reason, note: Some(note), action, secondary: None };
        match Recorder::new(client.clone(), reporter).publish(&event, reference).await {
            // A later try has the same answer.
            Err(Error::Api(status)) if (400..429).contains(&status.code) => {
                tracing::warn!("event for {}: {}", event.reason, status.message);
            }
            outcome => outcome?,
        }
        published.insert(notice);
    }
    Ok(())
}

/// What the cluster knows from an earlier run.
async fn before(client: &Client) -> Result<BTreeSet<Notice>, Error> {
    let ours = ListParams::default().fields(&format!("reportingController={CONTROLLER}"));
    let events = Api::<v1::Event>::all(client.clone()).list(&ours).await?;
    let notice = |event: v1::Event| Some((event.regarding?.uid, event.reason?, event.note?));
    Ok(events.into_iter().filter_map(notice).collect())
}

/// `dangling-reference` as Kubernetes writes it: `DanglingReference`.
fn reason(code: &str) -> String {
    code.split('-').fold(String::new(), |mut reason, word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        reason.push_str(&first.to_ascii_uppercase());
        reason + rest
    })
}

fn note(finding: &Diagnostic) -> String {
    let mut note = match &*finding.field {
        "" => finding.message.clone(),
        field => format!("{field}: {}", finding.message),
    };
    while note.len() > MAX_NOTE {
        note.pop();
    }
    note
}
