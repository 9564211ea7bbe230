//! The sandbox against a real engine.

mod docker;
