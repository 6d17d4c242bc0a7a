//! Ids and seeds from SHA-256: the same input gives the same, and different inputs do not collide in practice.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::api::wire::chat::Message;

/// Hexadecimal digits of an id.
const DIGITS: usize = 24;

/// An id: the prefix and 24 hexadecimal digits that stand for the parts.
pub(super) fn id(prefix: &str, parts: &[&[u8]]) -> String {
    let mut text = prefix.to_owned();
    for byte in &digest(parts)[..DIGITS / 2] {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

/// The seed of one choice. It depends on the conversation too, so that a run with one seed for all its questions does
/// not answer them all with the same luck; not on the model's name, which differs from one data folder to the next.
pub(super) fn choice_seed(seed: i64, messages: &[Message], index: u32) -> u64 {
    let (seed, index) = (seed.to_le_bytes(), index.to_le_bytes());
    let conversation =
        messages.iter().flat_map(|message| [message.role.as_str().as_bytes(), message.content.as_bytes()]);
    let parts: Vec<&[u8]> = [&seed[..], &index[..]].into_iter().chain(conversation).collect();
    number(&digest(&parts))
}

/// A seed for a job that was given none, in the range of the API: 0 to 2^31 - 1.
pub(super) fn job_seed(id: &str) -> i64 {
    (number(&digest(&[id.as_bytes()])) >> 33).cast_signed()
}

fn number(digest: &[u8; 32]) -> u64 {
    u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_parts_apart() {
        let id_of = |parts: &[&[u8]]| id("file-", parts);
        assert_eq!(id_of(&[b"ab", b"c"]), id_of(&[b"ab", b"c"]));
        assert_ne!(id_of(&[b"ab", b"c"]), id_of(&[b"a", b"bc"]));
        assert_eq!(id_of(&[b"a"]).len(), "file-".len() + DIGITS);
    }

    #[test]
    fn seeds_depend_on_seed_conversation_and_index() {
        let (a, b) = ([Message::user("a")], [Message::user("b")]);
        let seeds = [choice_seed(1, &a, 0), choice_seed(2, &a, 0), choice_seed(1, &b, 0), choice_seed(1, &a, 1)];
        for (place, seed) in seeds.iter().enumerate() {
            assert!(!seeds[..place].contains(seed));
        }
        assert_eq!(seeds[0], choice_seed(1, &a, 0));
    }

    #[test]
    fn a_job_seed_is_in_the_range_of_the_api() {
        for job in 0..100 {
            assert!((0..1 << 31).contains(&job_seed(&format!("ftjob-{job}"))));
        }
    }
}
