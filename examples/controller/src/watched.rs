use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIResourceList};
use kube::api::{ApiResource, ListParams, ObjectList};
use kube::{Api, Client, Error};
use smi_types::api::Kind;

use crate::sent::Sent;

/// A resource that the controller watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// A kind of SMI.
    Smi(Kind),
    /// Services, whose ports TrafficSplits depend on.
    Services,
}

impl Watched {
    /// The kind as manifests spell it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Smi(kind) => kind.as_str(),
            Self::Services => "Service",
        }
    }

    /// The resource in the versions that the API server offers, newest first.
    ///
    /// An API server that has just started may not know its custom resources yet. So that a kind is
    /// not there counts only if the server, asked for its objects, says so too.
    pub(crate) async fn offered(self, client: &Client) -> Result<Vec<ApiResource>, Error> {
        let Self::Smi(kind) = self else {
            return Ok(vec![self.resource("v1")]);
        };
        let group = kind.group();
        let served: Option<APIGroup> = found(get(client, &format!("/apis/{group}")).await)?;
        let served = served.map(|group| group.versions).unwrap_or_default();
        let mut offered = Vec::new();
        for version in kind.versions().iter().rev().map(|version| version.as_str()) {
            if !served.iter().any(|served| served.version == version) {
                continue;
            }
            let path = format!("/apis/{group}/{version}");
            let list: Option<APIResourceList> = found(get(client, &path).await)?;
            let resources = list.map(|list| list.resources).unwrap_or_default();
            if resources.iter().any(|resource| resource.name == kind.plural()) {
                offered.push(self.resource(version));
            }
        }
        if !offered.is_empty() {
            return Ok(offered);
        }
        let newest = self.resource("v1alpha4");
        let api: Api<Sent> = Api::all_with(client.clone(), &newest);
        let list: Option<ObjectList<Sent>> =
            found(api.list(&ListParams::default().limit(1)).await)?;
        Ok(list.map(|_| newest).into_iter().collect())
    }

    fn resource(self, version: &str) -> ApiResource {
        let (group, plural) = match self {
            Self::Smi(kind) => (kind.group().as_str(), kind.plural()),
            Self::Services => ("", "services"),
        };
        let api_version =
            if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version,
            kind: self.kind().to_owned(),
            plural: plural.to_owned(),
        }
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

async fn get<T: serde::de::DeserializeOwned>(client: &Client, path: &str) -> Result<T, Error> {
    let request = axum::http::Request::get(path).body(Vec::new()).map_err(Error::HttpError)?;
    client.request(request).await
}

/// What was asked for; nothing if the server answers that it isn't there.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
