use std::collections::BTreeMap;

use anyhow::{Result, bail};
use smi_policy::ObjectName;
use smi_split::{Call, Outcome, Port, Splits};

use crate::vectors::Disagreement;
use crate::vectors::access::{fields, http, split_name};
use crate::vectors::format::{Shares, SplitCase};

pub(super) fn ask(splits: &Splits, case: &SplitCase) -> Result<Option<Disagreement>> {
    let (namespace, name) = split_name(&case.apex)?;
    let apex = ObjectName::new(namespace, name);
    let asked = case.request.as_ref();

    let mut call = Call::to(&apex);
    let protocol = asked.and_then(|asked| asked.protocol.as_deref());
    if let Some(port) = asked.and_then(|asked| asked.port) {
        call = call.port(match protocol {
            None | Some("http" | "tcp") => Port::tcp(port),
            Some("udp") => Port::udp(port),
            Some(other) => bail!("protocol `{other}` is none of http, tcp, udp"),
        });
    }
    let selection = match asked.filter(|asked| asked.method.is_some()) {
        Some(asked) => {
            let fields = fields(asked)?;
            splits.select(&call.http(http(asked, &fields)))
        }
        None => splits.select(&call),
    };

    let split = selection.split().map(|split| split.name().to_string());
    let shares = match selection.outcome() {
        Outcome::Apex => "apex".to_owned(),
        Outcome::NoBackend => "no-backend".to_owned(),
        Outcome::Backends(backends) => {
            // A service of another namespace would be written with it; there is none.
            let share = |(leaf, share): (&smi_split::Leaf, smi_split::Share)| {
                (leaf.service().name().to_owned(), share.to_string())
            };
            text(&backends.shares().map(share).collect())
        }
    };
    let expected = match &case.expect.shares {
        Shares::Nowhere(word) => word.clone(),
        Shares::Of(shares) => text(shares),
    };
    let agrees = split == case.expect.split && shares == expected;
    let name = |split: &Option<String>| split.clone().unwrap_or_else(|| "none".to_owned());
    Ok((!agrees).then(|| Disagreement {
        expected: format!("split {}: {expected}", name(&case.expect.split)),
        found: format!("split {}: {shares}", name(&split)),
    }))
}

fn text(shares: &BTreeMap<String, String>) -> String {
    let share = |(service, share): (&String, &String)| format!("{service} {share}");
    shares.iter().map(share).collect::<Vec<_>>().join(", ")
}
