//! A repository elsewhere on this machine, served to a fetch of ours by `git upload-pack`. Only whoever administers the
//! machine may name one: what lies in a directory is nobody's to read by a request.

use std::io::Cursor;
use std::path::Path;

use async_trait::async_trait;

use crate::git::Body;
use crate::git::Git;
use crate::git::Repository;
use crate::git::Request;
use crate::git::Service;
use crate::git::fetch::Remote;
use crate::kit::Error;
use crate::kit::Result;

/// A Git directory that is not ours.
pub struct LocalRemote(Repository);

impl Git {
    /// The repository in a directory: a bare one, or one with a work tree.
    pub fn elsewhere(&self, path: &Path) -> Result<LocalRemote> {
        let unknown = || Error::invalid(format!("There is no Git repository at `{}`", path.display())).field("path");
        if !path.is_absolute() {
            return Err(Error::invalid("The path is not absolute").field("path"));
        }
        let inside = path.join(".git");
        let directory = if inside.is_dir() { inside } else { path.to_owned() };
        if !directory.join("HEAD").is_file() || !directory.join("objects").is_dir() {
            return Err(unknown());
        }
        Ok(LocalRemote(Repository::at(self, directory)))
    }
}

#[async_trait]
impl Remote for LocalRemote {
    async fn advertise(&self) -> Result<Body> {
        Ok(self.0.advertise(Service::UploadPack, None).await?.body)
    }

    async fn ask(&self, body: Vec<u8>) -> Result<Body> {
        let request = Request { protocol: None, gzip: false, body: Box::pin(Cursor::new(body)) };
        Ok(self.0.upload_pack(request).await?.body)
    }
}
