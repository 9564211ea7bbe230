//! Google's Gemini API, where the path names the model.

use async_trait::async_trait;
use bytes::Bytes;
use dialect::ErrorKind;
use http::Request;
use spec::model::Endpoint;

use super::{Failure, Outgoing, Provider, Secrets, auth, request};

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
        let (method, sse) =
            if outgoing.stream { ("streamGenerateContent", "?alt=sse") } else { ("generateContent", "") };
        let path = format!("models/{model}:{method}{sse}");
        let url = request::url_by(endpoint, outgoing, method, ("v1beta", &path));
        let mut request = request::post(&url, endpoint, outgoing)?;
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }
}

/// Whether a name is one safe segment of a path.
fn is_segment(name: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(safe)
}
