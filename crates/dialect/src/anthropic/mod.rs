//! `anthropic-messages`: Anthropic's Messages API, `POST /v1/messages`.

mod content;
mod reader;
mod request;
mod response;
mod stream;

pub(crate) use reader::Reader;
pub(crate) use request::{decode_request, encode_request};
pub(crate) use response::{encode_response, encode_usage};
pub(crate) use stream::Encoder;
