//! Compiles the contract without protoc, and notes the commit for `muster --version`.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told everything by its environment"
)]

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FILES: [&str; 9] = [
    "muster/v1/team_service.proto",
    "muster/v1/user_service.proto",
    "muster/v1/invitation_service.proto",
    "muster/v1/event_service.proto",
    "muster/v1/role_service.proto",
    "muster/v1/key_service.proto",
    "muster/v1/product_service.proto",
    "muster/v1/sso_service.proto",
    "muster/v1/directory_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(FILES)?;
    // The bytes keep what a decoded FileDescriptorSet would lose, custom options among it.
    fs::write(
        out.join("muster.binpb"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .extern_path(
            ".muster.v1.ImportUsersRows",
            "crate::proto::ImportUsersRows",
        )
        .extern_path(
            ".muster.v1.SyncDirectoryEntries",
            "crate::proto::SyncDirectoryEntries",
        )
        .extern_path(
            ".muster.v1.SyncDirectoryGroups",
            "crate::proto::SyncDirectoryGroups",
        )
        .compile_fds(compiler.file_descriptor_set())?;

    println!("cargo:rerun-if-env-changed=MUSTER_COMMIT");
    for file in commit_files() {
        println!("cargo:rerun-if-changed={file}");
    }
    println!("cargo:rustc-env=MUSTER_COMMIT={}", commit());
    Ok(())
}

/// The commit that is built: as told (a container build has no .git), else as git knows, else "unknown".
fn commit() -> String {
    if let Ok(told) = env::var("MUSTER_COMMIT") {
        return told;
    }
    git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

/// The files that change when the commit does. One that is missing is left out: cargo would build again at every call.
fn commit_files() -> Vec<String> {
    let branch = git(&["symbolic-ref", "-q", "HEAD"]);
    ["HEAD".to_owned()]
        .into_iter()
        .chain(branch)
        .filter_map(|name| git(&["rev-parse", "--git-path", &name]))
        .filter(|file| Path::new(file).exists())
        .collect()
}

fn git(arguments: &[&str]) -> Option<String> {
    let answer = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| text.trim().to_owned())
}
