//! OpenAI's API, its own or one that imitates it.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use spec::model::Endpoint;

use super::{Failure, Outgoing, Provider, Secrets, auth, request};

pub(super) struct Openai {
    /// Whether it is another server than OpenAI's own.
    pub(super) imitated: bool,
}

#[async_trait]
impl Provider for Openai {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let operation = request::openai_operation(endpoint.dialect);
        let url = request::url(endpoint, outgoing, "v1", operation);
        let url = request::with_query(url, outgoing.query.as_deref());
        let mut request = request::post(&url, endpoint, outgoing)?;
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }

    /// OpenAI's own reasoning models refuse `max_tokens`; servers that imitate the API know no other name.
    fn refuses_max_tokens(&self) -> bool {
        !self.imitated
    }
}
