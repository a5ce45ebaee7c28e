//! Ids: one newtype for each, so that a run is never looked up by the id of an approval.

/// Makes a newtype over a UUID v7: sorted by time, unique without asking the database, shown as 32 hex digits.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(::uuid::Uuid);

        impl $name {
            /// A new id; later ones sort after earlier ones.
            #[must_use]
            pub fn make() -> Self {
                Self(::uuid::Uuid::now_v7())
            }

            /// The last eight digits, for people.
            #[must_use]
            pub fn short(&self) -> String {
                self.to_string().split_off(24)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}", self.0.as_simple())
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_simple())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::kit::Error;

            fn from_str(text: &str) -> $crate::kit::Result<Self> {
                ::uuid::Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| $crate::kit::Error::not_found(concat!("thing with this ", stringify!($name))))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(|_| ::serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

/// Makes a newtype over a string with rules: it can only be made by `parse`, which checks.
///
/// The second argument is a function `fn(&str) -> Result<(), String>` whose error completes the sentence
/// "`value` is not a …: …".
#[macro_export]
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::kit::Error;

            fn from_str(text: &str) -> $crate::kit::Result<Self> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.to_owned())),
                    Err(why) => Err($crate::kit::Error::invalid(format!(
                        "`{}` is not a {}: {why}",
                        $crate::kit::text::visible_line(text, 80),
                        $noun
                    ))),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(|error: $crate::kit::Error| ::serde::de::Error::custom(error.message()))
            }
        }
    };
}
