//! Azure OpenAI: deployments in the path with a dated version of the API, or the path without one.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use spec::{Dialect, model::Endpoint};

use super::{Failure, Outgoing, Provider, Secrets, auth, request};

pub(super) struct Azure;

#[async_trait]
impl Provider for Azure {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let operation = request::openai_operation(endpoint.dialect);
        let (path, query) = match (&endpoint.api_version, endpoint.dialect) {
            (None, _) => (format!("/openai/v1/{operation}"), None),
            // A deployment is named in the path, but for the newer API, which names it in the body.
            (Some(version), Dialect::OpenaiChat) => {
                let deployment = request::encoded(&outgoing.model);
                (format!("/openai/deployments/{deployment}/{operation}"), Some(version))
            }
            (Some(version), _) => (format!("/openai/{operation}"), Some(version)),
        };
        let url = request::at(endpoint, outgoing, operation, &path);
        let version = query.map(|version| format!("api-version={}", request::encoded(version)));
        let url = request::with_query(url, version.as_deref());
        let mut request = request::post(&url, endpoint, outgoing)?;
        auth::prove(&mut request, endpoint, secrets).await?;
        Ok(request)
    }

    fn refuses_max_tokens(&self) -> bool {
        true
    }
}
