//! `gemini`: Google's Gemini API, `POST /v1beta/models/MODEL:generateContent` and `:streamGenerateContent`.
//!
//! The path names the model and whether to stream; whoever decodes a request puts both into the body, as `model` and
//! `stream`.

mod parts;
mod reader;
mod request;
mod response;
mod signature;
mod stream;

pub(crate) use reader::Reader;
pub(crate) use request::{camel, decode_request, encode_request};
pub(crate) use response::{encode_response, encode_usage};
pub(crate) use stream::Encoder;
