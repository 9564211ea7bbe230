//! Images: found, pulled or built, each once.

mod build;
mod context;
mod dockerfile;
mod histories;
mod layers;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use bollard::{
    models::ImageInspect,
    query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions},
};
use futures_util::TryStreamExt;
use vocabulary::ImageSource;

use crate::{
    engine::Engine,
    error::{EngineError, failed},
};

pub use histories::Repository;

/// Told a line of what goes on; must return at once.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// An image to have.
#[derive(Clone, Debug)]
pub struct ImageRequest<'a> {
    /// A name, or a build context.
    pub source: &'a ImageSource,
    /// Whether the build may use the network.
    pub network: bool,
    /// How long a build may take.
    pub build_timeout: Duration,
}

/// An image on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The engine's id: `sha256:…`.
    pub id: String,
    /// What pins it: a built image's content key, a pulled one's repository digest, else the id.
    pub digest: String,
    /// Its environment, in order.
    pub env: BTreeMap<String, String>,
    /// Its working directory.
    pub workdir: String,
    /// Its user as written: `name`, `uid`, `name:group`; empty is root.
    pub user: String,
    /// The program its containers start with, and its arguments; empty when it names none.
    pub entrypoint: Vec<String>,
}

/// An image that was built from a task's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltImage {
    /// Its name: `overhang/task:KEY`.
    pub tag: String,
    /// Size with all layers, shared ones included.
    pub bytes: u64,
    /// When, in seconds since 1970.
    pub created: i64,
}

const REPOSITORY: &str = "overhang/task";

impl Engine {
    /// Makes sure that an image is on this machine: found by name or content key, else pulled or built. Asked for in
    /// parallel, it is built once.
    ///
    /// # Errors
    /// [`EngineError::Pull`], [`EngineError::Build`] with the end of its log, [`EngineError::Context`],
    /// [`EngineError::HostDisk`], or a lost engine.
    pub async fn ensure_image(
        &self,
        request: &ImageRequest<'_>,
        progress: Progress<'_>,
    ) -> Result<Image, EngineError> {
        match request.source {
            ImageSource::Named(name) => self.ensure_named(name, progress).await,
            ImageSource::Build(directory) => self.ensure_built(directory, request, progress).await,
        }
    }

    /// The image of this name or id, if it is on this machine.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn find_image(&self, name: &str) -> Result<Option<Image>, EngineError> {
        match self.docker.inspect_image(name).await.map_err(failed(format!("inspect image `{name}`"))) {
            Ok(inspected) => Ok(Some(Image::new(inspected))),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The images built from task contexts, whoever built them.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn built_images(&self) -> Result<Vec<BuiltImage>, EngineError> {
        let filters = HashMap::from([("reference", vec![REPOSITORY])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let listed = self.docker.list_images(Some(options)).await.map_err(failed("list images"))?;
        let tagged = listed.into_iter().filter_map(|image| {
            let tag = image.repo_tags.into_iter().find(|tag| tag.starts_with(REPOSITORY))?;
            let bytes = u64::try_from(image.size).unwrap_or_default();
            Some(BuiltImage { tag, bytes, created: image.created })
        });
        Ok(tagged.collect())
    }

    /// Removes an image by its tag; one in use is kept, and one that is gone is no error.
    ///
    /// # Errors
    /// If a container uses it, or the engine does not answer.
    pub async fn remove_image(&self, tag: &str) -> Result<(), EngineError> {
        let options = None::<RemoveImageOptions>;
        let removed = self.docker.remove_image(tag, options, None).await;
        match removed.map(drop).map_err(failed(format!("remove image `{tag}`"))) {
            Err(error) if error.is_missing() => Ok(()),
            done => done,
        }
    }

    async fn ensure_named(&self, name: &str, progress: Progress<'_>) -> Result<Image, EngineError> {
        if let Some(image) = self.find_image(name).await? {
            return Ok(image);
        }
        let lock = self.build_lock(name);
        let _one_at_a_time = lock.lock().await;
        if let Some(image) = self.find_image(name).await? {
            return Ok(image);
        }
        progress(&format!("pulling {name}"));
        // Without a tag the engine would pull every tag there is.
        let tagged = name.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
        let reference = if tagged { name.to_owned() } else { format!("{name}:latest") };
        let options = CreateImageOptionsBuilder::new().from_image(&reference).build();
        let pulled =
            self.docker.create_image(Some(options), None, None).try_for_each(|_| async { Ok(()) }).await;
        pulled.map_err(failed(format!("pull `{name}`"))).map_err(|error| match error {
            EngineError::HostDisk { .. } => error,
            error => EngineError::Pull { image: name.to_owned(), reason: error.to_string() },
        })?;
        let missing = || EngineError::Pull { image: name.into(), reason: "it is gone after the pull".into() };
        self.find_image(name).await?.ok_or_else(missing)
    }

    async fn ensure_built(
        &self,
        directory: &Path,
        request: &ImageRequest<'_>,
        progress: Progress<'_>,
    ) -> Result<Image, EngineError> {
        let owned = directory.to_owned();
        let context = tokio::task::spawn_blocking(move || context::pack(&owned))
            .await
            .map_err(std::io::Error::other)??;
        let mut bases = Vec::new();
        for name in dockerfile::bases(&context.dockerfile) {
            let base = self.ensure_named(&name, progress).await?;
            bases.push((name, base.id));
        }
        let key = build::key(&context.digest, &bases, request.network);
        let tag = format!("{REPOSITORY}:{key}");
        let lock = self.build_lock(&key);
        let _one_at_a_time = lock.lock().await;
        if let Some(image) = self.find_image(&tag).await? {
            return Ok(image);
        }
        let build = build::Build {
            directory,
            tag: &tag,
            key: &key,
            network: request.network,
            limit: request.build_timeout,
        };
        build.run(self, context, progress).await?;
        self.find_image(&tag).await?.ok_or_else(|| EngineError::Call {
            what: format!("build {}", directory.display()),
            status: None,
            reason: "the built image is gone".into(),
        })
    }

    fn build_lock(&self, key: &str) -> std::sync::Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.shared.builds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        locks.entry(key.to_owned()).or_default().clone()
    }
}

impl Image {
    fn new(inspected: ImageInspect) -> Self {
        let config = inspected.config.unwrap_or_default();
        let id = inspected.id.unwrap_or_default();
        let key = config.labels.as_ref().and_then(|labels| labels.get(crate::labels::KEY)).cloned();
        let pulled = inspected.repo_digests.and_then(|digests| digests.into_iter().next());
        let pair =
            |line: String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            digest: pulled.or(key).unwrap_or_else(|| id.clone()),
            id,
            env: config.env.into_iter().flatten().filter_map(pair).collect(),
            workdir: config.working_dir.filter(|path| !path.is_empty()).unwrap_or_else(|| "/".into()),
            user: config.user.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
        }
    }
}
