//! Puts into a request what proves who asks.

use bytes::Bytes;
use http::{HeaderValue, Request};
use secrecy::ExposeSecret as _;
use spec::model::{Auth, Endpoint};

use super::{Failure, Secrets, aws, google, request::unsendable};

/// Puts the proof in. Comes last: a signature covers all that goes out.
pub(super) async fn prove(
    request: &mut Request<Bytes>,
    endpoint: &Endpoint,
    secrets: &Secrets,
) -> Result<(), Failure> {
    let (name, scheme) = match endpoint.auth() {
        Auth::None => return Ok(()),
        Auth::Bearer => ("authorization", "Bearer "),
        Auth::XApiKey => ("x-api-key", ""),
        Auth::ApiKey => ("api-key", ""),
        Auth::XGoogApiKey => ("x-goog-api-key", ""),
        Auth::Sigv4 => return aws::sign(request, endpoint, secrets).await,
        Auth::ServiceAccount => {
            let token = google::of_account(endpoint, secrets).await?;
            return put(request, "authorization", &format!("Bearer {}", token.expose_secret()));
        }
        Auth::Metadata => {
            let token = google::of_machine(secrets).await?;
            return put(request, "authorization", &format!("Bearer {}", token.expose_secret()));
        }
    };
    match secrets.key(endpoint).await? {
        Some(key) => put(request, name, &format!("{scheme}{}", key.expose_secret())),
        None => Ok(()),
    }
}

fn put(request: &mut Request<Bytes>, name: &'static str, value: &str) -> Result<(), Failure> {
    let mut value = HeaderValue::try_from(value).map_err(|_| unsendable(name))?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}
