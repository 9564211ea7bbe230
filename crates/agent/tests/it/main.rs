//! The loop against a scripted model and shell.

mod ends;
#[cfg(test)]
mod script;
mod talk;
