//! `muster fsck`, as a shell sees it.

use libtest_mimic::Trial;
use sea_orm::ConnectionTrait;

use crate::{
    backends::block_on,
    binary::{self, code, complaint, said},
    cli_import::{Stage, THREE},
    deployments::Look,
};

/// These start the program and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [(
            "fsck_tells_by_its_exit_code_whether_something_is_broken",
            fsck_tells_by_its_exit_code_whether_something_is_broken,
        )],
    )
}

fn fsck_tells_by_its_exit_code_whether_something_is_broken() {
    let stage = Stage::new();
    stage.folder.write("people.csv", THREE);
    let folder = &stage.folder;
    let import = ["import", "people.csv", "--team", &stage.team];
    let import = stage.server.call(folder, &import).output();
    assert_eq!(code(import.expect("the program").status), 0);

    // The server goes on meanwhile.
    let here = ["fsck", "--team", &stage.team];
    for arguments in [&["fsck"][..], &here] {
        let sound = folder.run(arguments);
        assert_eq!(code(sound.status), 0, "{}", complaint(&sound));
        let lines = said(&sound);
        assert!(lines.lines().filter(|line| line.starts_with("ok ")).count() > 30);
        assert!(!lines.contains("broken"), "{lines}");
    }

    let file = format!("sqlite://{}", folder.file("muster.db").display());
    block_on(async {
        let look = Look::at(&file).await;
        let breach = "UPDATE members SET join_time = 1 WHERE source = 'IMPORT'";
        look.0.execute_unprepared(breach).await.expect("a breach");
    });
    let broken = folder.run(&[&here[..], &["--show", "1"]].concat());
    assert_eq!(code(broken.status), 1, "{}", complaint(&broken));
    let lines = said(&broken);
    assert!(
        lines.contains("broken  open-invitation-is-of-an-invited: 2, "),
        "{lines}"
    );
    let named = lines.lines().filter(|line| line.contains(&stage.team));
    assert_eq!(named.count(), 1, "{lines}");
    assert!(!lines.contains('@'), "ids and nothing else: {lines}");

    let nobody = "00000000-0000-7000-8000-000000000000";
    assert_eq!(code(folder.run(&["fsck", "--team", nobody]).status), 2);
    let nowhere = ["fsck", "--database-url", "sqlite://empty.db"];
    assert_eq!(code(folder.run(&nowhere).status), 2, "no schema");
}
