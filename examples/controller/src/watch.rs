use std::time::{Duration, Instant};

use futures_util::{StreamExt, pin_mut};
use kube::api::ApiResource;
use kube::runtime::watcher;
use kube::{Api, Client, Error};
use tokio::sync::mpsc::Sender;

use crate::Watched;
use crate::sent::Sent;

/// How long the controller waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From the first change to the next policy: changes that arrive in the meantime are in it.
    pub settle: Duration,
    /// After a first failure; doubled with each further one.
    pub retry: Duration,
    /// After many failures.
    pub retry_at_most: Duration,
    /// Until the API server is asked again which versions it offers.
    pub discover: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(50),
            retry: Duration::from_millis(500),
            retry_at_most: Duration::from_secs(30),
            discover: Duration::from_secs(60),
        }
    }
}

/// What a watch reports.
#[derive(Debug)]
pub(crate) enum News {
    /// These are all objects there are; `None` if the server does not have the kind.
    All(Option<ApiResource>, Vec<Sent>),
    /// An object is new, or another than before.
    Applied(ApiResource, Sent),
    /// An object is there no more.
    Deleted(Sent),
    /// The watch was lost and will be taken up again. What was known stays.
    Lost(String),
}

/// Why a watch ended.
enum End {
    /// Nobody listens any more.
    Closed,
    /// Other versions are offered, or none.
    Offer(Vec<ApiResource>),
    Lost(String),
    /// The server could not list the objects in this version.
    Refused(String),
}

/// Watches a resource for as long as anybody listens, in the newest version that is offered and can
/// be listed: an object that a webhook can't convert fails the list of every version but its own.
pub(crate) async fn watch(
    client: Client,
    watched: Watched,
    pace: Pace,
    news: Sender<(Watched, News)>,
) {
    let mut retry = Retry::new(pace);
    let mut offered = Vec::new();
    let mut refused = 0;
    loop {
        let end = match watched.offered(&client).await {
            Ok(now) => {
                if now != offered {
                    (offered, refused) = (now, 0);
                }
                match offered.iter().cycle().nth(refused) {
                    Some(resource) => {
                        follow(&client, watched, resource, &offered, pace, &news).await
                    }
                    None => absent(&client, watched, pace, &news).await,
                }
            }
            Err(error) => End::Lost(said(&error)),
        };
        let reason = match end {
            End::Closed => return,
            End::Offer(now) => {
                (offered, refused) = (now, 0);
                continue;
            }
            End::Lost(reason) => reason,
            End::Refused(reason) => {
                refused = (refused + 1) % offered.len().max(1);
                reason
            }
        };
        if news.send((watched, News::Lost(reason))).await.is_err() {
            return;
        }
        retry.wait().await;
    }
}

/// Waits until the server offers the resource.
async fn absent(
    client: &Client,
    watched: Watched,
    pace: Pace,
    news: &Sender<(Watched, News)>,
) -> End {
    if news.send((watched, News::All(None, Vec::new()))).await.is_err() {
        return End::Closed;
    }
    loop {
        tokio::time::sleep(pace.discover).await;
        match watched.offered(client).await {
            Ok(offered) if offered.is_empty() => {}
            Ok(offered) => return End::Offer(offered),
            Err(error) => return End::Lost(said(&error)),
        }
    }
}

/// Lists and watches until something happens that a fresh list has to mend.
async fn follow(
    client: &Client,
    watched: Watched,
    resource: &ApiResource,
    offered: &[ApiResource],
    pace: Pace,
    news: &Sender<(Watched, News)>,
) -> End {
    let api: Api<Sent> = Api::all_with(client.clone(), resource);
    let events = watcher(api, watcher::Config::default());
    pin_mut!(events);
    let mut listed = Vec::new();
    let mut discover = tokio::time::interval(pace.discover);
    discover.tick().await;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = discover.tick() => match watched.offered(client).await {
                Ok(now) if now == offered => continue,
                Ok(now) => return End::Offer(now),
                // The watch itself will tell if the server is gone.
                Err(_) => continue,
            },
        };
        let report = match event {
            Some(Ok(watcher::Event::Init)) => {
                listed.clear();
                continue;
            }
            Some(Ok(watcher::Event::InitApply(object))) => {
                listed.push(object);
                continue;
            }
            Some(Ok(watcher::Event::InitDone)) => {
                News::All(Some(resource.clone()), std::mem::take(&mut listed))
            }
            Some(Ok(watcher::Event::Apply(object))) => News::Applied(resource.clone(), object),
            Some(Ok(watcher::Event::Delete(object))) => News::Deleted(object),
            // kube's watcher would go on by itself, but not always to a good end: it skips an event
            // that it can't decode, and asks for ever for a version that is `410 Gone`.
            Some(Err(error)) if is_refused(&error) => return End::Refused(lost(&error)),
            Some(Err(error)) => return End::Lost(lost(&error)),
            None => return End::Lost("the watch ended".to_owned()),
        };
        if news.send((watched, report)).await.is_err() {
            return End::Closed;
        }
    }
}

/// Whether the server failed to list, as it does if it can't convert.
fn is_refused(error: &watcher::Error) -> bool {
    let watcher::Error::InitialListFailed(Error::Api(status)) = error else { return false };
    status.code == 500
}

fn lost(error: &watcher::Error) -> String {
    use watcher::Error as Lost;
    match error {
        Lost::InitialListFailed(error) => format!("list: {}", said(error)),
        Lost::WatchStartFailed(error) | Lost::WatchFailed(error) => {
            format!("watch: {}", said(error))
        }
        Lost::WatchError(status) => format!("watch: {} ({})", status.message, status.code),
        Lost::NoResourceVersion => "the server names no resourceVersion".to_owned(),
    }
}

/// An error with its causes, in one line.
pub(crate) fn said(error: &Error) -> String {
    if let Error::Api(status) = error {
        return format!("{} ({})", status.message, status.code);
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Waits longer with each failure, and short again after a time without.
struct Retry {
    pace: Pace,
    next: Duration,
    last: Option<Instant>,
}

impl Retry {
    fn new(pace: Pace) -> Self {
        Self { pace, next: pace.retry, last: None }
    }

    async fn wait(&mut self) {
        if self.last.is_some_and(|last| last.elapsed() > self.pace.retry_at_most * 2) {
            self.next = self.pace.retry;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.pace.retry_at_most);
        self.last = Some(Instant::now());
    }
}
