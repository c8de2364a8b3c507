use super::converter::{Conversion, Converter};
use super::error::ConvertError;
use crate::TypedObject;
use crate::api::Version;
use crate::manifest::ObjectKey;

impl TypedObject {
    /// Converts the object to another version of its kind. What that version can't say is kept in
    /// the annotation `smi-spec.io/preserved`, so the way back is exact.
    ///
    /// [`Converter`] has more: what moved, companion objects, and conversion without annotations.
    ///
    /// # Errors
    ///
    /// The kind doesn't exist in the version, the weights of a TrafficSplit don't fit it, or the
    /// object's annotation holds what no version allows.
    ///
    /// # Examples
    ///
    /// ```
    /// use smi_types::api::Version;
    /// use smi_types::split::v1alpha1::{Backend, TrafficSplit, TrafficSplitSpec};
    /// use smi_types::{ObjectMeta, TypedObject};
    ///
    /// let mut split = TrafficSplit {
    ///     metadata: ObjectMeta { name: Some("canary".into()), ..Default::default() },
    ///     spec: TrafficSplitSpec {
    ///         service: "web".into(),
    ///         backends: vec![
    ///             Backend::new("web-v1", 1),
    ///             Backend { service: "web-v2".into(), weight: "500m".parse()? },
    ///         ],
    ///     },
    /// };
    /// let TypedObject::TrafficSplitV1alpha4(newer) =
    ///     TypedObject::from(split.clone()).convert(Version::V1alpha4)?
    /// else {
    ///     return Err("no TrafficSplit".into());
    /// };
    /// assert_eq!([newer.spec.backends[0].weight, newer.spec.backends[1].weight], [2, 1]);
    ///
    /// split.spec.backends[1].weight = "-1".parse()?;
    /// assert!(TypedObject::from(split).convert(Version::V1alpha4).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert(&self, to: Version) -> Result<Self, ConvertError> {
        let untyped =
            |message: String| ConvertError::Untyped { object: self.key(), version: to, message };
        let object = serde_json::to_value(self).map_err(|error| untyped(error.to_string()))?;
        let Conversion { object, .. } = Converter::new().convert(object, to)?;
        Self::from_json(object).map_err(|error| untyped(error.to_string()))
    }

    fn key(&self) -> ObjectKey {
        let metadata = self.metadata();
        ObjectKey {
            kind: self.kind(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone().unwrap_or_default(),
        }
    }
}
