//! Taking over a repository that somebody else serves, by Git's own protocol: no process of ours ever hears of an address
//! or a password, and nothing of the other side is an argument.
//!
//! The caller hands in a [`Remote`], which carries two requests of smart HTTP. We ask in protocol version 0, in one turn:
//! what we want, what we have, done. What comes is a pack that `git index-pack` checks object by object while it streams;
//! of a pack that is not sound, or that holds less than it should, nothing stays. Only then do refs move.
//!
//! The other side is hostile: lists, packs and patience are bounded, names that no page could address are left out, and
//! what it says is shown with escapes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::git::Body;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::process;
use crate::git::process::Start;
use crate::git::process::Target;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;
use crate::model::BranchName;

/// Carries the two requests of a fetch to whoever serves the repository.
#[async_trait]
pub trait Remote: Send + Sync {
    /// `GET …/info/refs?service=git-upload-pack`.
    async fn advertise(&self) -> Result<Body>;
    /// `POST …/git-upload-pack` with this body.
    async fn ask(&self, body: Vec<u8>) -> Result<Body>;
}

/// What a fetch may cost.
#[derive(Clone, Copy, Debug)]
pub struct FetchBounds {
    /// The most bytes that may come.
    pub bytes: u64,
    /// How long the other side may say nothing.
    pub silence: Duration,
    /// How long it may take in all.
    pub total: Duration,
}

/// How far a fetch is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchProgress {
    /// Bytes that came so far.
    pub bytes: u64,
    /// What the other side says about it.
    pub says: String,
}

/// What the other side has, after its objects are here. No ref of ours moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Branches and tags by their full names.
    pub refs: BTreeMap<String, ObjectId>,
    /// The branch that is shown first there.
    pub head: Option<BranchName>,
    /// How many names were left out because no page could address them.
    pub left_out: usize,
}

/// The most bytes that a list of refs may take.
const LONGEST_LIST: usize = 64 * 1024 * 1024;
/// The most commits that we say we have.
const MOST_HAVES: usize = 2000;
/// The most bytes of one packet line.
const LONGEST_LINE: usize = 65520;

impl Repository {
    /// Copies every branch and tag of a remote, without moving a ref. Tells about it as it goes on.
    pub async fn fetch(
        &self,
        remote: &dyn Remote,
        bounds: FetchBounds,
        progress: &(dyn Fn(FetchProgress) + Sync),
    ) -> Result<Fetched> {
        let whole = async {
            let list = listed(remote, bounds).await?;
            let fetched = read_list(&list)?;
            let here: BTreeSet<ObjectId> = self.raw_refs().await?.into_values().collect();
            let wanted: BTreeSet<&ObjectId> = fetched.refs.values().filter(|id| !here.contains(*id)).collect();
            if !wanted.is_empty() {
                let asks = request(&wanted, &here);
                let answer = tokio::time::timeout(bounds.silence, remote.ask(asks)).await.map_err(|_| silent())??;
                self.unpack(answer, bounds, progress).await?;
                self.all_here(&fetched).await?;
            }
            Ok(fetched)
        };
        match tokio::time::timeout(bounds.total, whole).await {
            Ok(fetched) => fetched,
            Err(_) => {
                let told = crate::kit::clock::in_words(bounds.total);
                Err(refused(format!("It did not come to an end within {told}")))
            }
        }
    }

    /// Feeds the pack to `git index-pack` while it comes.
    async fn unpack(&self, answer: Body, bounds: FetchBounds, progress: &(dyn Fn(FetchProgress) + Sync)) -> Result<()> {
        let words = [
            format!("--max-input-size={}", bounds.bytes),
            // Old histories have these harmless faults; a push may have them too.
            "--strict=zeroPaddedFilemode=ignore,badTimezone=ignore,missingSpaceBeforeDate=ignore".to_owned(),
        ];
        // Larger files stream to the disk instead of standing in memory whole.
        let settings = ["core.bigFileThreshold=32m".to_owned()];
        let directory = Target::Environment(self.directory());
        let verb = ["index-pack", "--stdin", "--fix-thin"];
        let start = Start { verb: &verb, words: &words, directory, settings: &settings, environment: &[] };
        let mut index = process::start(self.git(), &start)?;
        let mut takes = index.stdin.take().expect("standard input is piped");
        let mut says = index.stdout.take().expect("standard output is piped");
        let stderr = index.stderr.take().expect("standard error is piped");
        let mut said = Vec::new();
        let feeding = async {
            let mut pack = Pack::new(answer, bounds);
            let mut fed = pack.first().await;
            while let Ok(Some(bytes)) = fed {
                if takes.write_all(&bytes).await.is_err() {
                    // `git` has heard enough, and says why.
                    drop(takes);
                    return Ok(());
                }
                progress(pack.progress.clone());
                fed = pack.next().await;
            }
            fed?;
            takes.shutdown().await.ok();
            drop(takes);
            Ok::<(), Error>(())
        };
        let (fed, _, complains) = tokio::join!(feeding, says.read_to_end(&mut said), process::complaint(stderr));
        // A pack that broke off is refused by `git` as well; the reason is ours to tell.
        let status = index.wait().await.context("Cannot store a pack")?;
        fed?;
        if !status.success() {
            let told = visible_line(&complains, 300);
            return Err(refused(format!("What came is not sound, or too large: {told}")).code("UNSOUND_OBJECTS"));
        }
        self.forget();
        Ok(())
    }

    /// Whether every ref that was promised can be written now: a branch stands for a commit.
    async fn all_here(&self, fetched: &Fetched) -> Result<()> {
        let refs = fetched.refs.clone();
        self.blocking(move |repository| {
            for (name, id) in refs {
                let found = repository.find_header(oid(&id)).ok().map(|header| header.kind());
                let good = match name.starts_with("refs/heads/") {
                    true => found == Some(gix::object::Kind::Commit),
                    false => found.is_some(),
                };
                if !good {
                    return Err(refused(format!("`{}` points to nothing that came", visible_line(&name, 120))));
                }
            }
            Ok(())
        })
        .await
    }
}

/// The list of refs, read to its end.
async fn listed(remote: &dyn Remote, bounds: FetchBounds) -> Result<Vec<u8>> {
    let mut body = tokio::time::timeout(bounds.silence, remote.advertise()).await.map_err(|_| silent())??;
    let (mut list, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match some(&mut body, &mut buffer, bounds.silence).await? {
            0 => return Ok(list),
            length if list.len() + length > LONGEST_LIST => return Err(refused("Its list of branches is too long")),
            length => list.extend_from_slice(&buffer[..length]),
        }
    }
}

async fn some(body: &mut Body, buffer: &mut [u8], silence: Duration) -> Result<usize> {
    match tokio::time::timeout(silence, body.read(buffer)).await {
        Ok(Ok(length)) => Ok(length),
        Ok(Err(error)) => Err(refused("It broke off in the middle").source(error)),
        Err(_) => Err(silent()),
    }
}

fn silent() -> Error {
    refused("It says nothing")
}

/// The other side did, or is, something that we cannot take.
fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// Reads what a remote says it has.
fn read_list(list: &[u8]) -> Result<Fetched> {
    let stranger = || {
        refused("It does not speak Git's smart HTTP").hint("the address of a clone is needed, as `git clone` takes it")
    };
    let mut fetched = Fetched::default();
    let (mut rest, mut first, mut lines) = (list, true, 0_usize);
    while !rest.is_empty() {
        let (length, after) = packet(rest).ok_or_else(stranger)?;
        let line = rest.get(4..length.max(4)).ok_or_else(stranger)?;
        rest = after;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"# service=git-upload-pack") || line == b"version 1" {
            lines += 1;
            continue;
        }
        if let Some(says) = line.strip_prefix(b"ERR ") {
            return Err(refused(format!("It says: {}", visible_line(&String::from_utf8_lossy(says), 200))));
        }
        let mut parts = line.splitn(2, |byte| *byte == 0);
        let (named, capabilities) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if first {
            fetched.head = read_capabilities(&String::from_utf8_lossy(capabilities))?;
            first = false;
        }
        take_ref(&mut fetched, named).ok_or_else(stranger)?;
        lines += 1;
    }
    if lines == 0 || first {
        return Err(stranger());
    }
    Ok(fetched)
}

/// The length of the packet line that comes first, and what follows it.
fn packet(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length =
        std::str::from_utf8(bytes.get(..4)?).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    match usize::from_str_radix(length, 16).ok()? {
        0 => Some((0, &bytes[4..])),
        length @ 4..=LONGEST_LINE if length <= bytes.len() => Some((length, &bytes[length..])),
        _ => None,
    }
}

/// Takes one line `<id> <name>`; none for one that is none.
fn take_ref(fetched: &mut Fetched, line: &[u8]) -> Option<()> {
    let line = String::from_utf8_lossy(line);
    let (id, name) = line.split_once(' ')?;
    let id: ObjectId = id.parse().ok()?;
    if name == "capabilities^{}" || name == "HEAD" || name.ends_with("^{}") {
        return Some(());
    }
    let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
    match short {
        Some(short) if short.parse::<BranchName>().is_ok() => {
            fetched.refs.insert(name.to_owned(), id);
        }
        Some(_) => fetched.left_out += 1,
        // Pull requests, notes and the like of the other side are its own.
        None => {}
    }
    Some(())
}

/// What the other side can do, and where its `HEAD` points to.
fn read_capabilities(words: &str) -> Result<Option<BranchName>> {
    let mut head = None;
    for word in words.split(' ') {
        match word.split_once('=') {
            Some(("object-format", format)) if format != "sha1" => {
                return Err(refused("Its objects have other ids than SHA-1, which is not supported"));
            }
            Some(("symref", target)) => {
                let branch = target.strip_prefix("HEAD:refs/heads/").and_then(|name| name.parse().ok());
                head = branch.or(head);
            }
            _ => {}
        }
    }
    if !words.split(' ').any(|word| word == "side-band-64k") {
        return Err(refused("It speaks an older Git than 1.5.6"));
    }
    Ok(head)
}

/// All wants, then all haves, then the end: one turn.
fn request(wanted: &BTreeSet<&ObjectId>, here: &BTreeSet<ObjectId>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut line = |text: &str| body.extend_from_slice(format!("{:04x}{text}", text.len() + 4).as_bytes());
    for (index, id) in wanted.iter().enumerate() {
        let can = if index == 0 { " side-band-64k ofs-delta thin-pack agent=forgehand" } else { "" };
        line(&format!("want {id}{can}\n"));
    }
    body.extend_from_slice(b"0000");
    let mut line = |text: &str| body.extend_from_slice(format!("{:04x}{text}", text.len() + 4).as_bytes());
    for id in here.iter().take(MOST_HAVES) {
        line(&format!("have {id}\n"));
    }
    line("done\n");
    body
}

/// A pack as it comes, between packet lines.
struct Pack {
    body: Pin<Box<dyn AsyncRead + Send>>,
    bounds: FetchBounds,
    progress: FetchProgress,
}

impl Pack {
    fn new(body: Body, bounds: FetchBounds) -> Self {
        Self { body, bounds, progress: FetchProgress::default() }
    }

    /// Passes by what the other side says about what we have.
    async fn first(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.line().await? {
                Some(line) if line.starts_with(b"NAK") || line.starts_with(b"ACK ") => {}
                Some(line) => match self.banded(line)? {
                    Some(bytes) => return Ok(Some(bytes)),
                    None => continue,
                },
                None => return Err(refused("It sends nothing")),
            }
        }
    }

    /// The next piece of the pack; none at its end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while let Some(line) = self.line().await? {
            if let Some(bytes) = self.banded(line)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Reads one line's band: the pack, what is said beside it, or the end of everything.
    fn banded(&mut self, line: Vec<u8>) -> Result<Option<Vec<u8>>> {
        match line.split_first() {
            Some((1, pack)) => Ok(Some(pack.to_vec())),
            Some((2, says)) => {
                let says = String::from_utf8_lossy(says);
                let newest = says.split(['\r', '\n']).rfind(|part| !part.trim().is_empty());
                if let Some(newest) = newest {
                    self.progress.says = visible_line(newest.trim(), 120);
                }
                Ok(None)
            }
            Some((3, says)) => {
                Err(refused(format!("It says: {}", visible_line(String::from_utf8_lossy(says).trim(), 200))))
            }
            _ => {
                let says = line.strip_prefix(b"ERR ").unwrap_or(&line);
                Err(refused(format!("It says: {}", visible_line(String::from_utf8_lossy(says).trim(), 200))))
            }
        }
    }

    /// One packet line; none for a flush and for the end.
    async fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut four = [0; 4];
        if some(&mut self.body, &mut four[..1], self.bounds.silence).await? == 0 {
            return Ok(None);
        }
        self.exactly(&mut four[1..]).await?;
        let length = std::str::from_utf8(&four).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let length = match length {
            Some(0) => return Ok(None),
            Some(length @ 5..=LONGEST_LINE) => length - 4,
            _ => return Err(refused("What it sends is no pack")),
        };
        let mut line = vec![0; length];
        self.exactly(&mut line).await?;
        self.progress.bytes += length as u64;
        if self.progress.bytes > self.bounds.bytes {
            let most = self.bounds.bytes / 1024 / 1024;
            return Err(refused(format!("It is larger than the {most} MiB that one import may bring"))
                .hint("an administrator can raise the setting `import_limit`"));
        }
        Ok(Some(line))
    }

    async fn exactly(&mut self, mut part: &mut [u8]) -> Result<()> {
        while !part.is_empty() {
            let length = some(&mut self.body, part, self.bounds.silence).await?;
            if length == 0 {
                return Err(refused("It broke off in the middle"));
            }
            part = &mut part[length..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<u8> {
        let packet = |line: &&str| match line.is_empty() {
            true => "0000".to_owned(),
            false => format!("{:04x}{line}", line.len() + 4),
        };
        lines.iter().map(packet).collect::<String>().into_bytes()
    }

    const ONE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn a_list_is_read_and_what_no_page_could_address_left_out() {
        let first = format!("{ONE} HEAD\0side-band-64k symref=HEAD:refs/heads/trunk agent=x\n");
        let all = ["refs/heads/trunk", "refs/heads/-x", "refs/tags/v1", "refs/tags/v1^{}", "refs/pull/1/head"]
            .map(|name| format!("{ONE} {name}\n"));
        let mut list = vec!["# service=git-upload-pack\n", "", &first];
        list.extend(all.iter().map(String::as_str));
        list.push("");
        let read = read_list(&lines(&list)).unwrap();
        assert_eq!(read.refs.keys().map(String::as_str).collect::<Vec<_>>(), ["refs/heads/trunk", "refs/tags/v1"]);
        assert_eq!((read.head.unwrap().as_str(), read.left_out), ("trunk", 1));
    }

    #[test]
    fn whoever_speaks_something_else_is_told_so() {
        let told = |list: &[u8]| read_list(list).unwrap_err().message().to_owned();
        for list in [&b""[..], b"<!doctype html>", b"0000", b"zzzz", b"ffff", b"0010refs", b"0001"] {
            assert_eq!(told(list), "It does not speak Git's smart HTTP", "{list:?}");
        }
        let sha256 = format!("{ONE} HEAD\0side-band-64k object-format=sha256");
        assert!(told(&lines(&[&sha256])).contains("SHA-1"));
        assert!(told(&lines(&[&format!("{ONE} HEAD\0thin-pack")])).contains("older Git"));
        assert_eq!(told(&lines(&["ERR no\u{1b}[31m such thing"])), "It says: no⟦U+001B⟧[31m such thing");
    }

    #[test]
    fn everything_is_asked_in_one_turn() {
        let (one, two): (ObjectId, ObjectId) = (ONE.parse().unwrap(), "2".repeat(40).parse().unwrap());
        let asked = request(&BTreeSet::from([&one]), &BTreeSet::from([two]));
        let text = String::from_utf8(asked).unwrap();
        assert!(text.starts_with("0064want 1"), "{text}");
        assert!(text.ends_with("00000032have 2222222222222222222222222222222222222222\n0009done\n"), "{text}");
    }
}
