//! Access tokens of Google Cloud: for a service account, for a person's own credentials, and for the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use dialect::ErrorKind;
use http::{Request, header::CONTENT_TYPE};
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use spec::model::Endpoint;

use super::{Failure, Secrets, client, fresh::Fresh, limits::UpstreamLimits, variables};

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const METADATA_HOST: &str = "metadata.google.internal";
/// How long an assertion holds, in seconds.
const ASSERTED: u64 = 3600;
/// Largest answer of a token server, in bytes.
const LARGEST: usize = 1 << 20;

/// A credentials file of Google's.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Account {
    ServiceAccount {
        client_email: String,
        private_key: SecretString,
        #[serde(default)]
        private_key_id: Option<String>,
        #[serde(default)]
        token_uri: Option<String>,
    },
    AuthorizedUser {
        client_id: String,
        client_secret: SecretString,
        refresh_token: SecretString,
        #[serde(default)]
        token_uri: Option<String>,
    },
}

/// What a token server says.
#[derive(Deserialize)]
struct Token {
    access_token: SecretString,
    expires_in: u64,
}

/// A token for the account whose file the endpoint, or the environment, names.
pub(super) async fn of_account(endpoint: &Endpoint, secrets: &Secrets) -> Result<SecretString, Failure> {
    let file = endpoint.key_file.as_deref().or_else(|| secrets.place(variables::GOOGLE_CREDENTIALS));
    let file = file.ok_or_else(|| lacking("no credentials file is named".into()))?;
    secrets
        .renewed(&format!("google account {file}"), async || {
            let text = secrets.file(file).await?;
            let account: Account = serde_json::from_str(text.expose_secret()).map_err(|_| {
                lacking(format!(
                    "{file}: a key of a service account, or a person's own credentials, was expected"
                ))
            })?;
            let (uri, form) = exchange(&account, secrets, SystemTime::now())?;
            let request = Request::post(&uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            asked(request.body(Bytes::from(form)), secrets).await
        })
        .await
}

/// A token for the machine this runs on.
pub(super) async fn of_machine(secrets: &Secrets) -> Result<SecretString, Failure> {
    secrets
        .renewed("google machine", async || {
            let host = secrets.place(variables::METADATA_HOST).unwrap_or(METADATA_HOST);
            let uri = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
            let request = Request::get(uri).header("metadata-flavor", "Google");
            asked(request.body(Bytes::new()), secrets).await
        })
        .await
}

/// Where an account's token is had, and the form that asks for it.
fn exchange(account: &Account, secrets: &Secrets, now: SystemTime) -> Result<(String, String), Failure> {
    let (uri, fields) = match account {
        Account::ServiceAccount { client_email, private_key, private_key_id, token_uri } => {
            let uri = token_uri.as_deref().unwrap_or(TOKEN_URI);
            let assertion = assertion(client_email, private_key, private_key_id.as_deref(), uri, now)?;
            secrets.remember(&assertion.clone().into());
            (
                uri,
                vec![
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                    ("assertion", assertion),
                ],
            )
        }
        Account::AuthorizedUser { client_id, client_secret, refresh_token, token_uri } => {
            [client_secret, refresh_token].into_iter().for_each(|secret| secrets.remember(secret));
            let fields = vec![
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", client_id.clone()),
                ("client_secret", client_secret.expose_secret().to_owned()),
                ("refresh_token", refresh_token.expose_secret().to_owned()),
            ];
            (token_uri.as_deref().unwrap_or(TOKEN_URI), fields)
        }
    };
    let pairs = fields.iter().map(|(key, value)| format!("{key}={}", super::request::encoded(value)));
    Ok((uri.to_owned(), pairs.collect::<Vec<_>>().join("&")))
}

/// A claim to be the account, signed with its key: a JSON Web Token by RS256 (RFC 7515, 7523).
fn assertion(
    email: &str,
    key: &SecretString,
    key_id: Option<&str>,
    audience: &str,
    now: SystemTime,
) -> Result<String, Failure> {
    let unusable = || lacking(format!("the private key of {email} cannot be used"));
    let der = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| unusable())?;
    let pair = match &der {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable()),
    };
    let pair = pair.map_err(|_| unusable())?;
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let Some(id) = key_id {
        header["kid"] = json!(id);
    }
    let claims = json!({"iss": email, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + ASSERTED});
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let signed =
        format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| unusable())?;
    Ok(format!("{signed}.{}", encode(&signature)))
}

/// Asks a token server. Its refusal is final; what keeps it from answering may pass.
async fn asked(request: http::Result<Request<Bytes>>, secrets: &Secrets) -> Result<Fresh, Failure> {
    let wrong = |why: &str| Failure::new(ErrorKind::Upstream, format!("the token server {why}"));
    let request = request.map_err(|_| wrong("has no such URL"))?;
    let limits = UpstreamLimits { silence: Duration::from_secs(30), ..UpstreamLimits::default() };
    let encrypted = request.uri().scheme_str() == Some("https");
    let client = client::client(&limits, encrypted).map_err(|why| Failure::new(ErrorKind::Internal, why))?;
    let mut response = match client::send(&client, request, &limits, secrets).await {
        Ok(response) => response,
        Err(failure) => {
            let detail = failure.detail.replace("the provider", "the token server");
            let kind = if failure.answer.is_some_and(|(status, _)| status < 429) {
                ErrorKind::Authentication
            } else {
                failure.kind
            };
            return Err(Failure { retry: failure.retry, ..Failure::new(kind, detail) });
        }
    };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| wrong("broke off").worth_a_retry())? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(wrong("says too much"));
        }
    }
    let token: Token = serde_json::from_slice(&body).map_err(|_| wrong("gave no token"))?;
    Ok(Fresh::ending(token.access_token, Duration::from_secs(token.expires_in)))
}

fn lacking(why: String) -> Failure {
    Failure::new(ErrorKind::Authentication, why)
}
