//! The master keys: a small file of lines, the newest last. More than one stand there only while values are sealed anew.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::ErrorKind as IoErrorKind;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use chacha20poly1305::KeyInit as _;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::aead::Payload;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;
use crate::vault::Slot;

/// One master key.
pub(super) struct Master {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

/// All that are known, the newest last; never none.
pub(super) struct Masters(Vec<Arc<Master>>);

const FILE: &str = "vault.keys";

/// Bytes of a nonce.
const NONCE: usize = 24;

impl Masters {
    /// Reads the keys of a directory; makes the first when there is none.
    pub(super) fn open(directory: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .context("Cannot make the directory of keys")?;
        let path = directory.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&Zeroizing::new(text), &path),
            Err(error) if error.kind() == IoErrorKind::NotFound => {
                let first = Self(vec![Arc::new(Master::make())]);
                first.begin(directory)
            }
            Err(error) => Err(Error::internal("Cannot read the master keys").source(error)),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let keys: Option<Vec<_>> = text.lines().map(|line| Master::parse(line).map(Arc::new)).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err(Error::invalid(format!(
                "Cannot use the master keys in `{}`: each line is a name and 64 hexadecimal digits",
                path.display()
            ))
            .hint("put the file back from a backup; without it no secret can be used")),
        }
    }

    pub(super) fn newest(&self) -> &Arc<Master> {
        self.0.last().expect("there is always one")
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Master>> {
        self.0.iter().find(|master| master.id == id).cloned()
    }

    /// Whether values are being sealed anew, or were when somebody broke off.
    pub(super) fn is_rotating(&self) -> bool {
        self.0.len() > 1
    }

    /// The same keys and a new one.
    pub(super) fn with_another(&self) -> Self {
        let mut keys = self.0.clone();
        keys.push(Arc::new(Master::make()));
        Self(keys)
    }

    /// The newest alone.
    pub(super) fn newest_alone(&self) -> Self {
        Self(vec![Arc::clone(self.newest())])
    }

    /// Writes the file whole or not at all.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let written = self.draft(directory)?;
        fs::rename(&written, directory.join(FILE)).context("Cannot put the master keys in place")?;
        sync(directory)
    }

    /// Writes the file if nobody else did meanwhile; gives what stands there then.
    fn begin(&self, directory: &Path) -> Result<Self> {
        let written = self.draft(directory)?;
        let path = directory.join(FILE);
        let linked = fs::hard_link(&written, &path);
        fs::remove_file(&written).context("Cannot put the master keys in place")?;
        match linked {
            Err(error) if error.kind() != IoErrorKind::AlreadyExists => {
                Err(error).context("Cannot put the master keys in place")
            }
            _ => {
                sync(directory)?;
                let text = fs::read_to_string(&path).context("Cannot read the master keys")?;
                Self::parse(&Zeroizing::new(text), &path)
            }
        }
    }

    fn draft(&self, directory: &Path) -> Result<PathBuf> {
        let path = directory.join(format!("{FILE}.{}", uuid::Uuid::now_v7().as_simple()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .context("Cannot write the master keys")?;
        let lines: String =
            self.0.iter().map(|master| format!("{} {}\n", master.id, hex::encode(*master.key))).collect();
        let lines = Zeroizing::new(lines);
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).context("Cannot write the master keys")?;
        Ok(path)
    }
}

impl Master {
    fn make() -> Self {
        let key = Zeroizing::new(rand::random::<[u8; 32]>());
        Self { id: id_of(&key), key }
    }

    fn parse(line: &str) -> Option<Self> {
        let (id, digits) = line.split_once(' ')?;
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, key.as_mut_slice()).ok()?;
        (id_of(&key) == id).then(|| Self { id: id.to_owned(), key })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Seals a value for its slot: a nonce, and what is sealed.
    pub(super) fn seal(&self, slot: &Slot, value: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = rand::random();
        let bound = self.bound(slot);
        let payload = Payload { msg: value, aad: bound.as_bytes() };
        let sealed = self.cipher(slot)?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("A value could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this slot with this key, and nothing else.
    pub(super) fn open(&self, slot: &Slot, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(|| broken(slot))?;
        let bound = self.bound(slot);
        let payload = Payload { msg: sealed, aad: bound.as_bytes() };
        let opened = self.cipher(slot)?.decrypt(&XNonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| broken(slot))
    }

    fn cipher(&self, slot: &Slot) -> Result<XChaCha20Poly1305> {
        let mut key = Zeroizing::new([0_u8; 32]);
        Hkdf::<Sha256>::new(None, self.key.as_slice())
            .expand_multi_info(&[b"forgehand/vault/data/v1\0".as_slice(), slot.as_str().as_bytes()], key.as_mut_slice())
            .map_err(|_| Error::internal("A key could not be derived"))?;
        Ok(XChaCha20Poly1305::new(&(*key).into()))
    }

    /// What is authenticated with a value.
    fn bound(&self, slot: &Slot) -> String {
        format!("forgehand/vault/v1\0{}\0{slot}", self.id)
    }
}

fn id_of(key: &[u8; 32]) -> String {
    Digest::of("forgehand/vault-key/v1", &[key]).short()
}

fn sync(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|directory| directory.sync_all()).context("Cannot put the master keys in place")
}

/// The row does not open: somebody changed it, or it belongs elsewhere.
pub(super) fn broken(slot: &Slot) -> Error {
    Error::internal(format!("The sealed value `{slot}` does not open: it was changed, or moved from another place"))
}

/// The key that sealed a value is not there.
pub(super) fn lost(id: &str) -> Error {
    Error::invalid(format!("Cannot open the vault: the master key `{id}` is not in `keys/{FILE}`"))
        .code("VAULT_KEY_LOST")
        .hint("put the file back from the backup that belongs to this database; without it its secrets are lost")
}
