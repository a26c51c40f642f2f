//! Writes letters into a folder, one `.eml` file each; for demonstrations, development and offline delivery.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use lettre::Message;
use uuid::Uuid;

use super::SendError;
use crate::ids;

/// A folder of letters. A reader never sees half of one, and a letter that is sent twice is there once.
#[derive(Clone)]
pub struct Folder(Arc<Path>);

impl Folder {
    /// A folder at `path`. It is made when the first letter comes, readable by its owner only.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes one message durably. Whatever goes wrong on a disk may go well later.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Some(id) = id(message) else {
            return Err(SendError::Never("the letter has no id of ours".to_owned()));
        };
        let folder = Arc::clone(&self.0);
        let raw = message.formatted();
        tokio::task::spawn_blocking(move || write(&folder, id, &raw))
            .await
            .map_err(io::Error::other)
            .and_then(|written| written)
            .map_err(|error| SendError::Later(format!("cannot write the letter: {}", error.kind())))
    }
}

/// The outbox id, out of the Message-ID. Anything but a UUID is refused, for it becomes a file's name.
fn id(message: &Message) -> Option<Uuid> {
    let header = message.headers().get_raw("Message-ID")?;
    let (id, _) = header.strip_prefix('<')?.split_once('@')?;
    Uuid::try_parse(id).ok()
}

fn write(folder: &Path, id: Uuid, raw: &[u8]) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    // A name of its own for every try: two replicas may write the same letter at once.
    let draft = folder.join(format!(".{id}.{}", ids::nonce().simple()));
    let written = write_draft(&draft, raw)
        .and_then(|()| fs::rename(&draft, folder.join(format!("{id}.eml"))));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
    }
    written?;
    // The new name lasts only once the folder itself is on the disk.
    File::open(folder)?.sync_all()
}

fn write_draft(draft: &Path, raw: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(raw)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder that is gone when the test ends.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("muster-mail-{}", ids::nonce())))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn message(id: &str, body: &str) -> Message {
        Message::builder()
            .from("a@example.org".parse().expect("an address"))
            .to("b@example.org".parse().expect("an address"))
            .message_id(Some(format!("<{id}@example.org>")))
            .body(body.to_owned())
            .expect("a message")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| {
                let name = entry.expect("an entry").file_name();
                name.to_string_lossy().into_owned()
            })
            .collect()
    }

    #[tokio::test]
    async fn a_letter_sent_twice_is_there_once_and_private() {
        let scratch = Scratch::new();
        let path = scratch.0.join("deep/outbox");
        let folder = Folder::new(path.clone());
        let id = Uuid::from_u128(1).to_string();
        for body in ["first", "second"] {
            folder.send(&message(&id, body)).await.expect("sent");
        }
        assert_eq!(names(&path), [format!("{id}.eml")]);
        let file = path.join(format!("{id}.eml"));
        assert!(
            fs::read_to_string(&file)
                .expect("a letter")
                .ends_with("second")
        );
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&file)), (0o700, 0o600));
    }

    #[tokio::test]
    async fn an_id_that_is_no_uuid_names_no_file() {
        let scratch = Scratch::new();
        let sent = Folder::new(scratch.0.clone())
            .send(&message("../../evil", "x"))
            .await;
        assert!(matches!(sent, Err(SendError::Never(_))));
        assert!(!scratch.0.exists());
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_tried_again_later() {
        let scratch = Scratch::new();
        fs::write(&scratch.0, "a file").expect("written");
        let id = Uuid::from_u128(2).to_string();
        let sent = Folder::new(scratch.0.clone())
            .send(&message(&id, "x"))
            .await;
        assert!(matches!(sent, Err(SendError::Later(_))));
        fs::remove_file(&scratch.0).expect("removed");
    }
}
