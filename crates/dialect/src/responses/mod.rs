//! `openai-responses`: OpenAI's Responses API, `POST /v1/responses`.

mod items;
mod output;
mod reader;
mod request;
mod response;
mod stream;
mod tools;

pub(crate) use reader::Reader;
pub(crate) use request::{decode_request, encode_request};
pub(crate) use response::{encode_response, encode_usage};
pub(crate) use stream::Encoder;
