//! The webhooks that are registered, asked as an API server asks them: over TLS, by their name, and
//! trusting nobody but the authority that is registered with them.

use kube::{Client, Config};
use serde_json::{Value, json};
use smi_types::api::Version;
use smi_types::convert::Converter;

use super::Shared;
use super::store::Resource;

/// Objects in this API version, by the webhook of their definition where there is one.
pub(super) async fn convert(
    shared: &Shared,
    resource: &Resource,
    api_version: &str,
    mut objects: Vec<Value>,
) -> Result<Vec<Value>, String> {
    let name = format!("{}.{}", resource.plural, resource.group);
    let definition = shared.store.lock().unwrap().definitions.get(&name).cloned();
    let Some(definition) = definition else { return Ok(objects) };
    let is_other = |object: &Value| object["apiVersion"] != api_version;
    let (places, others): (Vec<usize>, Vec<Value>) = objects
        .iter()
        .enumerate()
        .filter(|(_, object)| is_other(object))
        .map(|(place, object)| (place, object.clone()))
        .unzip();
    if others.is_empty() {
        return Ok(objects);
    }
    let Some(conversion) = definition.conversion else {
        for (place, object) in places.into_iter().zip(others) {
            objects[place] = by_itself(object, api_version);
        }
        return Ok(objects);
    };
    let review = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview",
        "request": {"uid": "705ab4f5", "desiredAPIVersion": api_version, "objects": others},
    });
    let answer = call(&conversion["webhook"]["clientConfig"], &review).await?;
    let response = &answer["response"];
    if response["uid"] != "705ab4f5" || response["result"]["status"] != "Success" {
        return Err(format!("conversion webhook for {name} failed: {}", response["result"]));
    }
    let converted = response["convertedObjects"].as_array().cloned().unwrap_or_default();
    if converted.len() != places.len() {
        return Err(format!("conversion webhook for {name} returned {} objects", converted.len()));
    }
    for ((place, before), after) in places.iter().zip(&others).zip(converted) {
        for field in ["name", "namespace", "uid", "resourceVersion"] {
            if before["metadata"][field] != after["metadata"][field] {
                return Err(format!("conversion webhook for {name} changed metadata.{field}"));
            }
        }
        if after["apiVersion"] != api_version {
            return Err(format!("conversion webhook for {name} answered another version"));
        }
        objects[*place] = after;
    }
    Ok(objects)
}

/// An object in another version as if there were a webhook that never fails. What can't be converted
/// only gets the other apiVersion, as under the strategy `None`.
fn by_itself(object: Value, api_version: &str) -> Value {
    let version = api_version.rsplit('/').next().and_then(Version::parse).unwrap();
    match Converter::new().convert(object.clone(), version) {
        Ok(conversion) => conversion.object,
        Err(_) => {
            let mut object = object;
            object["apiVersion"] = api_version.into();
            object
        }
    }
}

/// Whether the registered webhook lets an object pass; the status of its refusal otherwise.
pub(super) async fn validate(
    shared: &Shared,
    resource: &Resource,
    version: &str,
    object: &Value,
) -> Result<(), Value> {
    let Some(configuration) = shared.store.lock().unwrap().validation.clone() else {
        return Ok(());
    };
    let webhook = &configuration["webhooks"][0];
    let names = |field: &str, name: &str| {
        let listed = webhook["rules"][0][field].as_array().cloned().unwrap_or_default();
        listed.iter().any(|listed| listed == name)
    };
    if !names("apiGroups", &resource.group) || !names("resources", &resource.plural) {
        return Ok(());
    }
    let kind = json!({"group": resource.group, "version": version, "kind": resource.kind});
    let of = json!({"group": resource.group, "version": version, "resource": resource.plural});
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "ae1f", "kind": kind, "resource": of,
            "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
            "operation": "CREATE", "userInfo": {"username": "ada"}, "object": object,
            "dryRun": false,
        },
    });
    // With the failure policy `Ignore`, a webhook that does not answer lets everything pass.
    let Ok(answer) = call(&webhook["clientConfig"], &review).await else { return Ok(()) };
    match answer["response"]["allowed"] == true && answer["response"]["uid"] == "ae1f" {
        true => Ok(()),
        false => {
            let mut status = answer["response"]["status"].clone();
            let message = status["message"].as_str().unwrap_or_default();
            let name = &webhook["name"];
            status["message"] =
                format!("admission webhook {name} denied the request: {message}").into();
            status["apiVersion"] = "v1".into();
            status["kind"] = "Status".into();
            Err(status)
        }
    }
}

/// Posts a review to where a webhook is registered.
async fn call(registered: &Value, review: &Value) -> Result<Value, String> {
    let said = |error: &dyn std::fmt::Display| format!("failed calling webhook: {error}");
    let (client, path) = client(registered)?;
    let request = axum::http::Request::post(path)
        .header("content-type", "application/json")
        .body(review.to_string().into_bytes())
        .map_err(|error| said(&error))?;
    let answer = client.request_text(request).await;
    let answer = answer.map_err(|error| format!("failed calling webhook: {error} {error:?}"))?;
    serde_json::from_str(&answer).map_err(|error| said(&error))
}

/// Where a webhook is, and a client that trusts its authority only.
pub(crate) fn client(registered: &Value) -> Result<(Client, String), String> {
    let url = registered["url"].as_str().ok_or("only URLs can be called here")?;
    let (base, path) = url.split_at(url.rfind('/').ok_or("no path")?);
    let mut config = Config::new(base.parse().map_err(|error| format!("{error}"))?);
    config.root_cert = Some(certificates(&registered["caBundle"])?);
    let client = Client::try_from(config).map_err(|error| error.to_string())?;
    Ok((client, path.to_owned()))
}

/// The certificates of a `caBundle`.
pub(crate) fn certificates(ca_bundle: &Value) -> Result<Vec<Vec<u8>>, String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let pem: k8s_openapi::ByteString =
        serde_json::from_value(ca_bundle.clone()).map_err(|error| error.to_string())?;
    CertificateDer::pem_slice_iter(&pem.0)
        .map(|certificate| certificate.map(|der| der.to_vec()).map_err(|error| error.to_string()))
        .collect()
}
