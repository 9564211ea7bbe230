//! `openai-responses`: OpenAI's Responses API, `POST /v1/responses`.

mod items;
mod request;
mod response;
mod stream;
mod tools;

pub(crate) use request::{decode_request, encode_request};
pub(crate) use response::{decode_response, encode_response, raw_usage};
pub(crate) use stream::{Decoder, Encoder};
