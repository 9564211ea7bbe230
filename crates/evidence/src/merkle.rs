//! Merkle trees as in RFC 6962, section 2.1: one leaf can be shown to be in a tree whose other leaves stay private.

use sha2::{Digest as _, Sha256};

/// A hash of SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(00 ‖ data).
pub fn leaf(data: &[u8]) -> Hash {
    hash(&[&[0], data])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], left, right])
}

fn hash(pieces: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    pieces.iter().for_each(|piece| hash.update(piece));
    hash.finalize().into()
}

/// The root over the hashes of all leaves, in their order; of none, the hash of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => hash(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// What proves that a leaf is in the tree: the hashes beside its way to the root, from the leaf on. `None` for a leaf
/// that is not there.
pub fn path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut below, beside) =
        if index < at { (path(left, index)?, root(right)) } else { (path(right, index - at)?, root(left)) };
    below.push(beside);
    Some(below)
}

/// The root that a leaf leads to along a path (RFC 9162, section 2.1.3.2). `None` where the path is not as long as one
/// of that leaf in a tree of that size.
pub fn leads_to(leaf: Hash, index: usize, size: usize, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut found) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            found = node(beside, &found);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            found = node(&found, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::hex;

    #[test]
    fn roots_and_paths_are_those_of_the_reference() {
        let vectors: Value = serde_json::from_str(include_str!("../tests/data/v16_attest.json")).unwrap();
        let tree = &vectors["merkle_rfc6962"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let leaves: Vec<Hash> = tree["leaves_hex"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| leaf(&hex::bytes(&text(one)).unwrap()))
            .collect();
        for (size, wanted) in tree["roots_by_size"].as_array().unwrap().iter().enumerate() {
            assert_eq!(hex::text(&root(&leaves[..size])), text(wanted), "{size} leaves");
        }
        for proof in tree["inclusion_paths"].as_array().unwrap() {
            let (index, size) = (proof["index"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
            let (index, size) = (usize::try_from(index).unwrap(), usize::try_from(size).unwrap());
            let found = path(&leaves[..size], index).unwrap();
            let wanted: Vec<String> = proof["path"].as_array().unwrap().iter().map(text).collect();
            assert_eq!(found.iter().map(|one| hex::text(one)).collect::<Vec<_>>(), wanted);
            assert_eq!(leads_to(leaves[index], index, size, &found), Some(root(&leaves[..size])));
        }
    }

    proptest! {
        #[test]
        fn a_path_leads_to_the_root_from_its_own_leaf_alone(size in 1usize..70, at in 0usize..70, other in 0usize..70) {
            let leaves: Vec<Hash> = (0..size).map(|number| leaf(&number.to_be_bytes())).collect();
            let whole = root(&leaves);
            prop_assert_eq!(path(&leaves, at).is_some(), at < size);
            if let Some(found) = path(&leaves, at) {
                prop_assert_eq!(leads_to(leaves[at], at, size, &found), Some(whole));
                if other != at {
                    prop_assert_ne!(leads_to(leaves[at], other, size, &found), Some(whole));
                }
                let mut longer = found.clone();
                longer.push(whole);
                prop_assert_eq!(leads_to(leaves[at], at, size, &longer), None);
                if let Some((_, shorter)) = found.split_last() {
                    prop_assert_ne!(leads_to(leaves[at], at, size, shorter), Some(whole));
                }
            }
        }
    }
}
