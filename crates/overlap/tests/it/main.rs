//! Holds the crate against reference vectors of independent implementations, against what must always hold, and against
//! texts that mean it ill.

#![expect(clippy::unwrap_used, reason = "a broken vector should stop the test where it is read")]

mod hostile;
mod properties;
mod vectors;
