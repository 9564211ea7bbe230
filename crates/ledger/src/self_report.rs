//! What a harness says it used, beside what was metered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::TrialEnd;

/// What a harness says it used. It is charged for nothing: only what the gateway counted is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfReport {
    /// Model calls; `None` where it does not tell.
    pub calls: Option<u64>,
    /// Input tokens, cached or not.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
}

/// What a harness says it used, over what was metered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelfReportRatio {
    /// Of calls; `None` where it does not tell them, or none was metered.
    pub calls: Option<f64>,
    /// Of tokens, input and output together; `None` where none was metered.
    pub tokens: Option<f64>,
}

impl TrialEnd {
    /// What the harness says it used, over what was metered; `None` where it says nothing.
    pub fn self_report_ratio(&self) -> Option<SelfReportRatio> {
        let told = self.self_report?;
        let over = |told: u64, metered: u64| (metered > 0).then(|| told as f64 / metered as f64);
        Some(SelfReportRatio {
            calls: told.calls.and_then(|calls| over(calls, u64::from(self.spent.calls))),
            tokens: over(told.input.saturating_add(told.output), self.spent.usage.total()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_needs_both_numbers() {
        let mut end: TrialEnd = serde_json::from_value(serde_json::json!({
            "trial": "t", "try_number": 1, "outcome": "PASS", "detail": "", "score": 1.0, "rewards": {},
            "spent": {"calls": 4, "charged": 0.0, "usd": 0.0, "usage": {
                "input_uncached": 100, "cache_read": 50, "cache_write": 0, "output": 40, "reasoning": 10,
            }},
            "unspent": 0.0, "agent_seconds": 0.0, "grading_seconds": 0.0, "total_seconds": 0.0, "workspace": null,
            "commands": null, "verifier_output": null, "harness_output": null, "dns_names": [], "resources": {},
            "flags": [],
        }))
        .unwrap();
        assert_eq!(end.self_report_ratio(), None);
        end.self_report = Some(SelfReport { calls: Some(3), input: 30, output: 20 });
        assert_eq!(end.self_report_ratio(), Some(SelfReportRatio { calls: Some(0.75), tokens: Some(0.25) }));
        end.spent.calls = 0;
        assert_eq!(end.self_report_ratio().unwrap().calls, None);
    }
}
