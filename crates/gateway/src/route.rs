//! Which dialect and what a path asks for.

use http::{HeaderMap, Method, Uri, header::AUTHORIZATION};
use spec::Dialect;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// An answer.
    Generate {
        dialect: Dialect,
        /// Model and streaming, where the path says so (`gemini`).
        in_path: Option<(String, bool)>,
    },
    /// A count of input tokens.
    Count(Dialect),
    /// The list of models.
    Models(Dialect),
    /// Whether anybody is there.
    Probe,
    /// A known path, asked in the wrong way.
    Method(Dialect),
    /// Nothing that is known.
    Unknown(Dialect),
}

impl Route {
    /// The dialect that errors are told in.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Generate { dialect, .. } => *dialect,
            Self::Count(dialect) | Self::Models(dialect) | Self::Method(dialect) | Self::Unknown(dialect) => {
                *dialect
            }
            Self::Probe => Dialect::AnthropicMessages,
        }
    }
}

/// Finds the route. Paths that no dialect has are told apart by the headers their clients send.
pub(crate) fn route(method: &Method, uri: &Uri, headers: &HeaderMap) -> Route {
    use Dialect::{AnthropicMessages, Gemini, OpenaiChat, OpenaiResponses};
    let path = uri.path();
    let (known, route) = match path.trim_end_matches('/') {
        "/v1/messages" => (Method::POST, generate(AnthropicMessages)),
        "/v1/messages/count_tokens" => (Method::POST, Route::Count(AnthropicMessages)),
        "/v1/chat/completions" | "/chat/completions" => (Method::POST, generate(OpenaiChat)),
        "/v1/responses" | "/responses" => (Method::POST, generate(OpenaiResponses)),
        "/v1/responses/input_tokens" => (Method::POST, Route::Count(OpenaiResponses)),
        "/v1/models" | "/models" if headers.contains_key("anthropic-version") => {
            (Method::GET, Route::Models(AnthropicMessages))
        }
        "/v1beta/models" => (Method::GET, Route::Models(Gemini)),
        "/v1/models" if headers.contains_key("x-goog-api-key") => (Method::GET, Route::Models(Gemini)),
        "/v1/models" | "/models" => (Method::GET, Route::Models(OpenaiChat)),
        "" | "/api/hello" | "/health" | "/v1" => (Method::GET, Route::Probe),
        other => match gemini_path(other) {
            Some(rest) => match gemini(rest) {
                Some(route) => (Method::POST, route),
                None => return Route::Unknown(Gemini),
            },
            None if headers.contains_key("anthropic-version") => return Route::Unknown(AnthropicMessages),
            None => return Route::Unknown(OpenaiChat),
        },
    };
    match (method == known, &route) {
        (true, _) => route,
        // HEAD is as good as GET for those who only look.
        (false, Route::Probe | Route::Models(_)) if *method == Method::HEAD => Route::Probe,
        (false, _) => Route::Method(route.dialect()),
    }
}

fn generate(dialect: Dialect) -> Route {
    Route::Generate { dialect, in_path: None }
}

/// What follows the models' path. Newer clients ask under `v1`, where other dialects have models of their own: only
/// `gemini` has methods.
fn gemini_path(path: &str) -> Option<&str> {
    let stable = || path.strip_prefix("/v1/models/").filter(|rest| rest.contains(':'));
    path.strip_prefix("/v1beta/models/").or_else(stable)
}

/// `MODEL:METHOD`. A model's name is one safe path segment.
fn gemini(rest: &str) -> Option<Route> {
    let (model, method) = rest.split_once(':')?;
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if model.is_empty() || model.starts_with('.') || !model.chars().all(safe) {
        return None;
    }
    let generate = |stream| {
        Some(Route::Generate { dialect: Dialect::Gemini, in_path: Some((model.to_owned(), stream)) })
    };
    match method {
        "generateContent" => generate(false),
        "streamGenerateContent" => generate(true),
        "countTokens" => Some(Route::Count(Dialect::Gemini)),
        _ => None,
    }
}

/// The token of a request, wherever its dialect puts it.
pub(crate) fn token<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let in_query = || uri.query()?.split('&').find_map(|pair| pair.strip_prefix("key="));
    header("x-api-key").or(bearer).or_else(|| header("x-goog-api-key")).or_else(in_query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route_of(method: Method, path: &str) -> Route {
        route(&method, &path.parse().unwrap(), &HeaderMap::new())
    }

    #[test]
    fn paths_methods_and_probes() {
        use Dialect::{AnthropicMessages, Gemini, OpenaiChat};
        assert_eq!(route_of(Method::POST, "/v1/messages?beta=true"), generate(AnthropicMessages));
        assert_eq!(route_of(Method::GET, "/v1/messages"), Route::Method(AnthropicMessages));
        assert_eq!(route_of(Method::HEAD, "/api/hello"), Route::Probe);
        assert_eq!(route_of(Method::HEAD, "/"), Route::Probe);
        assert_eq!(route_of(Method::GET, "/v1/models"), Route::Models(OpenaiChat));
        assert_eq!(route_of(Method::POST, "/v1/nothing"), Route::Unknown(OpenaiChat));
        let stream = Route::Generate { dialect: Gemini, in_path: Some(("gemini-x.1".into(), true)) };
        assert_eq!(route_of(Method::POST, "/v1beta/models/gemini-x.1:streamGenerateContent?alt=sse"), stream);
        assert_eq!(route_of(Method::POST, "/v1/models/gemini-x.1:streamGenerateContent?alt=sse"), stream);
        assert_eq!(route_of(Method::GET, "/v1/models/gpt-x"), Route::Unknown(OpenaiChat));
        for path in ["/v1beta/models/../x:generateContent", "/v1beta/models/a%2fb:generateContent"] {
            assert_eq!(route_of(Method::POST, path), Route::Unknown(Gemini), "{path}");
        }
    }

    #[test]
    fn tokens_wherever_they_are() {
        let bare: Uri = "/v1/messages".parse().unwrap();
        for (name, value) in [("x-api-key", "t"), ("authorization", "Bearer t"), ("x-goog-api-key", "t")] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(token(&bare, &headers), Some("t"), "{name}");
        }
        let query: Uri = "/v1beta/models/m:generateContent?alt=sse&key=t".parse().unwrap();
        assert_eq!(token(&query, &HeaderMap::new()), Some("t"));
        let basic = HeaderMap::from_iter([(AUTHORIZATION, "Basic t".parse().unwrap())]);
        assert_eq!(token(&bare, &basic), None);
    }
}
