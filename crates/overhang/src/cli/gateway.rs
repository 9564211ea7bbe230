//! Arguments of `overhang gateway`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

pub(crate) const HELP: &str = "\
Clients find the gateway by two variables each, which are printed as `export` lines once it listens:
  openai         OPENAI_BASE_URL=http://ADDRESS/v1         OPENAI_API_KEY=TOKEN
  anthropic      ANTHROPIC_BASE_URL=http://ADDRESS         ANTHROPIC_API_KEY=TOKEN
  google-genai   GOOGLE_GEMINI_BASE_URL=http://ADDRESS     GEMINI_API_KEY=TOKEN
Each model has a token of its own, and a token leads to its model, whatever model a client asks for. The tokens are \
made up, or read from OVERHANG_GATEWAY_TOKEN (several models: in their order, with commas between) and then not \
printed. The providers' keys stay here.

/health answers without a token, and so does /metrics, in the format of Prometheus.
OVERHANG_LOG=info shows each call. Ctrl-C settles what is under way and prints what was used.

Examples:
  overhang gateway --model models/claude-sonnet-5.toml --budget 400000
  overhang gateway --model models/local-llama-cpp.toml --unix /tmp/gateway.sock --record calls";

#[derive(Args, Debug)]
pub(crate) struct GatewayArgs {
    /// Model profiles to serve.
    #[arg(long = "model", value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) models: Vec<PathBuf>,
    /// Most that each model may use, in the meter's units; no bound without it.
    #[arg(long, value_name = "UNITS")]
    pub(crate) budget: Option<f64>,
    /// What turns a call's usage into units: `total`, `fresh`, `price`, or a formula, as `output + 0.1 * cache_read`.
    #[arg(long, value_name = "FORMULA", default_value = "total")]
    pub(crate) meter: String,
    /// Address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4141")]
    pub(crate) listen: SocketAddr,
    /// Listen on an address that other machines reach; nothing on the way is encrypted.
    #[arg(long)]
    pub(crate) expose: bool,
    /// Listen on a Unix socket instead, for this user only.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["listen", "expose"])]
    pub(crate) unix: Option<PathBuf>,
    /// Write calls (calls.jsonl) and bodies (blobs/) into a directory that holds none yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
}
