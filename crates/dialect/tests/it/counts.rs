//! The names that providers have for their counts, each as its documentation or its own client writes them.

use dialect::{Dialect, Doubt, Reader, neutral::Usage};
use serde_json::{Value, json};

use Dialect::{AnthropicMessages as Messages, Gemini, OpenaiChat as Chat, OpenaiResponses as Responses};

/// Who, in which dialect, says what, and what it means: fresh input, read from a cache, written to one, output,
/// reasoning.
type Case = (&'static str, Dialect, Value, [u64; 5]);

fn cases() -> Vec<Case> {
    vec![
        (
            "OpenAI, Azure OpenAI: API reference, chat object",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 20}}),
            [30, 60, 10, 30, 20],
        ),
        (
            "Kimi: platform documentation, chat API",
            Chat,
            json!({"prompt_tokens": 10000, "completion_tokens": 10, "total_tokens": 10010, "cached_tokens": 9900}),
            [100, 9900, 0, 10, 0],
        ),
        (
            "DeepSeek: create chat completion",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "prompt_cache_hit_tokens": 64,
                "prompt_cache_miss_tokens": 36, "completion_tokens_details": {"reasoning_tokens": 20}}),
            [36, 64, 0, 30, 20],
        ),
        (
            "GLM: context caching; Fireworks, Cerebras, TensorRT-LLM: their clients",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 64}}),
            [36, 64, 0, 50, 0],
        ),
        (
            "Qwen, Model Studio: context cache",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "prompt_tokens_details": {
                "cached_tokens": 60, "cache_creation_input_tokens": 30, "cache_type": "ephemeral",
                "cache_creation": {"ephemeral_5m_input_tokens": 30}}}),
            [10, 60, 30, 50, 0],
        ),
        (
            "Mistral: prompt caching",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "num_cached_tokens": 64,
                "prompt_audio_seconds": {}}),
            [36, 64, 0, 50, 0],
        ),
        (
            "xAI: usage and pricing; reasoning stands beside the completion",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 310,
                "prompt_tokens_details": {"text_tokens": 100, "cached_tokens": 40},
                "completion_tokens_details": {"reasoning_tokens": 200}}),
            [60, 40, 0, 10, 200],
        ),
        (
            "Together: its client",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "cached_tokens": 32}),
            [68, 32, 0, 50, 0],
        ),
        (
            "OpenRouter: usage accounting",
            Chat,
            json!({"prompt_tokens": 194, "completion_tokens": 2, "total_tokens": 196, "cost": 0.95, "is_byok": false,
                "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 50, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0}, "cost_details": {"upstream_inference_cost": 19}}),
            [44, 100, 50, 2, 0],
        ),
        (
            "LiteLLM: prompt caching",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "cache_creation_input_tokens": 30, "cache_read_input_tokens": 60}),
            [10, 60, 30, 50, 0],
        ),
        (
            "vLLM: its protocol; details are null unless asked for",
            Chat,
            json!({"prompt_tokens": 100, "total_tokens": 150, "completion_tokens": 50, "prompt_tokens_details": null}),
            [100, 0, 0, 50, 0],
        ),
        (
            "SGLang: its usage processor; reasoning is within the completion",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "reasoning_tokens": 20}),
            [100, 0, 0, 30, 20],
        ),
        (
            "Gemini's own endpoint of this dialect: thoughts are in the total alone",
            Chat,
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 190}),
            [100, 0, 0, 50, 40],
        ),
        (
            "OpenAI, xAI, Azure: API reference, response object",
            Responses,
            json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 150}),
            [30, 60, 10, 30, 20],
        ),
        (
            "Anthropic, DeepSeek, Kimi, GLM, MiniMax: messages; cached input stands beside the rest",
            Messages,
            json!({"input_tokens": 20, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 10,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 50, "service_tier": "standard"}),
            [20, 70, 10, 50, 0],
        ),
        (
            "Gemini, Vertex AI: usage metadata",
            Gemini,
            json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 30, "thoughtsTokenCount": 20, "totalTokenCount": 155,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}]}),
            [45, 60, 0, 30, 20],
        ),
    ]
}

fn read(dialect: Dialect, usage: &Value) -> (Usage, Vec<Doubt>) {
    let body = match dialect {
        Messages => {
            json!({"content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn", "usage": usage})
        }
        Chat => json!({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": usage}),
        Responses => json!({"status": "completed", "usage": usage, "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "x"}]}]}),
        Gemini => json!({"usageMetadata": usage, "candidates": [
            {"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]}),
    };
    let mut reader = Reader::new(dialect, "");
    reader.whole(body).unwrap();
    (reader.response().usage.unwrap(), reader.doubts())
}

#[test]
fn each_providers_counts_mean_what_its_documentation_says() {
    for (who, dialect, told, [input_uncached, cache_read, cache_write, output, reasoning]) in cases() {
        let expected = Usage { input_uncached, cache_read, cache_write, output, reasoning };
        assert_eq!(read(dialect, &told), (expected, vec![]), "{who}");
    }
}

#[test]
fn more_cached_input_than_input_is_doubted() {
    let told = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cached_tokens": 900});
    let (usage, doubts) = read(Chat, &told);
    assert_eq!((usage.input_uncached, usage.cache_read, doubts), (10, 0, vec![Doubt::CachedAboveInput]));
}
