//! What ties a session to the client secret that began it: the end of its id.
//!
//! The id of such a session ends with a digest of the secret and of what stands before it. Whoever
//! shows the secret shows with it which sessions are theirs, and nothing has to be kept for that:
//! it holds after a restart, at every node, and while the database is away. The id tells nobody
//! anything about the secret, which has 256 random bits.

use sha2::{Digest, Sha256};

use super::secrets::hexadecimal;
use crate::private::Private;

/// Bytes of the digest that an id ends with. Another secret has the same with a chance of 2⁻¹²⁸.
const BYTES: usize = 16;

/// Sets this digest apart from the one by which a secret is found in the database.
const PURPOSE: &[u8] = b"the sessions that a client secret begins";

/// The seal of one client secret.
#[derive(Clone, Debug)]
pub struct Seal(Private<[u8; 32]>);

impl Seal {
    /// The seal of this secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let digest = Sha256::new().chain_update(PURPOSE).chain_update(secret);
        Self(Private::new(digest.finalize().into()))
    }

    /// The id with the seal at its end.
    #[must_use]
    pub fn put_on(&self, id: &str) -> String {
        format!("{id}{}", self.mark(id))
    }

    /// Whether an id ends with this seal.
    #[must_use]
    pub fn is_on(&self, id: &str) -> bool {
        let at = id.len().checked_sub(2 * BYTES);
        let parts = at.and_then(|at| id.split_at_checked(at));
        parts.is_some_and(|(id, mark)| Private::new(self.mark(id)).matches(mark))
    }

    fn mark(&self, id: &str) -> String {
        let digest = Sha256::new().chain_update(self.0.expose()).chain_update(id);
        hexadecimal(&digest.finalize()[..BYTES])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_on_what_its_own_secret_began() {
        let (mine, yours) = (Seal::of("ek_mine"), Seal::of("ek_yours"));
        let id = mine.put_on("sess_1");
        assert_eq!(id.len(), "sess_1".len() + 32);
        assert!(id.starts_with("sess_1") && id.is_ascii());
        assert!(mine.is_on(&id));
        assert!(!yours.is_on(&id));
        // Not by another name, and not cut off from it.
        assert!(!mine.is_on(&id.replace("sess_1", "sess_2")));
        assert!(!mine.is_on(&id["sess_1".len()..]));
        assert!(!mine.is_on("sess_0199f3c2a5b07d3e8c41d2f60a9b7c1e"));
    }

    #[test]
    fn tells_nothing_of_its_secret() {
        let secret = "ek_letters";
        let seal = Seal::of(secret);
        assert!(!format!("{seal:?}").contains("letters"));
        let found_by = super::super::secrets::hash(secret);
        assert!(!found_by.contains(&seal.mark("")));
    }

    proptest! {
        #[test]
        fn takes_any_id(id in ".{0,80}") {
            let seal = Seal::of("ek_mine");
            prop_assert!(!seal.is_on(&id));
            prop_assert!(seal.is_on(&seal.put_on(&id)));
        }
    }
}
