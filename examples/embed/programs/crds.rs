//! Prints the CustomResourceDefinitions of all kinds: `cargo run … | kubectl apply -f -`.

use smi_types::crd;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", crd::yaml(&crd::all())?);
    Ok(())
}
