//! Amazon Bedrock's `Converse`, which models of every maker there are asked by. No client speaks it: bodies are written
//! from Anthropic's, and streams are read as Anthropic's, here at the door. Answers always come as streams.

mod request;
mod stream;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, header::ACCEPT};
use serde_json::Value;
use spec::model::Endpoint;

use super::{EventStream, Failure, Framing, Outgoing, Provider, Secrets, auth, request as url};

pub(super) struct Converse;

#[async_trait]
impl Provider for Converse {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let method = "converse-stream";
        let path = format!("/model/{}/{method}", url::encoded(&outgoing.model));
        let mut request = url::post(&url::at(endpoint, outgoing, method, &path), endpoint, outgoing)?;
        let accept = HeaderValue::from_static("application/vnd.amazon.eventstream");
        request.headers_mut().insert(ACCEPT, accept);
        // Anthropic's own headers mean nothing here.
        for name in ["anthropic-version", "anthropic-beta"] {
            request.headers_mut().remove(name);
        }
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }

    fn framing(&self) -> Box<dyn Framing> {
        Box::new(EventStream::of(Box::<stream::Events>::default()))
    }

    fn rewrites(&self) -> bool {
        true
    }

    fn rewrite(&self, body: Value) -> (Value, Vec<String>) {
        request::of(body)
    }
}
