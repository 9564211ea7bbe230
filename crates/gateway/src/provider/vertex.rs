//! Google Cloud's Vertex AI: Gemini, Claude, and what its OpenAI-compatible endpoint serves.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use spec::{Dialect, model::Endpoint};

use super::{Failure, Outgoing, Provider, Secrets, auth, fit::Hosted, request};

pub(super) struct Vertex;

#[async_trait]
impl Provider for Vertex {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let part = |part: &Option<String>| request::encoded(part.as_deref().unwrap_or_default());
        let place =
            format!("/v1/projects/{}/locations/{}", part(&endpoint.project), part(&endpoint.location));
        let model = request::encoded(&outgoing.model);
        let (method, path) = match (endpoint.dialect, outgoing.stream) {
            (Dialect::Gemini, stream) => {
                let method = if stream { "streamGenerateContent" } else { "generateContent" };
                let sse = if stream { "?alt=sse" } else { "" };
                (method, format!("/publishers/google/models/{model}:{method}{sse}"))
            }
            (Dialect::AnthropicMessages, stream) => {
                let method = if stream { "streamRawPredict" } else { "rawPredict" };
                (method, format!("/publishers/anthropic/models/{model}:{method}"))
            }
            (dialect, _) => {
                let operation = request::openai_operation(dialect);
                (operation, format!("/endpoints/openapi/{operation}"))
            }
        };
        let url = request::at(endpoint, outgoing, method, &format!("{place}{path}"));
        let mut request = request::post(&url, endpoint, outgoing)?;
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }

    fn hosted(&self, endpoint: &Endpoint) -> Option<Hosted> {
        let claude = endpoint.dialect == Dialect::AnthropicMessages;
        claude.then_some(Hosted { version: "vertex-2023-10-16", stream_in_path: false, beta_in_body: false })
    }
}
