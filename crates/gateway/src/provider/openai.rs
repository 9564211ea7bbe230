//! OpenAI's API, its own or one that imitates it.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use spec::{Dialect, model::Endpoint};

use super::{Failure, Outgoing, Provider, Secrets, request};

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
        let path = match endpoint.dialect {
            Dialect::OpenaiResponses => "responses",
            _ => "chat/completions",
        };
        let url = request::with_query(request::url(endpoint, "v1", path), outgoing.query.as_deref());
        let mut request = request::post(&url, endpoint, outgoing)?;
        request::put_key(&mut request, ("authorization", "Bearer "), endpoint, secrets)?;
        Ok(request)
    }

    /// OpenAI's own reasoning models refuse `max_tokens`; servers that imitate the API know no other name.
    fn refuses_max_tokens(&self) -> bool {
        !self.imitated
    }
}
