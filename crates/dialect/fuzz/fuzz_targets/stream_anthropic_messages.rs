#![no_main]

use dialect::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| dialect_fuzz::held::stream(Dialect::AnthropicMessages, data));
