//! What all typed objects have in common.

use std::fmt;
use std::marker::PhantomData;

use kube_core::{NamespaceResourceScope, Resource};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::api::{Kind, Version};

/// A typed object of SMI: one kind in one API version.
///
/// All 18 kind-versions implement it, and nothing else can. Serializing writes `apiVersion` and
/// `kind`; deserializing demands that both are present and right, so an object of another version
/// is never taken for one of this version.
///
/// # Examples
///
/// ```
/// use smi_types::{SmiObject, access, specs};
///
/// fn describe<T: SmiObject>() -> String {
///     format!("{} {}", T::VERSION, T::KIND)
/// }
///
/// assert_eq!(describe::<specs::v1alpha4::TcpRoute>(), "v1alpha4 TCPRoute");
///
/// let newer = r#"{"apiVersion": "access.smi-spec.io/v1alpha4", "kind": "TrafficTarget"}"#;
/// let error = serde_json::from_str::<access::v1alpha3::TrafficTarget>(newer).unwrap_err();
/// assert!(error.to_string().contains("expected `access.smi-spec.io/v1alpha3`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SmiObject:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + DeserializeOwned
    + Serialize
    + Clone
    + fmt::Debug
    + Default
    + PartialEq
    + sealed::Sealed
{
    /// The kind.
    const KIND: Kind;

    /// The API version.
    const VERSION: Version;
}

pub(crate) mod sealed {
    /// Keeps [`SmiObject`](super::SmiObject) to the types of this crate.
    #[expect(unnameable_types, reason = "nobody else is to implement it")]
    pub trait Sealed {}
}

/// Defines a typed object: the struct, its wire form, [`Resource`] and [`SmiObject`], and with the
/// feature `schema` its CustomResourceDefinition.
///
/// The fields are those beside `metadata`. Their serde attributes say how they are read; all are
/// written.
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        pub struct $Name:ident: $Kind:ident/$Version:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $(#[serde($($serde:tt)+)])?
                $(#[schemars($($schemars:tt)+)])?
                pub $field:ident: $Type:ty,
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $Name {
            /// Name, namespace, labels and annotations of the object.
            pub metadata: $crate::ObjectMeta,
            $(
                $(#[doc = $field_doc])+
                pub $field: $Type,
            )*
        }

        const _: () = {
            use $crate::object::{ApiVersionTag, KindTag};

            $(#[doc = $doc])+
            #[derive(serde::Deserialize)]
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
            #[serde(rename_all = "camelCase", expecting = "an object")]
            struct Read {
                #[expect(dead_code, reason = "reading it checks it")]
                #[cfg_attr(feature = "schema", schemars(skip))]
                api_version: ApiVersionTag<$Name>,
                #[expect(dead_code, reason = "reading it checks it")]
                #[cfg_attr(feature = "schema", schemars(skip))]
                kind: KindTag<$Name>,
                #[serde(
                    default,
                    deserialize_with = "crate::wire::absent::null_is_default"
                )]
                #[cfg_attr(feature = "schema", schemars(skip))]
                metadata: $crate::ObjectMeta,
                $(
                    $(#[doc = $field_doc])+
                    $(#[serde($($serde)+)])?
                    $(#[cfg_attr(feature = "schema", schemars($($schemars)+))])?
                    $field: $Type,
                )*
            }

            #[derive(serde::Serialize)]
            #[serde(rename_all = "camelCase")]
            struct Write<'a> {
                api_version: ApiVersionTag<$Name>,
                kind: KindTag<$Name>,
                metadata: &'a $crate::ObjectMeta,
                $($field: &'a $Type,)*
            }

            impl serde::Serialize for $Name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let Self { metadata, $($field,)* } = self;
                    Write {
                        api_version: ApiVersionTag::NEW,
                        kind: KindTag::NEW,
                        metadata,
                        $($field,)*
                    }
                    .serialize(serializer)
                }
            }

            impl<'de> serde::Deserialize<'de> for $Name {
                fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
                where
                    D: serde::Deserializer<'de>,
                {
                    let Read { metadata, $($field,)* .. } =
                        $crate::wire::mapping::only(deserializer)?;
                    Ok(Self { metadata, $($field,)* })
                }
            }

            #[cfg(feature = "schema")]
            impl $crate::crd::schema::Shape for $Name {
                fn shape(generator: schemars::SchemaGenerator) -> schemars::Schema {
                    generator.into_root_schema_for::<Read>()
                }
            }

            #[cfg(feature = "schema")]
            impl kube_core::CustomResourceExt for $Name {
                fn crd() -> $crate::crd::CustomResourceDefinition {
                    $crate::crd::of_type::<Self>()
                }

                fn crd_name() -> &'static str {
                    $crate::crd::definition_name(<Self as $crate::SmiObject>::KIND)
                }

                fn api_resource() -> kube_core::discovery::ApiResource {
                    kube_core::discovery::ApiResource::erase::<Self>(&())
                }

                fn shortnames() -> &'static [&'static str] {
                    <Self as $crate::SmiObject>::KIND.short_names()
                }
            }
        };

        impl $Name {
            /// An object of this name, otherwise empty.
            pub fn named(name: impl Into<String>) -> Self {
                let mut object = Self::default();
                object.metadata.name = Some(name.into());
                object
            }

            /// The same object in this namespace.
            #[must_use]
            pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
                self.metadata.namespace = Some(namespace.into());
                self
            }
        }

        impl $crate::object::sealed::Sealed for $Name {}

        impl $crate::SmiObject for $Name {
            const KIND: $crate::api::Kind = $crate::api::Kind::$Kind;
            const VERSION: $crate::api::Version = $crate::api::Version::$Version;
        }

        impl kube_core::Resource for $Name {
            type DynamicType = ();
            type Scope = kube_core::NamespaceResourceScope;

            fn kind((): &()) -> std::borrow::Cow<'_, str> {
                <Self as $crate::SmiObject>::KIND.as_str().into()
            }

            fn group((): &()) -> std::borrow::Cow<'_, str> {
                <Self as $crate::SmiObject>::KIND.group().as_str().into()
            }

            fn version((): &()) -> std::borrow::Cow<'_, str> {
                <Self as $crate::SmiObject>::VERSION.as_str().into()
            }

            fn plural((): &()) -> std::borrow::Cow<'_, str> {
                <Self as $crate::SmiObject>::KIND.plural().into()
            }

            fn meta(&self) -> &$crate::ObjectMeta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut $crate::ObjectMeta {
                &mut self.metadata
            }
        }
    };
}

pub(crate) use object;

/// The `apiVersion` of `T`: reads nothing else, writes it.
pub(crate) struct ApiVersionTag<T>(PhantomData<T>);

impl<T> ApiVersionTag<T> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<T: SmiObject> Serialize for ApiVersionTag<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&T::api_version(&()))
    }
}

impl<'de, T: SmiObject> Deserialize<'de> for ApiVersionTag<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = T::api_version(&());
        deserializer.deserialize_str(Exactly { field: "apiVersion", expected: &expected })?;
        Ok(Self::NEW)
    }
}

/// The `kind` of `T`: reads nothing else, writes it.
pub(crate) struct KindTag<T>(PhantomData<T>);

impl<T> KindTag<T> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<T: SmiObject> Serialize for KindTag<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(T::KIND.as_str())
    }
}

impl<'de, T: SmiObject> Deserialize<'de> for KindTag<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Exactly { field: "kind", expected: T::KIND.as_str() })?;
        Ok(Self::NEW)
    }
}

/// Accepts one string and no other.
struct Exactly<'a> {
    field: &'static str,
    expected: &'a str,
}

impl Visitor<'_> for Exactly<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` as {}", self.expected, self.field)
    }

    fn visit_str<E: de::Error>(self, found: &str) -> Result<(), E> {
        if found == self.expected {
            return Ok(());
        }
        let Self { field, expected } = self;
        let found = found.escape_debug();
        Err(E::custom(format_args!("{field} is `{found}`: expected `{expected}`")))
    }
}
