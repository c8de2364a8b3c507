//! Writes the CustomResourceDefinitions of all SMI kinds, made from the Rust types.

use std::path::Path;
use std::{env, error::Error, fs};

use smi_types::crd::{self, ConversionWebhook, CrdOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let webhook = ConversionWebhook::service("smi-system", "smi-controller");
    let definitions = CrdOptions::strict().conversion_webhook(webhook).definitions();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("crds.yaml"), crd::yaml(&definitions)?)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
