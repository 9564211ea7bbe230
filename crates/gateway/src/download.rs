//! A public file over HTTP, with the proxies and root certificates that providers are reached with.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::provider::{UpstreamLimits, chain, client};

/// For the whole of a download.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is nothing.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {message}")]
pub struct DownloadError {
    url: String,
    message: String,
}

/// Fetches `url`, at most `largest` bytes of it, within a minute. No key is sent, and redirects are not followed.
///
/// # Errors
/// When the server cannot be reached, answers with anything but success, or with more.
pub async fn download(url: &str, largest: usize) -> Result<Bytes, DownloadError> {
    let wrong = |message: String| DownloadError { url: url.to_owned(), message };
    let client = client(&UpstreamLimits::default(), url.starts_with("https:")).map_err(wrong)?;
    let whole = async {
        let mut response =
            client.get(url).send().await.map_err(|error| wrong(chain(&error.without_url())))?;
        if !response.status().is_success() {
            return Err(wrong(format!("the server answers {}", response.status())));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| wrong(chain(&error.without_url())))? {
            if body.len() + chunk.len() > largest {
                return Err(wrong(format!("more than {largest} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(PATIENCE, whole)
        .await
        .unwrap_or_else(|_| Err(wrong("no answer within a minute".to_owned())))
}
