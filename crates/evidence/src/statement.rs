//! The in-toto Statement that is signed: a run's root, and the card that states what it shows.

use std::collections::BTreeMap;

use ledger::chain::{canonical, sha256_hex};
use serde::{Deserialize, Serialize};

use crate::{Card, CardError};

/// The type of every statement: in-toto attestation framework, version 1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// What the predicate is: a [`Card`]. The name stands for its version 1, and nothing is served under it.
pub const PREDICATE_TYPE: &str = "urn:overhang:evaluation-card:v1";

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// The run's root, and the card's bytes.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// The card.
    pub predicate: Card,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What it is, in words.
    pub name: String,
    /// Its digest: `sha256`.
    pub digest: BTreeMap<String, String>,
}

/// A statement that contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// It is of another type.
    #[error("`{0}` is no type of statement that is known here")]
    Type(String),
    /// Its subjects are not those of its card.
    #[error("its subjects are not the root and the bytes of the card in it")]
    Subject,
    /// It has no JSON.
    #[error(transparent)]
    Card(#[from] CardError),
    /// It has no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Statement {
    /// The statement about a card.
    ///
    /// # Errors
    /// Never for a card that was made or read here.
    pub fn of(card: &Card) -> Result<Self, CardError> {
        let digest = |hex: String| BTreeMap::from([("sha256".to_owned(), hex)]);
        let run = Subject { name: format!("run {}", card.run.id), digest: digest(card.run.root.clone()) };
        let file = Subject { name: "card.json".to_owned(), digest: digest(sha256_hex(&card.bytes()?)) };
        Ok(Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![run, file],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: card.clone(),
        })
    }

    /// Its bytes: canonical JSON.
    ///
    /// # Errors
    /// Never for one that was made or read here.
    pub fn bytes(&self) -> Result<Vec<u8>, StatementError> {
        Ok(canonical(&serde_json::to_value(self)?))
    }

    /// Holds it against itself.
    ///
    /// # Errors
    /// For other types, and subjects that are not its card's.
    pub fn check(&self) -> Result<(), StatementError> {
        for (found, wanted) in [(&self.kind, STATEMENT_TYPE), (&self.predicate_type, PREDICATE_TYPE)] {
            if found != wanted {
                return Err(StatementError::Type(found.clone()));
            }
        }
        if *self == Self::of(&self.predicate)? { Ok(()) } else { Err(StatementError::Subject) }
    }
}
