//! The signing key, and the public halves of those before it, so that old entries stay good.

use std::collections::BTreeMap;
use std::fs;
use std::fs::OpenOptions;
use std::io::ErrorKind as IoErrorKind;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ed25519_dalek::Signature;
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::VerifyingKey;
use zeroize::Zeroizing;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::error::Context as _;

/// The key that signs now, and all that verify.
pub(super) struct Keys {
    signing: SigningKey,
    id: String,
    verifying: BTreeMap<String, VerifyingKey>,
}

const SIGNING: &str = "audit-signing.key";
const RETIRED: &str = "audit-retired-";

impl Keys {
    pub fn open(directory: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .context("Cannot make the directory of keys")?;
        let signing = read_or_make(&directory.join(SIGNING))?;
        let id = id_of(&signing.verifying_key());
        let mut verifying = BTreeMap::from([(id.clone(), signing.verifying_key())]);
        for file in fs::read_dir(directory).context("Cannot list the directory of keys")? {
            let path = file.context("Cannot list the directory of keys")?.path();
            let retired = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(RETIRED));
            if retired {
                let key = VerifyingKey::from_bytes(&read_hex(&path)?).context("A retired audit key is no key")?;
                verifying.insert(id_of(&key), key);
            }
        }
        Ok(Self { signing, id, verifying })
    }

    /// Puts a new signing key in place; the public half of the old one stays for verifying. Takes effect when opened.
    #[cfg(test)]
    pub fn rotate(directory: &Path) -> Result<()> {
        let path = directory.join(SIGNING);
        let old = read_or_make(&path)?.verifying_key();
        let kept = directory.join(format!("{RETIRED}{}.pub", id_of(&old)));
        fs::write(kept, hex::encode(old.as_bytes())).context("Cannot keep the old audit key")?;
        fs::remove_file(&path).context("Cannot remove the old audit key")?;
        read_or_make(&path).map(|_| ())
    }

    /// The name of the key that signs now.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn sign(&self, digest: &Digest) -> String {
        hex::encode(self.signing.sign(digest.bytes()).to_bytes())
    }

    /// Whether the key with this name signed exactly this.
    pub fn verify(&self, key: &str, digest: &Digest, signature: &str) -> bool {
        let mut bytes = [0; 64];
        let Some(key) = self.verifying.get(key) else { return false };
        hex::decode_to_slice(signature, &mut bytes).is_ok()
            && key.verify_strict(digest.bytes(), &Signature::from_bytes(&bytes)).is_ok()
    }
}

fn id_of(key: &VerifyingKey) -> String {
    Digest::of("forgehand/audit-key/v1", &[key.as_bytes()]).short()
}

fn read_or_make(path: &Path) -> Result<SigningKey> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let seed = Zeroizing::new(rand::random::<[u8; 32]>());
            file.write_all(Zeroizing::new(hex::encode(seed.as_slice())).as_bytes())
                .and_then(|()| file.sync_all())
                .context("Cannot write the audit key")?;
            Ok(SigningKey::from_bytes(&seed))
        }
        Err(error) if error.kind() == IoErrorKind::AlreadyExists => {
            Ok(SigningKey::from_bytes(&Zeroizing::new(read_hex(path)?)))
        }
        Err(error) => Err(Error::internal("Cannot make the audit key").source(error)),
    }
}

fn read_hex(path: &Path) -> Result<[u8; 32]> {
    let text = Zeroizing::new(fs::read_to_string(path).context("Cannot read an audit key")?);
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| {
        Error::invalid(format!("Cannot use the audit key `{}`: it needs 64 hexadecimal digits", path.display()))
            .hint("put the file back from a backup; without it the log cannot be continued")
    })?;
    Ok(bytes)
}
