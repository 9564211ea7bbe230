//! On the real engine, with the real harnesses.

mod blind;
mod spender;

/// Every arm that is built in or that the repository's own harnesses give.
const ARMS: [&str; 3] = ["bare/generic", "claude-code/specific", "opencode/specific"];
