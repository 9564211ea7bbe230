//! Token counts before a provider has told them: what a request is likely to take, and the most it can.
//!
//! *Likely* is four bytes to a token, which is near the truth for English and code with the tokenizers of all vendors.
//! *Most* is what holds for any text: no tokenizer makes more than one token of a byte. Neither believes that a field
//! is cheap because nobody here reads it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::neutral::{Content, Request, Tool};

const BYTES_PER_TOKEN: u64 = 4;
/// Bytes of a body to a token: names, quotes and escapes stand between the words.
const BODY_BYTES_PER_TOKEN: u64 = 6;
/// What surrounds a message or a tool, in bytes.
const FRAME: u64 = 16;
/// A picture, in bytes: about 1,500 tokens, what vendors charge for one of a million pixels.
const PICTURE: u64 = 6_000;
/// The most that a picture takes, in tokens: eight tiles by the dearest published table, that of `gpt-4o-mini` (2,833,
/// and 5,667 for each tile of 512 × 512 pixels after scaling; OpenAI's guide to images and vision, 2025).
const PICTURE_MOST: u64 = 2_833 + 8 * 5_667;
/// Base64 of a picture that is read in search of its size. In photographs, a preview of up to 64 KiB comes first.
const PICTURE_HEAD: usize = 256 << 10;
/// The most that a provider's template adds to a block or a tool, in tokens; a translation adds no more in bytes.
const BLOCK_MOST: u64 = 64;
/// The most that a provider's template adds to a request, in tokens: instructions for the use of tools, mostly.
const REQUEST_MOST: u64 = 1_024;

/// What a request takes to read, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// What it is likely to take.
    pub likely: u64,
    /// The most it can take, as text and pictures.
    pub most: u64,
}

/// The weight of a request whose body has so many bytes. All bytes count, whatever they are, save those of pictures
/// whose size can be read: vendors charge pictures by their size.
pub fn weight(request: &Request, body: u64) -> Weight {
    let all = || blocks_of(request);
    let (pictures, shown) = all().map(pictures).fold((0, 0), both);
    let rest = body.saturating_sub(shown);
    let parts = all().map(parts).sum::<u64>() + request.tools.len() as u64;
    Weight {
        likely: input(request).max(rest.div_ceil(BODY_BYTES_PER_TOKEN)),
        most: rest + pictures * PICTURE_MOST + parts * BLOCK_MOST + REQUEST_MOST,
    }
}

/// The most that the text of some blocks and tools takes that a provider has counted, in tokens: what of [`weight`] is
/// known to be theirs. Pictures and reasoning are left out: what they take depends on more than on what they are.
pub fn counted(content: &[Content]) -> u64 {
    content.iter().map(|block| text_bytes(block) + parts(block) * BLOCK_MOST).sum()
}

/// The same of a tool.
pub fn counted_tool(tool: &Tool) -> u64 {
    (tool.name.len() + tool.description.len()) as u64 + strings(&tool.parameters) + BLOCK_MOST
}

/// Bytes of text that a provider reads for certain.
pub fn text(request: &Request) -> u64 {
    let tools: u64 = request.tools.iter().map(|tool| (tool.name.len() + tool.description.len()) as u64).sum();
    tools + blocks_of(request).map(text_bytes).sum::<u64>()
}

/// Input tokens of a request, likely, by what of it is understood.
pub fn input(request: &Request) -> u64 {
    let system = blocks(&request.system);
    let messages: u64 = request.messages.iter().map(|message| FRAME + blocks(&message.content)).sum();
    let tools: u64 = request.tools.iter().map(tool).sum();
    let schema = request.output_schema.as_ref().map_or(0, json);
    tokens(system + messages + tools + schema)
}

/// Output tokens of an answer's content, likely.
pub fn output(content: &[Content]) -> u64 {
    tokens(blocks(content))
}

/// The most output tokens that an answer's content can have been, where nothing of it is hidden.
pub fn output_most(content: &[Content]) -> u64 {
    blocks(content)
}

/// Bytes of text in an answer, hidden and signed parts left out.
pub fn said(content: &[Content]) -> u64 {
    content.iter().map(text_bytes).sum()
}

/// Tokens of so many bytes, likely, rounded up.
pub fn tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

fn blocks_of(request: &Request) -> impl Iterator<Item = &Content> {
    request.system.iter().chain(request.messages.iter().flat_map(|message| &message.content))
}

fn blocks(content: &[Content]) -> u64 {
    content.iter().map(block).sum()
}

fn block(content: &Content) -> u64 {
    match content {
        Content::Text { text, .. } => text.len() as u64,
        Content::Image { media_type, data } if media_type.is_empty() || is_picture(data) => PICTURE,
        Content::Image { data, .. } => data.len() as u64,
        Content::Reasoning { text, signature } => {
            (text.len() + signature.as_ref().map_or(0, String::len)) as u64
        }
        Content::ToolCall { name, arguments, .. } => FRAME + name.len() as u64 + json(arguments),
        Content::ToolResult { content, .. } => FRAME + blocks(content),
    }
}

fn text_bytes(content: &Content) -> u64 {
    match content {
        Content::Text { text, .. } => text.len() as u64,
        Content::Image { .. } | Content::Reasoning { .. } => 0,
        Content::ToolCall { name, arguments, .. } => name.len() as u64 + strings(arguments),
        Content::ToolResult { content, .. } => content.iter().map(text_bytes).sum(),
    }
}

/// Blocks, those within others among them.
fn parts(content: &Content) -> u64 {
    match content {
        Content::ToolResult { content, .. } => 1 + content.iter().map(parts).sum::<u64>(),
        _ => 1,
    }
}

/// Pictures, those in results among them: by URL or with a size that can be read; and the bytes of the latter.
fn pictures(content: &Content) -> (u64, u64) {
    match content {
        Content::Image { media_type, .. } if media_type.is_empty() => (1, 0),
        Content::Image { data, .. } if is_picture(data) => (1, data.len() as u64),
        Content::ToolResult { content, .. } => content.iter().map(pictures).fold((0, 0), both),
        _ => (0, 0),
    }
}

fn both((a, b): (u64, u64), (c, d): (u64, u64)) -> (u64, u64) {
    (a + c, b + d)
}

/// Whether the data is of a picture whose size can be read: what only calls itself one is charged as what it is.
fn is_picture(data: &str) -> bool {
    let head = &data.as_bytes()[..data.len().min(PICTURE_HEAD) / 4 * 4];
    STANDARD.decode(head).is_ok_and(|bytes| imagesize::blob_size(&bytes).is_ok())
}

fn tool(tool: &Tool) -> u64 {
    let hosted = tool.hosted.as_ref().map_or(0, |(kind, rest)| {
        kind.len() as u64 + rest.iter().map(|(key, value)| key.len() as u64 + json(value)).sum::<u64>()
    });
    FRAME + (tool.name.len() + tool.description.len()) as u64 + json(&tool.parameters) + hosted
}

/// The length of a value written out, without writing it.
fn json(value: &Value) -> u64 {
    match value {
        Value::Null => 4,
        Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len() as u64,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => 2 + items.iter().map(|item| json(item) + 1).sum::<u64>(),
        Value::Object(map) => {
            2 + map.iter().map(|(key, item)| key.len() as u64 + 4 + json(item)).sum::<u64>()
        }
    }
}

/// The length of the texts in a value: no way of writing it is shorter.
fn strings(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(strings).sum(),
        Value::Object(map) => map.iter().map(|(key, item)| key.len() as u64 + strings(item)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neutral::{Message, Role};

    fn said(content: Content) -> Request {
        Request { messages: vec![Message { role: Role::User, content: vec![content] }], ..Request::default() }
    }

    #[test]
    fn a_picture_is_charged_by_its_size_and_what_only_says_so_by_its_bytes() {
        let picture =
            |bytes: &[u8]| Content::Image { media_type: "image/png".into(), data: STANDARD.encode(bytes) };
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x03\0\x08\x02\0\0\0".to_vec();
        png.resize(1_200_000, 7);
        let honest = weight(&said(picture(&png)), 1_600_100);
        assert!(honest.likely < 2_000 && honest.most < 60_000, "{honest:?}");
        let noise = weight(&said(picture(&vec![7; 1_200_000])), 1_600_100);
        assert!(noise.likely >= 400_000 && noise.most >= 1_600_000, "{noise:?}");
    }

    #[test]
    fn what_nobody_reads_counts_by_its_bytes() {
        let weight = weight(&said(Content::Text { text: "hi".into(), cache: false }), 60_000_000);
        assert!(weight.likely >= 10_000_000 && weight.most >= 60_000_000, "{weight:?}");
    }

    #[test]
    fn text_is_likely_four_bytes_a_token_and_a_token_a_byte_at_the_most() {
        let text = "word ".repeat(2_000);
        let weight = weight(&said(Content::Text { text, cache: false }), 10_100);
        assert_eq!(weight, Weight { likely: 2_504, most: 10_100 + BLOCK_MOST + REQUEST_MOST });
    }
}
