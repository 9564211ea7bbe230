//! Google's Gemini API, where the path names the model.

use async_trait::async_trait;
use bytes::Bytes;
use dialect::ErrorKind;
use http::Request;
use spec::model::Endpoint;

use super::{Failure, Outgoing, Provider, Secrets, request};

pub(super) struct Gemini;

#[async_trait]
impl Provider for Gemini {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let model = &outgoing.model;
        if !is_segment(model) {
            let detail = "the model's name cannot stand in a path";
            return Err(Failure::new(ErrorKind::InvalidRequest, detail));
        }
        let method = if outgoing.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let url = request::url(endpoint, "v1beta", &format!("models/{model}:{method}"));
        let mut request = request::post(&url, endpoint, outgoing)?;
        request::put_key(&mut request, ("x-goog-api-key", ""), endpoint, secrets)?;
        Ok(request)
    }
}

/// Whether a name is one safe segment of a path.
fn is_segment(name: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(safe)
}
