//! The directory of a team: who makes, changes and gives it tokens, and what a token is good for.

use muster::{
    app,
    error::{Error, Reason},
    proto::{
        CreateDirectoryRequest, DeleteTeamRequest, Directory, EventType, GetDirectoryRequest, Role,
        RotateDirectoryTokenRequest, UpdateDirectoryRequest,
    },
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    directory_fixtures::{creation, directory_of},
    dumps::dump,
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    hubs::event_types,
    races::at_once,
    refusals::{Outcome, resource_name},
    request_ids::request_id,
};

tests![
    a_directory_is_made_read_and_renamed,
    what_is_no_directory_is_refused_with_every_field,
    a_team_has_one_directory_and_only_if_its_plan_says_so,
    of_directories_made_at_once_a_team_gets_one,
    another_token_ends_the_one_before,
    a_token_is_shown_once,
    a_token_is_stored_as_a_hash_and_told_by_nothing,
    primary_and_sso_admins_alone_change_directories,
    a_deleted_team_leaves_no_token,
];

const OF_DIRECTORIES: [EventType; 3] = [
    EventType::DirectoryCreated,
    EventType::DirectoryUpdated,
    EventType::DirectoryTokenRotated,
];

fn renaming(directory: &Directory, name: &str) -> UpdateDirectoryRequest {
    UpdateDirectoryRequest {
        directory: Some(Directory {
            display_name: name.to_owned(),
            ..directory.clone()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        ..UpdateDirectoryRequest::default()
    }
}

fn rotation(directory: &Directory) -> RotateDirectoryTokenRequest {
    RotateDirectoryTokenRequest {
        team_id: directory.team_id.clone(),
        directory_id: directory.id.clone(),
        ..RotateDirectoryTokenRequest::default()
    }
}

/// Whether a token opens a directory: the id of the one that it opens.
async fn opened(h: &Harness, token: &str) -> Option<String> {
    match app::directories::by_token(&h.ctx, token).await {
        Ok(directory) => Some(directory.id.to_string()),
        Err(Error::Unauthenticated(Reason::CredentialInvalid)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

async fn a_directory_is_made_read_and_renamed(h: &Harness) {
    let team = h.led_team("acme").await;
    let unmade = GetDirectoryRequest {
        team_id: team.id.clone(),
    };
    let none = h.directories().get_directory(unmade).await;
    none.missing("DIRECTORY_NOT_FOUND", &team.id);
    let (made, _) = h.directory(&team.id).await;
    assert_eq!(
        (&*made.display_name, &*made.cursor, made.last_sync_time),
        ("Entra", "", None)
    );
    assert_eq!(time(made.create_time), h.now());
    assert_eq!(h.directory_now(&team.id).await, made);

    h.advance(MICROSECOND);
    let request = renaming(&made, "Our Entra");
    let renamed = h.directories().update_directory(request.clone()).await;
    let renamed = renamed.answered().directory.expect("the directory");
    assert_eq!(renamed.display_name, "Our Entra");
    assert_eq!(time(renamed.update_time), h.now());
    let stale = h.directories().update_directory(request).await;
    stale.refused(Code::Aborted, "ETAG_MISMATCH");
    let same = renaming(&renamed, "Our Entra");
    let same = h.directories().update_directory(same).await.answered();
    assert_eq!(same.directory, Some(renamed.clone()));
    let other = Directory {
        id: h.unknown_id(),
        etag: String::new(),
        ..renamed
    };
    let refused = h
        .directories()
        .update_directory(renaming(&other, "X"))
        .await;
    refused.missing("DIRECTORY_NOT_FOUND", &other.id);
    let [created, updated, _] = OF_DIRECTORIES;
    assert_eq!(
        event_types(h, &team.id, &OF_DIRECTORIES).await,
        [created, updated]
    );
}

async fn what_is_no_directory_is_refused_with_every_field(h: &Harness) {
    let nothing = CreateDirectoryRequest::default();
    let refused = h.directories().create_directory(nothing).await;
    refused.invalid(&[("directory", "REQUIRED")]);
    let blank = creation(Directory::default());
    h.directories().create_directory(blank).await.invalid(&[
        ("directory.team_id", "REQUIRED"),
        ("directory.display_name", "REQUIRED"),
        ("directory.provider", "REQUIRED"),
    ]);
    let odd = creation(Directory {
        provider: 99,
        ..directory_of("x", "www.evil.example")
    });
    h.directories().create_directory(odd).await.invalid(&[
        ("directory.team_id", "MALFORMED"),
        ("directory.display_name", "LOOKS_LIKE_LINK"),
        ("directory.provider", "UNKNOWN_VALUE"),
    ]);
    let mask = UpdateDirectoryRequest {
        update_mask: Some(FieldMask {
            paths: vec!["provider".to_owned()],
        }),
        ..renaming(&directory_of("x", "X"), "X")
    };
    h.directories().update_directory(mask).await.invalid(&[
        ("update_mask.paths[0]", "UNKNOWN_PATH"),
        ("directory.team_id", "MALFORMED"),
        ("directory.id", "REQUIRED"),
    ]);
    let rotation = RotateDirectoryTokenRequest::default();
    h.directories()
        .rotate_directory_token(rotation)
        .await
        .invalid(&[("team_id", "REQUIRED"), ("directory_id", "REQUIRED")]);
}

async fn a_team_has_one_directory_and_only_if_its_plan_says_so(h: &Harness) {
    let team = h.led_team("acme").await;
    let request = creation(directory_of(&team.id, "Entra"));
    let refused = h.directories().create_directory(request.clone()).await;
    refused.refused(Code::FailedPrecondition, "DIRECTORY_ENTITLEMENT_MISSING");
    let (made, _) = h.directory(&team.id).await;
    let refused = h.directories().create_directory(request).await;
    let refused = refused.refused(Code::AlreadyExists, "DIRECTORY_EXISTS");
    assert_eq!(resource_name(&refused), made.id);
}

async fn of_directories_made_at_once_a_team_gets_one(h: &Harness) {
    let team = h.led_team("acme").await;
    h.entitle(&team.id).await;
    let answers = at_once(8, |number| {
        let mut directories = h.directories();
        let request = creation(directory_of(&team.id, &format!("Number {number}")));
        async move { directories.create_directory(request).await }
    })
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for one in refused {
        one.refused(Code::AlreadyExists, "DIRECTORY_EXISTS");
    }
}

async fn another_token_ends_the_one_before(h: &Harness) {
    let team = h.led_team("acme").await;
    let (made, first) = h.directory(&team.id).await;
    assert_eq!(opened(h, &first).await.as_ref(), Some(&made.id));
    h.advance(MICROSECOND);
    let rotated = h
        .directories()
        .rotate_directory_token(rotation(&made))
        .await;
    let rotated = rotated.answered();
    let shown = rotated.directory.expect("the directory");
    assert_ne!(shown.token_id, made.token_id);
    assert_eq!(opened(h, &first).await, None);
    assert_eq!(opened(h, &rotated.token).await.as_ref(), Some(&made.id));
    // Another secret of the same id, and what is no token.
    let forged = format!("{}AAAA", &rotated.token[..rotated.token.len() - 4]);
    for none in [&*forged, "", "mdt_", h.key()] {
        assert_eq!(opened(h, none).await, None);
    }
    let stale = RotateDirectoryTokenRequest {
        etag: made.etag.clone(),
        ..rotation(&made)
    };
    let refused = h.directories().rotate_directory_token(stale).await;
    refused.refused(Code::Aborted, "ETAG_MISMATCH");
    let [created, _, turned] = OF_DIRECTORIES;
    assert_eq!(
        event_types(h, &team.id, &OF_DIRECTORIES).await,
        [created, turned]
    );
}

async fn a_token_is_shown_once(h: &Harness) {
    let team = h.led_team("acme").await;
    h.entitle(&team.id).await;
    let rehearsal = CreateDirectoryRequest {
        validate_only: true,
        ..creation(directory_of(&team.id, "Entra"))
    };
    let shown = h.directories().create_directory(rehearsal).await.answered();
    let directory = shown.directory.expect("a directory");
    assert_eq!(
        (
            &*shown.token,
            &*directory.id,
            &*directory.token_id,
            &*directory.etag
        ),
        ("", "", "", "")
    );
    let request = CreateDirectoryRequest {
        request_id: request_id(1),
        ..creation(directory_of(&team.id, "Entra"))
    };
    let made = h.directories().create_directory(request.clone()).await;
    let made = made.answered();
    let again = h.directories().create_directory(request).await.answered();
    assert_eq!(
        (again.directory.as_ref(), &*again.token),
        (made.directory.as_ref(), "")
    );

    let directory = made.directory.expect("the directory");
    let rehearsal = RotateDirectoryTokenRequest {
        validate_only: true,
        ..rotation(&directory)
    };
    let shown = h
        .directories()
        .rotate_directory_token(rehearsal)
        .await
        .answered();
    assert_eq!(shown.token, "");
    assert_eq!(opened(h, &made.token).await.as_ref(), Some(&directory.id));
    let request = RotateDirectoryTokenRequest {
        request_id: request_id(2),
        ..rotation(&directory)
    };
    let turned = h
        .directories()
        .rotate_directory_token(request.clone())
        .await;
    let turned = turned.answered();
    let again = h
        .directories()
        .rotate_directory_token(request)
        .await
        .answered();
    assert_eq!((again.directory, &*again.token), (turned.directory, ""));
    assert_eq!(opened(h, &turned.token).await.as_ref(), Some(&directory.id));
}

async fn a_token_is_stored_as_a_hash_and_told_by_nothing(h: &Harness) {
    let team = h.led_team("acme").await;
    let (made, token) = h.directory(&team.id).await;
    let secret = token.rsplit('_').next().expect("a secret");
    assert!(!format!("{:?}", h.directory_now(&team.id).await).contains(secret));
    let dump = dump(&h.database_url).await;
    let holds = |text: &str| dump.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&made.token_id));
    assert!(!holds(secret));
}

async fn primary_and_sso_admins_alone_change_directories(h: &Harness) {
    let team = h.led_team("acme").await;
    let (made, _) = h.directory(&team.id).await;
    let second = h
        .join_as(&team.id, "two@acme.example", Role::SecondaryAdmin)
        .await;
    let sso = h
        .join_as(&team.id, "sso@acme.example", Role::SsoAdmin)
        .await;
    let refused = h
        .directories_as(&second)
        .update_directory(renaming(&made, "No"))
        .await;
    refused.denied("sso.update");
    let refused = h
        .directories_as(&second)
        .rotate_directory_token(rotation(&made))
        .await;
    refused.denied("sso.update");
    for able in [&sso, &team.admin] {
        let request = rotation(&made);
        let answer = h.directories_as(able).rotate_directory_token(request).await;
        answer.answered();
    }
}

async fn a_deleted_team_leaves_no_token(h: &Harness) {
    let team = h.led_team("acme").await;
    let (_, token) = h.directory(&team.id).await;
    let request = DeleteTeamRequest {
        team_id: team.id.clone(),
        ..DeleteTeamRequest::default()
    };
    h.teams_as(&team.admin)
        .delete_team(request)
        .await
        .answered();
    assert_eq!(opened(h, &token).await, None);
}
