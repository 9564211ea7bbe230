//! What a client asks beside the body: headers and the query. What is known passes, in its own dialect; a header may
//! ask for a lane that costs more, or for a tool of the provider's.

use http::{HeaderMap, HeaderName, HeaderValue};
use spec::{Dialect, sweep::ServerTools};

use super::progress::Call;

/// Headers that change what a provider of the same dialect does.
const PASSED_ON: [&str; 3] = ["anthropic-version", "anthropic-beta", "openai-beta"];

/// How the names of betas begin that change how an answer is written or cached, and not what it costs or what the
/// provider does beside it. A date follows.
const BETAS: &[&str] = &[
    "adaptive-thinking-",
    "advanced-tool-use-",
    "cache-diagnosis-",
    "claude-code-",
    "computer-use-",
    "context-management-",
    "effort-",
    "extended-cache-ttl-",
    "fine-grained-tool-streaming-",
    "interleaved-thinking-",
    "max-tokens-",
    "mid-conversation-system-",
    "mid-conversation-tool-changes-",
    "model-context-window-exceeded-",
    "oauth-",
    "output-128k-",
    "pdfs-",
    "prompt-caching-",
    "redact-thinking-",
    "structured-outputs-",
    "task-budgets-",
    "thinking-display-updates-",
    "thinking-token-count-",
    "token-counting-",
    "token-efficient-tools-",
    "tool-examples-",
    "tool-search-tool-",
];

/// The headers and the query that a provider of the client's dialect gets; what goes is added to `edits`, in words.
pub(super) fn passed_on(call: &Call, edits: &mut Vec<String>) -> (HeaderMap, Option<String>) {
    let strips = call.session.spec.server_tools == ServerTools::Strip;
    let mut headers = HeaderMap::new();
    for name in PASSED_ON {
        let values = call.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let (kept, taken): (Vec<&str>, Vec<&str>) = values
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .partition(|word| !strips || is_known(name, word));
        edits.extend(taken.iter().map(|word| format!("{name}: `{}` taken out", shown(word))));
        if let Ok(value) = HeaderValue::try_from(kept.join(","))
            && !kept.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let pairs = call.query.iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty());
    // A token is nobody's but ours.
    let pairs = pairs.filter(|pair| !pair.starts_with("key="));
    let (kept, taken): (Vec<&str>, Vec<&str>) =
        pairs.partition(|pair| !strips || asks_for_form(call.dialect, pair));
    edits.extend(taken.iter().map(|pair| {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        format!("query: `{}` taken out", shown(name))
    }));
    (headers, (!kept.is_empty()).then(|| kept.join("&")))
}

fn is_known(header: &str, word: &str) -> bool {
    match header {
        "anthropic-beta" => BETAS.iter().any(|beta| {
            let date = word.strip_prefix(beta);
            date.is_some_and(|date| date.chars().all(|letter| letter.is_ascii_digit() || letter == '-'))
        }),
        "openai-beta" => word == "responses=experimental",
        _ => word.chars().all(|letter| letter.is_ascii_digit() || letter == '-'),
    }
}

/// Whether a pair of a query asks for a form of the answer.
fn asks_for_form(dialect: Dialect, pair: &str) -> bool {
    match dialect {
        Dialect::AnthropicMessages => pair == "beta=true",
        Dialect::Gemini => pair == "alt=sse",
        Dialect::OpenaiChat | Dialect::OpenaiResponses => false,
    }
}

/// The beginning of a word of the client's, for the record.
fn shown(word: &str) -> &str {
    &word[..word.floor_char_boundary(64)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn betas_are_known_by_their_name_and_a_date() {
        for word in ["claude-code-20250219", "interleaved-thinking-2025-05-14", "prompt-caching-2024-07-31"] {
            assert!(is_known("anthropic-beta", word), "{word}");
        }
        for word in [
            "context-1m-2025-08-07",
            "fast-mode-2026-02-01",
            "mcp-client-2025-04-04",
            "files-api-2025-04-14",
            "code-execution-2025-08-25",
            "web-fetch-2025-09-10",
            "compact-2026-01-12",
            "effort-fast-2026-01-01",
            "Claude-Code-20250219",
            "x",
        ] {
            assert!(!is_known("anthropic-beta", word), "{word}");
        }
        assert!(is_known("anthropic-version", "2023-06-01") && !is_known("anthropic-version", "x; fast=1"));
    }

    #[test]
    fn a_query_may_ask_for_a_form_and_nothing_else() {
        assert!(asks_for_form(Dialect::AnthropicMessages, "beta=true"));
        assert!(asks_for_form(Dialect::Gemini, "alt=sse"));
        for pair in ["beta=", "alt=sse%26x", "speed=fast", "alt=json", "api-version=1"] {
            for dialect in [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::Gemini] {
                assert!(!asks_for_form(dialect, pair), "{pair}");
            }
        }
    }
}
