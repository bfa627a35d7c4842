//! SHA-256 of a file, and whether it is the one that was expected.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ModelsError;

/// A SHA-256, in small hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum(String);

impl Sum {
    /// Reads one as people and tools write it.
    pub(super) fn parse(text: &str) -> Result<Self, ModelsError> {
        let digits = text.trim().to_ascii_lowercase();
        let is_one = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one
            .then_some(Self(digits))
            .ok_or_else(|| ModelsError::NoSum(text.to_owned()))
    }

    /// That of a file.
    pub(super) fn of(path: &Path) -> Result<Self, ModelsError> {
        let mut file = File::open(path).map_err(ModelsError::io(path))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer).map_err(ModelsError::io(path))? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        let mut digits = String::with_capacity(64);
        for byte in hash.finalize() {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(Self(digits))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_that_of_the_standard() {
        // FIPS 180-4, example of one block.
        let abc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\n";
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        assert_eq!(Sum::of(file.path()).unwrap(), Sum::parse(abc).unwrap());
        for wrong in ["", "ba78", &"g".repeat(64)] {
            assert!(matches!(Sum::parse(wrong), Err(ModelsError::NoSum(_))));
        }
    }
}
