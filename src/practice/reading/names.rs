//! The names that a file may use for the values of an enum.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Every name of the values of `T`, in the order in which they are declared.
pub(super) fn all<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It always fails: it only asks which names there are.
    let _: Result<T, Error> = T::deserialize(Asking(&mut names));
    names
}

/// The value of this name.
pub(super) fn read<'de, T: Deserialize<'de>>(name: &'de str) -> Option<T> {
    let name: StrDeserializer<'de, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}

struct Asking<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("this is no enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = variants;
        Err(serde::de::Error::custom("nothing is read"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::super::super::{Difficulty, Topic};
    use super::*;

    fn of(value: &impl Serialize) -> String {
        let name = serde_json::to_value(value).unwrap();
        name.as_str().unwrap().to_owned()
    }

    #[test]
    fn names_are_those_of_the_file() {
        assert_eq!(all::<Difficulty>(), ["gentle", "steady", "demanding"]);
        assert_eq!(read::<Difficulty>("steady"), Some(Difficulty::Steady));
        assert_eq!(read::<Difficulty>("easy"), None);
        for name in all::<Topic>() {
            assert_eq!(of(&read::<Topic>(name).unwrap()), *name);
        }
    }
}
