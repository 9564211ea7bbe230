//! The properties, as the crate's own tests have them.

#[path = "../../tests/it/held.rs"]
pub mod held;
