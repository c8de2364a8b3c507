use std::error::Error;
use std::time::Instant;

use futures_util::{StreamExt, stream};
use k8s_openapi::api::core::v1::Service;
use kube::api::{ApiResource, GroupVersionKind, ListParams};
use kube::error::DiscoveryError;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, discovery};
use smi_policy::ObjectKind;
use smi_types::api::Kind;
use tokio::sync::mpsc::Sender;

use crate::Pace;
use crate::sent::Sent;

/// What a watch reports.
#[derive(Debug)]
pub(crate) enum News {
    /// These are all objects there are; `None` if the server does not have the kind.
    All(Option<ApiResource>, Vec<Sent>),
    /// An object is new, or another than before.
    Applied(Sent),
    /// An object is there no more.
    Deleted(Sent),
    /// The watch was lost and will be taken up again. What was known stays.
    Lost(String),
}

/// Watches a kind in the newest version that is offered and can be listed: an object that a webhook
/// can't convert fails the list of every version but its own.
pub(crate) async fn watch(
    client: Client,
    kind: ObjectKind,
    pace: Pace,
    news: Sender<(ObjectKind, News)>,
) {
    let (mut wait, mut refused) = (pace.retry, 0);
    loop {
        let begun = Instant::now();
        let Err(lost) = follow(&client, kind, &mut refused, pace, &news).await else { continue };
        if news.send((kind, News::Lost(cause(&*lost)))).await.is_err() {
            return;
        }
        let longest = pace.retry * 60;
        wait = if begun.elapsed() > longest { pace.retry } else { (wait * 2).min(longest) };
        tokio::time::sleep(wait).await;
    }
}

/// Lists and watches until the server offers other versions, or until something happens that a fresh
/// list has to mend. Of the versions, `refused` are passed over.
async fn follow(
    client: &Client,
    kind: ObjectKind,
    refused: &mut usize,
    pace: Pace,
    news: &Sender<(ObjectKind, News)>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let offered = offered(client, kind).await?;
    let resource = offered.iter().cycle().nth(*refused);
    let mut events = match resource {
        Some(resource) => {
            let api: Api<Sent> = Api::all_with(client.clone(), resource);
            watcher(api, watcher::Config::default()).boxed()
        }
        None => stream::iter([Ok(Event::InitDone)]).chain(stream::pending()).boxed(),
    };
    let mut listed = Vec::new();
    let mut discover = tokio::time::interval(pace.discover);
    discover.reset();
    loop {
        let event = tokio::select! {
            Some(event) = events.next() => event,
            _ = discover.tick() => {
                // The watch itself will tell if the server is gone.
                if self::offered(client, kind).await.is_ok_and(|now| now != offered) {
                    *refused = 0;
                    return Ok(());
                }
                continue;
            }
        };
        if let Err(watcher::Error::InitialListFailed(kube::Error::Api(status))) = &event
            && status.code == 500
        {
            *refused = (*refused + 1) % offered.len().max(1);
        }
        // kube's watcher would go on after an error, but not always to a good end: it skips an event
        // that it can't decode, and asks for ever for a version that is `410 Gone`.
        let report = match event? {
            Event::Init => continue,
            Event::InitApply(object) => {
                listed.push(object);
                continue;
            }
            Event::InitDone => News::All(resource.cloned(), std::mem::take(&mut listed)),
            Event::Apply(object) => News::Applied(object),
            Event::Delete(object) => News::Deleted(object),
        };
        news.send((kind, report)).await?;
    }
}

/// The kind in the versions that the API server offers, newest first.
///
/// An API server that has just started may not know its custom resources yet. So that a kind is not
/// there counts only if the server, asked for its objects, says so too.
async fn offered(client: &Client, kind: ObjectKind) -> Result<Vec<ApiResource>, kube::Error> {
    let Some(kind) = Kind::parse(kind.as_str()) else {
        return Ok(vec![ApiResource::erase::<Service>(&())]);
    };
    let mut offered = Vec::new();
    for version in kind.versions().iter().rev() {
        let (group, version) = (kind.group().as_str(), version.as_str());
        let named = GroupVersionKind::gvk(group, version, kind.as_str());
        match discovery::pinned_kind(client, &named).await {
            Ok((resource, _)) => offered.push(resource),
            Err(kube::Error::Discovery(DiscoveryError::MissingKind(_))) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    if let ([], Some(newest)) = (&*offered, kind.versions().last()) {
        let named = GroupVersionKind::gvk(kind.group().as_str(), newest.as_str(), kind.as_str());
        let resource = ApiResource::from_gvk_with_plural(&named, kind.plural());
        let api: Api<Sent> = Api::all_with(client.clone(), &resource);
        match api.list(&ListParams::default().limit(1)).await {
            Ok(_) => offered.push(resource),
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(offered)
}

/// What an error comes down to.
pub(crate) fn cause(mut error: &(dyn Error + 'static)) -> String {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
