//! Amazon Bedrock's `InvokeModel`: Anthropic's bodies, the model in the path, streams as binary events.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, header::ACCEPT};
use spec::model::Endpoint;

use super::{EventStream, Failure, Framing, Outgoing, Provider, Secrets, auth, fit::Hosted, request};

pub(super) struct Bedrock;

#[async_trait]
impl Provider for Bedrock {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let (method, accept) = match outgoing.stream {
            true => ("invoke-with-response-stream", "application/vnd.amazon.eventstream"),
            false => ("invoke", "application/json"),
        };
        let path = format!("/model/{}/{method}", request::encoded(&outgoing.model));
        let url = request::at(endpoint, outgoing, method, &path);
        let mut request = request::post(&url, endpoint, outgoing)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }

    fn framing(&self) -> Box<dyn Framing> {
        Box::new(EventStream::default())
    }

    fn hosted(&self, _: &Endpoint) -> Option<Hosted> {
        Some(Hosted { version: "bedrock-2023-05-31", stream_in_path: true, beta_in_body: true })
    }
}
