//! `openai-chat`: OpenAI's Chat Completions API, `POST /v1/chat/completions`.

mod content;
mod message;
mod request;
mod response;
mod stream;

pub(crate) use content::{image_of, joined_text, result_text, url_of};
pub(crate) use request::{decode_request, encode_request};
pub(crate) use response::{decode_response, encode_response, raw_usage};
pub(crate) use stream::{Decoder, Encoder};
