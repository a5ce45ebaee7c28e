//! Values with rules that a file writes as text: how they are read, written and described to editors.

/// Lets a type that has `FromStr` and `Display` stand in a file as a string. Its schema names a `format`, by which
/// [`super::shape`] finds the same `FromStr` again and can point at the fault.
macro_rules! as_text {
    ($name:ty, $format:literal, $says:literal) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(|error: Error| serde::de::Error::custom(error.message()))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": $format, "description": $says })
            }
        }
    };
}

pub(super) use as_text;
