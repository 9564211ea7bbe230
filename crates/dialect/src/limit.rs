//! How small answers and thinking may be.

/// The smallest answer that is of use, in tokens: the strictest API (`openai-responses`) lets none be shorter.
pub const LEAST_ANSWER: u64 = 16;

/// The smallest thinking budget of `anthropic-messages`, in tokens. The budget must also be below the output limit.
pub const LEAST_THINKING: u64 = 1024;

/// The thinking budget that fits under an output limit and leaves room for an answer; `None` where none does.
pub(crate) fn thinking(budget: u64, output: u64) -> Option<u64> {
    let most = output.saturating_sub(LEAST_ANSWER);
    (most >= LEAST_THINKING).then(|| budget.clamp(LEAST_THINKING, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_fits_under_the_limit_with_room_to_answer() {
        assert_eq!(thinking(8000, 9000), Some(8000));
        assert_eq!(thinking(8000, 2000), Some(1984));
        assert_eq!(thinking(128, 2000), Some(1024));
        assert_eq!(thinking(8000, 1040), Some(1024));
        assert_eq!(thinking(8000, 1039), None);
    }
}
