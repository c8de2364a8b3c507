use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use smi_policy::{Access, AddressBook, Audit, ObjectName};

use super::Format;
use crate::Status;
use crate::table::Table;

/// Where an open destination can be called from.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// What one TrafficTarget admits; without one, that no target names the destination.
type Admitted = (Option<ObjectName>, Vec<String>);

/// Prints the addresses that somebody may call from, by the targets that these accesses come from.
pub(super) fn print(
    accesses: &[Access],
    audit: &Audit,
    book: &Path,
    output: Format,
) -> Result<Status> {
    let admitted = admitted(accesses, audit, &read(book)?);
    let is_nobody = admitted.iter().all(|(_, cidrs)| cidrs.is_empty());
    match output {
        Format::Text if is_nobody => anstream::println!("nobody"),
        Format::Text => anstream::print!("{}", table(&admitted)),
        Format::Json => anstream::println!("{:#}", to_json(&admitted)),
        Format::Dot | Format::Mermaid => {
            bail!("addresses are no graph: print them as text or JSON")
        }
    }
    Ok(if is_nobody { Status::Bad } else { Status::Good })
}

fn read(book: &Path) -> Result<AddressBook> {
    let name = || book.display().to_string();
    let text = fs::read_to_string(book).with_context(name)?;
    smi_enforcer::address_book(&text).with_context(name)
}

fn admitted(accesses: &[Access], audit: &Audit, book: &AddressBook) -> Vec<Admitted> {
    let targets: BTreeSet<Option<&ObjectName>> =
        accesses.iter().map(|access| access.target.as_ref()).collect();
    let cidrs = |target: Option<&ObjectName>| match target {
        None => EVERYWHERE.map(ToOwned::to_owned).to_vec(),
        Some(target) => {
            let cidrs = audit.cidrs(target, book).unwrap_or_default();
            cidrs.iter().map(ToString::to_string).collect()
        }
    };
    targets.into_iter().map(|target| (target.cloned(), cidrs(target))).collect()
}

fn table(admitted: &[Admitted]) -> Table {
    let mut table = Table::new(&["FROM", "BECAUSE OF"]);
    for (target, cidrs) in admitted {
        let because = target.as_ref().map_or("no target names it".to_owned(), ToString::to_string);
        for cidr in cidrs {
            table.row([cidr.clone(), because.clone()]);
        }
    }
    table
}

fn to_json(admitted: &[Admitted]) -> Value {
    let one = |(target, cidrs): &Admitted| json!({ "trafficTarget": target.as_ref().map(ToString::to_string), "cidrs": cidrs });
    json!({ "admitted": admitted.iter().map(one).collect::<Vec<_>>() })
}
