//! Why a provider refused a request, told by its words. Statuses and codes tell it otherwise at each provider, and many
//! tell it in their message alone.

use crate::error::ErrorKind;

/// Why a request was refused that only a conversation can have caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not fit the model's window, or is larger than the provider takes.
    TooLong,
    /// The provider's policy forbids its content.
    Policy,
}

/// Reads a refusal's words: its message, or its whole body. `None` where they say nothing of the conversation: then it is
/// the request's form that was refused, or whoever asked.
pub fn refusal(kind: ErrorKind, words: &str) -> Option<Refusal> {
    let words = words.to_lowercase();
    let is_long = |wanted: &dyn Fn(&Sentence<'_>) -> bool| {
        sentences(&words).any(|sentence| wanted(&sentence) && sentence.is_too_long())
    };
    match kind {
        ErrorKind::TooLarge => Some(Refusal::TooLong),
        // They say of a rate or of an account what others say of a conversation.
        ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Billing | ErrorKind::NotFound => None,
        _ if is_forbidden(&words) => Some(Refusal::Policy),
        ErrorKind::Authentication | ErrorKind::Permission => {
            is_long(&|sentence| sentence.has(&["context"])).then_some(Refusal::TooLong)
        }
        ErrorKind::InvalidRequest | ErrorKind::Method | ErrorKind::Upstream | ErrorKind::Internal => {
            is_long(&|_| true).then_some(Refusal::TooLong)
        }
    }
}

/// A sentence, or a code such as `context_length_exceeded`, in lower case.
struct Sentence<'a> {
    text: &'a str,
    words: Vec<&'a str>,
}

/// The sentences of a text, and each code in it as a sentence of its own.
fn sentences(text: &str) -> impl Iterator<Item = Sentence<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let prose = text.split(['.', '\n', ';', '{', '}']).map(move |text| {
        let words = text.split(move |c| !is_part(c)).filter(|word| !word.is_empty());
        Sentence { text, words: words.collect() }
    });
    let codes = text.split(move |c| !is_part(c)).filter(|word| word.contains('_'));
    prose.chain(codes.map(|text| Sentence { text, words: text.split('_').collect() }))
}

impl Sentence<'_> {
    fn has(&self, wanted: &[&str]) -> bool {
        self.words.iter().any(|word| wanted.contains(word))
    }

    fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.text.contains(phrase))
    }

    /// Whether it says of the conversation that it is too long.
    fn is_too_long(&self) -> bool {
        let names_the_window = ["context length", "context limit", "context size", "context window"];
        if self.says(&["reduce the length of", "reduce your prompt"]) || self.says(&names_the_window) {
            return true;
        }
        let of_a_whole = ["context", "prompt", "input", "inputs", "conversation", "messages", "request"];
        let is_of_the_answer = self.has(&["output", "completion", "completions"]) && !self.has(&of_a_whole);
        let is_of_a_rate = self.says(&["per minute", "per day", "per second", "quota", "rate limit"]);
        let is_of_one_field = self.says(&["input should", "string should"]);
        if is_of_the_answer || is_of_a_rate || is_of_one_field {
            return false;
        }
        let counted = self.has(&["context", "prompt", "token", "tokens"]);
        let sized = self.has(&["input", "conversation", "request", "payload", "body", "entity"]);
        counted && self.says(BEYOND) || sized && self.says(TOO_LARGE)
    }
}

/// How it is said of something counted, as of a number of tokens, that it is too much.
const BEYOND: &[&str] = &[
    "<=",
    "at most",
    "exceed",
    "greater than",
    "larger than",
    "less than",
    "limit",
    "longer than",
    "maximum",
    "only supports",
    "over the",
    "overflow",
    "range of",
    "reduce",
    "supports only",
    "too big",
    "too large",
    "too long",
    "too many",
    "too_large",
    "too_long",
    "too_many",
    "up to",
    "超",
    "过长",
];

/// How it is said of a whole that it is too large.
const TOO_LARGE: &[&str] = &[
    "exceeds the limit",
    "exceeds the maximum",
    "length should be",
    "size exceeds",
    "too big",
    "too large",
    "too long",
    "too_big",
    "too_large",
    "too_long",
];

/// Whether it says that the content is forbidden.
fn is_forbidden(words: &str) -> bool {
    const PHRASES: &[&str] = &[
        "blocked due to",
        "content exists risk",
        "content filter",
        "content management policy",
        "content policy",
        "content_filter",
        "content_policy",
        "considered high risk",
        "cybersecurity risk",
        "data_inspection_failed",
        "datainspectionfailed",
        "flagged",
        "harmful",
        "inappropriate content",
        "invalid_prompt",
        "prohibited content",
        "prohibited_content",
        "responsibleaipolicy",
        "sensitive content",
        "sensitive information",
        "sensitive words",
        "usage guidelines",
        "usage policies",
        "usage policy",
    ];
    PHRASES.iter().any(|phrase| words.contains(phrase))
        || sentences(words).any(|sentence| sentence.has(&["safety", "moderation"]) && !sentence.is_code())
}

impl Sentence<'_> {
    /// Whether it is the name of a field or a code.
    fn is_code(&self) -> bool {
        self.text.contains('_') && !self.text.contains(' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As providers and servers word it, in the order of their names.
    const TOO_LONG: &[&str] = &[
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length",
        "prompt is too long: 213462 tokens > 200000 maximum",
        "Input is too long for requested model.",
        "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
        r#"{"message": "Please reduce the length of the messages or completion.", "code": "context_length_exceeded"}"#,
        "too many tokens: total number of tokens in the prompt cannot exceed 4081",
        "Range of input length should be [1, 129024]",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
        "Request payload size exceeds the limit: 20971520 bytes.",
        "prompt token count of 128001 exceeds the limit of 128000",
        r#"{"error": {"message": "", "type": "exceed_context_size_error"}}"#,
        "request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it",
        "Trying to keep the first 5000 tokens when context the overflows.",
        "The number of tokens to keep from the initial prompt is greater than the context length",
        "invalid params, context window exceeds limit (2013)",
        "Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
        "prompt too long; exceeded max context length by 4 tokens",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens.",
        "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens",
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097",
        "`inputs` must have less than 1024 tokens. Given: 2000",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "Prompt 超长",
        "context length",
    ];

    const FORBIDDEN: &[&str] = &[
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        r#"{"error": {"code": "content_filter", "message": "The response was filtered"}}"#,
        r#"{"innererror": {"code": "ResponsibleAIPolicyViolation"}}"#,
        "Output blocked by content filtering policy. It was blocked due to the content filter",
        "Content Exists Risk",
        r#"{"code": "data_inspection_failed", "message": "Input data may contain inappropriate content."}"#,
        "The request was rejected because it was considered high risk",
        "Your prompt was flagged as potentially violating our usage policy.",
        "This content was flagged for possible cybersecurity risk.",
        "Invalid prompt: the request was rejected by our safety system.",
        "Content violates usage guidelines.",
    ];

    const OF_FORM: &[&str] = &[
        "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got 50.",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got 200.",
        "max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you gave 32000.",
        "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "thinking.budget_tokens: Input should be greater than or equal to 1024",
        "messages.1.content.0.type: Input should be 'text' or 'image'",
        "Function call `Read` in the 2. content block is missing a `thought_signature`.",
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        "The number of toolResult blocks exceeds the number of toolUse blocks of previous turn.",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "Unknown parameter: 'safety_identifier'.",
        "Prompt contains more than one system message",
        "temperature: must be less than or equal to 1",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        "tool_use ids were found without tool_result blocks immediately after",
        "property names are case sensitive",
    ];

    #[test]
    fn providers_words_tell_whose_matter_a_refusal_is() {
        for (all, meant) in
            [(TOO_LONG, Some(Refusal::TooLong)), (FORBIDDEN, Some(Refusal::Policy)), (OF_FORM, None)]
        {
            for words in all {
                assert_eq!(refusal(ErrorKind::InvalidRequest, words), meant, "{words}");
            }
        }
    }

    #[test]
    fn what_is_said_of_a_rate_or_an_account_is_not_said_of_a_conversation() {
        let rate = "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000";
        assert_eq!(refusal(ErrorKind::InvalidRequest, rate), None);
        assert_eq!(refusal(ErrorKind::RateLimit, "Too many tokens, please wait before trying again."), None);
        assert_eq!(refusal(ErrorKind::Authentication, "the token exceeds its lifetime"), None);
        let plan = "your plan supports only 256K context";
        assert_eq!(refusal(ErrorKind::Authentication, plan), Some(Refusal::TooLong));
        assert_eq!(refusal(ErrorKind::TooLarge, ""), Some(Refusal::TooLong));
    }
}
