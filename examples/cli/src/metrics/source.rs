//! Where metrics come from: files, standard input, or a server.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use serde_json::Value;
use smi_metrics_model::serve::Status;
use smi_metrics_model::{TrafficMetrics, TrafficMetricsList};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Where to read metrics from.
#[derive(Debug, ClapArgs)]
pub(crate) struct Source {
    /// Answer of the Traffic Metrics API, as JSON or YAML: a file, `-` for standard input, or the
    /// URL of a server, such as that of `kubectl proxy`
    #[arg(value_name = "FILE|URL")]
    from: String,

    /// File with a bearer token for the server (https only)
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// File with the certificates (PEM) of the authorities to trust; left out: the public ones
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl Source {
    /// The URL, if it is one.
    pub(super) fn url(&self) -> Option<&str> {
        let is_url = self.from.starts_with("http://") || self.from.starts_with("https://");
        is_url.then_some(self.from.as_str())
    }

    /// The metrics of the source.
    pub(super) fn items(&self) -> Result<Vec<TrafficMetrics>> {
        let text = match self.url() {
            Some(url) => self.fetch(url)?,
            None if self.from == "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("standard input")?;
                text
            }
            None => fs::read_to_string(&self.from).with_context(|| self.from.clone())?,
        };
        items(&text).with_context(|| self.from.clone())
    }

    /// The metrics at a URL of the same server.
    pub(super) fn items_at(&self, url: &str) -> Result<Vec<TrafficMetrics>> {
        items(&self.fetch(url)?).with_context(|| url.to_owned())
    }

    fn fetch(&self, url: &str) -> Result<String> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &self.ca_file {
            let pem = fs::read(path).with_context(|| path.display().to_string())?;
            let mut certificates = Vec::new();
            for item in ureq::tls::parse_pem(&pem) {
                if let ureq::tls::PemItem::Certificate(certificate) =
                    item.with_context(|| path.display().to_string())?
                {
                    certificates.push(certificate);
                }
            }
            tls = tls.root_certs(RootCerts::from(
                certificates.into_iter().collect::<Vec<Certificate<'static>>>(),
            ));
        }
        let config = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        let mut request = config.new_agent().get(url).header("accept", "application/json");
        if let Some(path) = &self.token_file {
            if !url.starts_with("https://") {
                bail!("{url}: a token is sent by https only");
            }
            let token = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            request = request.header("authorization", format!("Bearer {}", token.trim()));
        }
        let mut response = request.call().with_context(|| url.to_owned())?;
        let text = response.body_mut().read_to_string().with_context(|| url.to_owned())?;
        if !response.status().is_success() {
            match serde_json::from_str::<Status>(&text) {
                Ok(status) => bail!("{url}: {} ({})", status.message, status.code),
                Err(_) => bail!("{url}: the server answers {}", response.status()),
            }
        }
        Ok(text)
    }
}

/// The metrics of a text: documents of JSON or YAML, lists among them.
fn items(text: &str) -> Result<Vec<TrafficMetrics>> {
    let documents: Vec<Value> = if text.trim_start().starts_with('{') {
        let documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        documents.collect::<Result<_, _>>()?
    } else {
        serde_saphyr::from_multiple(text)?
    };
    let mut items = Vec::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        add(document, &mut items)?;
    }
    Ok(items)
}

fn add(document: Value, items: &mut Vec<TrafficMetrics>) -> Result<()> {
    match document.get("kind").and_then(Value::as_str) {
        Some("TrafficMetrics") => items.push(serde_json::from_value(document)?),
        Some("TrafficMetricsList") => {
            let list: TrafficMetricsList = serde_json::from_value(document)?;
            items.extend(list.items().iter().cloned());
        }
        Some("List") => {
            let Some(Value::Array(elements)) = document.get("items").cloned() else {
                bail!("a List without items");
            };
            elements.into_iter().try_for_each(|element| add(element, items))?;
        }
        Some("Status") => match serde_json::from_value::<Status>(document) {
            Ok(status) => bail!("{} ({})", status.message, status.code),
            Err(_) => bail!("a Status, expected TrafficMetrics"),
        },
        found => {
            let found = found.unwrap_or("nothing");
            bail!("kind `{}`, expected TrafficMetrics or TrafficMetricsList", found.escape_debug());
        }
    }
    Ok(())
}
