//! What users see of this crate: messages, schemas, and a project read as a whole.

mod kit;
mod messages;
mod project;
mod repository;
mod schemas;
mod task;
