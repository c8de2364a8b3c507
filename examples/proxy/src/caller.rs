use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use smi_enforcer::Generation;
use smi_metrics_model::Outcome;
use smi_policy::{Identity, OwnedConnection};
use smi_split::ObjectName;

use crate::metrics::Recorders;
use crate::{Metrics, Settings};

/// Who is behind a connection, and what is kept for all of its requests.
#[derive(Debug)]
pub(crate) struct Caller {
    source: Option<Identity>,
    recorders: Arc<Recorders>,
    opened: ArcSwapOption<Opened>,
}

/// A connection as one generation of the manifests sees it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) generation: Arc<Generation>,
    pub(crate) connection: OwnedConnection,
}

impl Caller {
    pub(crate) fn new(source: Option<Identity>, metrics: &Metrics) -> Self {
        let recorders = metrics.recorders(source.as_ref());
        Self { source, recorders, opened: ArcSwapOption::empty() }
    }

    /// The connection by the generation that is in force. It is resolved anew when that has changed,
    /// however long the connection has been open; until then an idle one keeps the old one alive.
    pub(crate) fn open(&self, current: Arc<Generation>, settings: &Settings) -> Arc<Opened> {
        if let Some(opened) = &*self.opened.load()
            && Arc::ptr_eq(&opened.generation, &current)
        {
            return Arc::clone(opened);
        }
        let (destination, port) = (&settings.destination, settings.port);
        let connection = current.policy.connection(self.source.as_ref(), destination, port);
        let connection = connection.into_owned();
        let opened = Arc::new(Opened { generation: current, connection });
        self.opened.store(Some(Arc::clone(&opened)));
        opened
    }

    /// The recorder of this caller's requests to a service.
    pub(crate) fn record(&self, service: &ObjectName, status: u16, latency: Duration) {
        let outcome = if status < 500 { Outcome::Success } else { Outcome::Failure };
        if let Some(recorder) = self.recorders.get(service) {
            recorder.record(latency, outcome);
        }
    }
}
