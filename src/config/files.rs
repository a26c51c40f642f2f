//! Files that hold one secret each: read whole, made once, readable by their owner alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{ConfigError, Secret};

/// Reads the secret in `file`, without the white space around it.
///
/// # Errors
///
/// The file cannot be read, is not UTF-8, or is empty.
pub fn read_secret(file: &Path) -> Result<Secret, ConfigError> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| ConfigError::new(format!("cannot read the secret in {name}: {error}")))?;
    match text.trim() {
        "" => Err(ConfigError::new(format!(
            "{name} is empty: put the secret into it"
        ))),
        secret => Ok(Secret::from(secret.to_owned())),
    }
}

/// Writes `secret` into a new `file` that only its owner may read, and returns once it is on disk.
///
/// # Errors
///
/// The file exists (it is never overwritten) or cannot be written; nothing half-written stays.
pub fn write_secret(file: &Path, secret: &Secret) -> Result<(), ConfigError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    let mut opened = made.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ConfigError::new(format!(
            "{name} exists, and a key in it is never overwritten: move the file away or name another one",
            name = file.display()
        )),
        _ => not_written(file, &error),
    })?;
    fill(&mut opened, secret)
        .and_then(|()| sync_folder(file))
        .map_err(|error| {
            // The file is ours and worthless; leaving it would make the next start fail.
            let _ = fs::remove_file(file);
            not_written(file, &error)
        })
}

fn fill(opened: &mut File, secret: &Secret) -> io::Result<()> {
    writeln!(opened, "{}", secret.expose())?;
    opened.sync_all()
}

/// Makes the new name durable too: a key whose hash is committed must not vanish with the power.
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn not_written(file: &Path, error: &io::Error) -> ConfigError {
    ConfigError::new(format!(
        "cannot write the secret to {}: {error}",
        file.display()
    ))
}
