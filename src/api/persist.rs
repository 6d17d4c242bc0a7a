//! Requests that are none of chat, until they are answered or given up.

use reqwest::RequestBuilder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{Client, Reply, Undone};
use super::retry::Progress;
use super::{Error, Server};

impl Client {
    /// Does what `once` does until it brings an answer, and gives it up as [`retry::decide`] says.
    pub(super) async fn persist<T>(
        &self,
        mut once: impl AsyncFnMut(Progress) -> Result<T, Undone>,
    ) -> Result<T, Error> {
        let mut progress = Progress::START;
        loop {
            match once(progress).await {
                Ok(done) => return Ok(done),
                Err(Undone::Over(error, _)) => return Err(error),
                Err(Undone::Again(next, wait)) => {
                    progress = next;
                    self.gate().pause(wait).await?;
                }
            }
        }
    }

    /// Sends what `build` makes until it is answered with a `T`.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        build: impl Fn(&reqwest::Client, &Server) -> Result<RequestBuilder, Error>,
    ) -> Result<Reply<T>, Error> {
        self.persist(async |progress| self.once(progress, &build).await).await
    }

    /// POSTs what makes a `T` at `path`, once: after an attempt that may or may not have reached the server, `find` looks for
    /// what it made before it is sent again.
    pub(super) async fn create<T: DeserializeOwned>(
        &self,
        (path, body): (&str, &impl Serialize),
        find: impl AsyncFn() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let post = |http: &reqwest::Client, server: &Server| Ok(http.post(server.at(path)).json(body));
        self.persist(async |progress| {
            if progress != Progress::START
                && let Some(found) = find().await.map_err(|error| Undone::Over(error, progress))?
            {
                return Ok(found);
            }
            Ok(self.once(progress, post).await?.body)
        })
        .await
    }
}
