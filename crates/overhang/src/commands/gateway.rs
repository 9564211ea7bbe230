//! `overhang gateway`.

use std::{
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use gateway::{
    Allowance, Directory, GatewayConfig, KeySources, Keys, Listener, Meter, Recorder, Server, Summary,
    Unrecorded,
};
use secrecy::{ExposeSecret, SecretString};
use spec::{Model, Project};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::{cli::GatewayArgs, exit::Exit, failure::Failure, signals::interrupted_patiently};

const TOKEN: &str = "OVERHANG_GATEWAY_TOKEN";
/// Shortest token that is taken, in bytes: a guess must be hopeless.
const SHORTEST: usize = 16;

pub(crate) async fn gateway(arguments: &GatewayArgs) -> Result<Exit, Failure> {
    let models = load(&arguments.models)?;
    let keys = keys(&models, &arguments.models)?;
    let meter = Meter::parse(&arguments.meter)
        .map_err(|error| Failure::input(format!("--meter: the formula, {error}")))?;
    let tokens = match std::env::var(TOKEN) {
        Ok(tokens) => given(&tokens, models.len())?,
        Err(_) => Vec::new(),
    };
    let told = tokens.is_empty();
    let allowance = Allowance { budget: arguments.budget, meter, tokens };
    let (listener, place) = listen(arguments).await?;
    let recorder: Arc<dyn Recorder> = match &arguments.record {
        Some(directory) => Arc::new(Directory::create(directory).map_err(Failure::input)?),
        None => Arc::new(Unrecorded),
    };
    let config = GatewayConfig::new(models.clone(), keys, recorder);
    let server = Server::new(config, &allowance).map_err(Failure::input)?;
    errln!("listening on {place}; Ctrl-C stops");
    for (model, session) in models.iter().zip(server.sessions()) {
        let token = if told { session.token().expose_secret() } else { "[as set]" };
        outln!("{}", exports(model, &place, token));
    }
    server.serve(listener, interrupted_patiently()).await;
    if let Place::Unix(path) = &place {
        // The socket is of no use any more; one that is gone already is as good.
        drop(fs_err::remove_file(path));
    }
    for (model, session) in models.iter().zip(server.sessions()) {
        outln!("{}", used(&model.id, &session.summary(), arguments));
    }
    Ok(Exit::Done)
}

/// The models' keys: from the environment, and from `.env` in the project of the first profile, or in this directory.
fn keys(models: &[Model], files: &[std::path::PathBuf]) -> Result<Keys, Failure> {
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("."));
    let root = Project::find(folder).map_or_else(|_| ".".into(), |project| project.root);
    let sources = KeySources::beside(&root).map_err(Failure::Input)?;
    Keys::from_sources(models, &sources).map_err(Failure::input)
}

fn load(files: &[std::path::PathBuf]) -> Result<Vec<Model>, Failure> {
    let mut models: Vec<Model> = Vec::new();
    for file in files {
        let model = spec::model::load(file)?;
        if model.is_simulated() {
            return Err(Failure::input(format!(
                "{}: a simulated model plays the tasks of a sweep and cannot be served to other clients",
                file.display()
            )));
        }
        if models.iter().any(|other| other.id == model.id) {
            return Err(Failure::input(format!("--model: `{}` is named twice", model.id)));
        }
        models.push(model);
    }
    Ok(models)
}

/// The tokens of the environment, one a model.
fn given(tokens: &str, models: usize) -> Result<Vec<SecretString>, Failure> {
    let tokens: Vec<&str> = tokens.split(',').map(str::trim).collect();
    if tokens.len() != models {
        let found = tokens.len();
        return Err(Failure::input(format!(
            "{TOKEN} holds {found} tokens for {models} models: one each is needed"
        )));
    }
    let printable = |token: &str| token.bytes().all(|byte| byte.is_ascii_graphic());
    if tokens.iter().any(|token| token.len() < SHORTEST || !printable(token)) {
        return Err(Failure::input(format!(
            "{TOKEN}: a token has at least {SHORTEST} printable characters and no spaces"
        )));
    }
    if (1..tokens.len()).any(|index| tokens[..index].contains(&tokens[index])) {
        return Err(Failure::input(format!(
            "{TOKEN}: each model needs another token, they tell the models apart"
        )));
    }
    Ok(tokens.into_iter().map(SecretString::from).collect())
}

/// Where it listens.
enum Place {
    Tcp(std::net::SocketAddr),
    Unix(std::path::PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

async fn listen(arguments: &GatewayArgs) -> Result<(Listener, Place), Failure> {
    if let Some(path) = &arguments.unix {
        let listener = bind(path)
            .await
            .map_err(|error| Failure::input(format!("--unix {}: {error}", path.display())))?;
        return Ok((Listener::Unix(listener), Place::Unix(path.clone())));
    }
    let address = arguments.listen;
    if !address.ip().is_loopback() && !arguments.expose {
        return Err(Failure::input(format!(
            "--listen {address}: other machines would reach it, and nothing on the way is encrypted; add --expose if that is meant"
        )));
    }
    let wrong = |error| Failure::input(format!("--listen {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    Ok((Listener::Tcp(listener), Place::Tcp(address)))
}

/// A socket that a dead gateway left is replaced; anything else in its place is not touched.
async fn bind(path: &Path) -> std::io::Result<UnixListener> {
    if let Ok(found) = path.symlink_metadata() {
        if !found.file_type().is_socket() || UnixStream::connect(path).await.is_ok() {
            return Err(std::io::Error::other("is in use"));
        }
        fs_err::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs_err::set_permissions(path, PermissionsExt::from_mode(0o600))?;
    Ok(listener)
}

/// Lines for a shell that lead clients here.
fn exports(model: &Model, place: &Place, token: &str) -> String {
    let Place::Tcp(_) = place else {
        return format!(
            "# {id}\n# curl --unix-socket {place} -H 'authorization: Bearer {token}' http://gateway/v1/models",
            id = model.id
        );
    };
    format!(
        "# {id}\n\
         export OPENAI_BASE_URL={place}/v1 OPENAI_API_KEY='{token}'\n\
         export ANTHROPIC_BASE_URL={place} ANTHROPIC_API_KEY='{token}'\n\
         export GOOGLE_GEMINI_BASE_URL={place} GEMINI_API_KEY='{token}'",
        id = model.id
    )
}

fn used(model: &str, summary: &Summary, arguments: &GatewayArgs) -> String {
    let usage = &summary.usage;
    let of = arguments.budget.map_or_else(String::new, |budget| format!(" of {budget}"));
    let usd = if summary.usd > 0.0 { format!(", {:.4} USD", summary.usd) } else { String::new() };
    let estimated = match summary.estimated {
        0 => String::new(),
        count => format!(", {count} calls estimated"),
    };
    format!(
        "{model}: {} calls, {} units used{of}{usd}; tokens: {} input, {} cache read, {} cache write, {} output, {} reasoning{estimated}",
        summary.calls,
        summary.used,
        usage.input_uncached,
        usage.cache_read,
        usage.cache_write,
        usage.output,
        usage.reasoning
    )
}
