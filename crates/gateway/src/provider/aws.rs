//! AWS Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign as signed},
    sign::v4::SigningParams,
};
use bytes::Bytes;
use dialect::ErrorKind;
use http::Request;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use spec::model::Endpoint;

use super::{Failure, Secrets, variables};

/// The name that signatures for Bedrock are made for; its host is called otherwise.
const SERVICE: &str = "bedrock";

/// Where and when a signature holds.
struct Scope<'a> {
    region: &'a str,
    service: &'a str,
    time: SystemTime,
}

/// What AWS's tools print for other programs (`credential_process`, `aws configure export-credentials`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    access_key_id: String,
    secret_access_key: SecretString,
    #[serde(default)]
    session_token: Option<SecretString>,
}

/// Signs a request for Bedrock.
pub(super) async fn sign(
    request: &mut Request<Bytes>,
    endpoint: &Endpoint,
    secrets: &Secrets,
) -> Result<(), Failure> {
    let region = endpoint.region().ok_or_else(|| internal("no AWS region is known"))?;
    let credentials = credentials(endpoint, secrets).await?;
    sign_with(request, &credentials, &Scope { region, service: SERVICE, time: SystemTime::now() })
}

async fn credentials(endpoint: &Endpoint, secrets: &Secrets) -> Result<Credentials, Failure> {
    let lacking = |why: &str| Failure::new(ErrorKind::Authentication, why);
    if let Some(printed) = secrets.key(endpoint).await? {
        let printed: Printed = serde_json::from_str(printed.expose_secret()).map_err(|_| {
            lacking("no AWS credentials: JSON with AccessKeyId and SecretAccessKey was expected")
        })?;
        secrets.remember(&printed.secret_access_key);
        printed.session_token.iter().for_each(|token| secrets.remember(token));
        let token = printed.session_token.map(|token| token.expose_secret().to_owned());
        let key = printed.secret_access_key.expose_secret();
        return Ok(Credentials::new(printed.access_key_id, key, token, None, "profile"));
    }
    let [id, key, token] = variables::AWS.map(|name| secrets.get(name).map(|secret| secret.expose_secret()));
    let (id, key) = id.zip(key).ok_or_else(|| lacking("no AWS credentials"))?;
    Ok(Credentials::new(id, key, token.map(str::to_owned), None, "environment"))
}

/// Signs the URL, the body, and the headers that nothing on the way changes.
fn sign_with(
    request: &mut Request<Bytes>,
    credentials: &Credentials,
    scope: &Scope<'_>,
) -> Result<(), Failure> {
    let cannot = |error: &dyn std::error::Error| internal(&format!("cannot be signed: {error}"));
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| cannot(&error))?
        .into();
    let uri = request.uri().to_string();
    let headers = request
        .headers()
        .iter()
        .filter(|(name, _)| *name == http::header::CONTENT_TYPE || name.as_str().starts_with("x-amz"));
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable =
        SignableRequest::new(request.method().as_str(), &uri, headers, SignableBody::Bytes(request.body()));
    let output = signable.and_then(|signable| signed(signable, &params));
    let (instructions, _) = output.map_err(|error| cannot(&error))?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn internal(why: &str) -> Failure {
    Failure::new(ErrorKind::Internal, why)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// The signature of AWS's published test vectors (`aws-sig-v4-test-suite`), for one that is posted.
    fn signature(uri: &str, content_type: Option<&'static str>, body: &'static str) -> String {
        let mut request = Request::post(uri).body(Bytes::from(body)).unwrap();
        // It changes on the way, and no signature may cover it.
        request.headers_mut().insert("accept-encoding", http::HeaderValue::from_static("identity"));
        if let Some(content_type) = content_type {
            request.headers_mut().insert("content-type", http::HeaderValue::from_static(content_type));
        }
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", key, None, None, "test");
        let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let scope = Scope { region: "us-east-1", service: "service", time };
        sign_with(&mut request, &credentials, &scope).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        let value = request.headers()["authorization"].to_str().unwrap();
        assert!(value.contains("Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"), "{value}");
        value.rsplit("Signature=").next().unwrap().to_owned()
    }

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        let vanilla = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(signature("https://example.amazonaws.com/", None, ""), vanilla);
        let form = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
        let content_type = Some("application/x-www-form-urlencoded");
        assert_eq!(signature("https://example.amazonaws.com/", content_type, "Param1=value1"), form);
        let query = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11";
        assert_eq!(signature("https://example.amazonaws.com/?Param1=value1", None, ""), query);
    }
}
