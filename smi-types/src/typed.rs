//! An object of any kind and version.

use kube_core::Resource;
use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::api::{Group, Kind, Version};
use crate::object::SmiObject;
use crate::specs::v1alpha4::HeaderForm;
use crate::{ObjectMeta, access, specs, split};

/// Defines [`TypedObject`] from the table of kind-versions.
macro_rules! typed_object {
    ($($(#[doc = $doc:literal])+ $Variant:ident($Type:ty),)+) => {
        /// A typed object of any of the 18 kind-versions.
        ///
        /// # Examples
        ///
        /// ```
        /// use serde_json::json;
        /// use smi_types::TypedObject;
        /// use smi_types::api::{Kind, Version};
        ///
        /// let object = TypedObject::from_json(json!({
        ///     "apiVersion": "split.smi-spec.io/v1alpha2",
        ///     "kind": "TrafficSplit",
        ///     "metadata": {"name": "canary"},
        ///     "spec": {"service": "web", "backends": [{"service": "web-v1", "weight": 1}]},
        /// }))?;
        /// assert_eq!((object.kind(), object.version()), (Kind::TrafficSplit, Version::V1alpha2));
        ///
        /// let error = TypedObject::from_json(json!({"apiVersion": "v1", "kind": "Pod"})).unwrap_err();
        /// assert_eq!(error.to_string(), "`v1` `Pod` is no kind of SMI");
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        pub enum TypedObject {
            $($(#[doc = $doc])+ $Variant(Box<$Type>),)+
        }

        impl TypedObject {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$Variant(_) => <$Type>::KIND,)+ }
            }

            /// The API version, without the group.
            pub fn version(&self) -> Version {
                match self { $(Self::$Variant(_) => <$Type>::VERSION,)+ }
            }

            /// Name, namespace, labels and annotations.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Self::$Variant(object) => object.meta(),)+ }
            }

            /// Name, namespace, labels and annotations, to change them.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Self::$Variant(object) => object.meta_mut(),)+ }
            }

            /// Reads an object whose kind and version are known, from any format.
            ///
            /// # Errors
            ///
            /// The kind does not exist in this version, or the object is not of the kind and
            /// version, or its fields have not the shape they should.
            pub fn deserialize_as<'de, D: Deserializer<'de>>(
                kind: Kind,
                version: Version,
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $(
                    if kind == <$Type>::KIND && version == <$Type>::VERSION {
                        return <$Type>::deserialize(deserializer).map(Self::from);
                    }
                )+
                Err(serde::de::Error::custom(TypedError::unknown(kind.group(), version, kind)))
            }
        }

        /// Writes the object alone: the enum leaves no trace.
        impl Serialize for TypedObject {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$Variant(object) => object.serialize(serializer),)+ }
            }
        }

        $(
            impl From<$Type> for TypedObject {
                fn from(object: $Type) -> Self {
                    Self::$Variant(Box::new(object))
                }
            }
        )+
    };
}

typed_object! {
    /// TrafficTarget of access.smi-spec.io/v1alpha1
    TrafficTargetV1alpha1(access::v1alpha1::TrafficTarget),
    /// TrafficTarget of access.smi-spec.io/v1alpha2
    TrafficTargetV1alpha2(access::v1alpha2::TrafficTarget),
    /// TrafficTarget of access.smi-spec.io/v1alpha3
    TrafficTargetV1alpha3(access::v1alpha3::TrafficTarget),
    /// TrafficTarget of access.smi-spec.io/v1alpha4
    TrafficTargetV1alpha4(access::v1alpha4::TrafficTarget),
    /// IdentityBinding of access.smi-spec.io/v1alpha4
    IdentityBindingV1alpha4(access::v1alpha4::IdentityBinding),
    /// HTTPRouteGroup of specs.smi-spec.io/v1alpha1
    HttpRouteGroupV1alpha1(specs::v1alpha1::HttpRouteGroup),
    /// HTTPRouteGroup of specs.smi-spec.io/v1alpha2
    HttpRouteGroupV1alpha2(specs::v1alpha2::HttpRouteGroup),
    /// HTTPRouteGroup of specs.smi-spec.io/v1alpha3
    HttpRouteGroupV1alpha3(specs::v1alpha3::HttpRouteGroup),
    /// HTTPRouteGroup of specs.smi-spec.io/v1alpha4
    HttpRouteGroupV1alpha4(specs::v1alpha4::HttpRouteGroup),
    /// TCPRoute of specs.smi-spec.io/v1alpha1
    TcpRouteV1alpha1(specs::v1alpha1::TcpRoute),
    /// TCPRoute of specs.smi-spec.io/v1alpha2
    TcpRouteV1alpha2(specs::v1alpha2::TcpRoute),
    /// TCPRoute of specs.smi-spec.io/v1alpha3
    TcpRouteV1alpha3(specs::v1alpha3::TcpRoute),
    /// TCPRoute of specs.smi-spec.io/v1alpha4
    TcpRouteV1alpha4(specs::v1alpha4::TcpRoute),
    /// UDPRoute of specs.smi-spec.io/v1alpha4
    UdpRouteV1alpha4(specs::v1alpha4::UdpRoute),
    /// TrafficSplit of split.smi-spec.io/v1alpha1
    TrafficSplitV1alpha1(split::v1alpha1::TrafficSplit),
    /// TrafficSplit of split.smi-spec.io/v1alpha2
    TrafficSplitV1alpha2(split::v1alpha2::TrafficSplit),
    /// TrafficSplit of split.smi-spec.io/v1alpha3
    TrafficSplitV1alpha3(split::v1alpha3::TrafficSplit),
    /// TrafficSplit of split.smi-spec.io/v1alpha4
    TrafficSplitV1alpha4(split::v1alpha4::TrafficSplit),
}

impl TypedObject {
    /// The API version with its group, as manifests spell it: `access.smi-spec.io/v1alpha3`.
    pub fn api_version(&self) -> String {
        format!("{}/{}", self.kind().group(), self.version())
    }

    /// Reads an object from JSON, as the kind and version that it says it is.
    ///
    /// # Errors
    ///
    /// The value has no `apiVersion` and `kind`, or they are none of SMI, or its fields have not
    /// the shape they should.
    pub fn from_json(value: Value) -> Result<Self, TypedError> {
        let field = |name: &'static str| match value.get(name) {
            Some(Value::String(text)) => Ok(text.as_str()),
            _ => Err(TypedError::Untyped { field: name }),
        };
        let (api_version, kind) = (field("apiVersion")?, field("kind")?);
        let unknown =
            || TypedError::Unknown { api_version: api_version.to_owned(), kind: kind.to_owned() };
        let (group, version) = api_version.split_once('/').ok_or_else(unknown)?;
        let (Some(group), Some(version), Some(known)) =
            (Group::parse(group), Version::parse(version), Kind::parse(kind))
        else {
            return Err(unknown());
        };
        if known.group() != group || !known.versions().contains(&version) {
            return Err(unknown());
        }
        Self::deserialize_as(known, version, value).map_err(TypedError::Shape)
    }

    /// Chooses how headers are written, if the object is an HTTPRouteGroup.
    pub fn set_header_form(&mut self, form: HeaderForm) {
        match self {
            Self::HttpRouteGroupV1alpha1(group) => group.set_header_form(form),
            Self::HttpRouteGroupV1alpha2(group) => group.set_header_form(form),
            Self::HttpRouteGroupV1alpha3(group) => group.set_header_form(form),
            Self::HttpRouteGroupV1alpha4(group) => group.set_header_form(form),
            _ => {}
        }
    }
}

/// Why a value is no typed object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// `apiVersion` or `kind` is absent, or is no string.
    #[error("no `{field}`: expected a string that says what the object is")]
    Untyped {
        /// The field.
        field: &'static str,
    },
    /// The kind does not exist, or not in this version.
    #[error("`{}` `{}` is no kind of SMI", .api_version.escape_debug(), .kind.escape_debug())]
    Unknown {
        /// `apiVersion`, as found.
        api_version: String,
        /// `kind`, as found.
        kind: String,
    },
    /// A field has another shape than its kind and version want.
    #[error(transparent)]
    Shape(serde_json::Error),
}

impl TypedError {
    fn unknown(group: Group, version: Version, kind: Kind) -> Self {
        Self::Unknown { api_version: format!("{group}/{version}"), kind: kind.to_string() }
    }
}
