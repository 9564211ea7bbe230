//! `openai-chat`: OpenAI's Chat Completions API, `POST /v1/chat/completions`.

mod calls;
mod content;
mod details;
mod mend;
mod message;
mod parts;
mod reader;
mod request;
mod response;
mod stream;

pub(crate) use content::{image_of, joined_text, result, url_of};
pub(crate) use message::put_reasoning_into;
pub(crate) use reader::Reader;
pub(crate) use request::{decode_request, encode_request};
pub(crate) use response::{encode_response, encode_usage};
pub(crate) use stream::Encoder;
