//! Anthropic's own API.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request};
use spec::model::Endpoint;

use super::{Failure, Outgoing, Provider, Secrets, auth, request};

pub(super) struct Anthropic;

#[async_trait]
impl Provider for Anthropic {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let url = request::url(endpoint, outgoing, "v1", "messages");
        let url = request::with_query(url, outgoing.query.as_deref());
        let mut request = request::post(&url, endpoint, outgoing)?;
        let version = request.headers_mut().entry("anthropic-version");
        version.or_insert(HeaderValue::from_static("2023-06-01"));
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }
}
