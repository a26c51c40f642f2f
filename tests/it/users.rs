//! Accounts: the long form of an invitation, look-ups in any spelling, profiles, lists.

use muster::proto::{
    BatchGetUsersRequest, CreateUserRequest, GetUserRequest, ImportOutcome, Role,
    UpdateUserRequest, User, UserDisabledReason, get_user_request::Key,
};
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, time},
    harness::{Harness, tests},
    refusals::{Outcome, violations},
};

tests![
    a_created_user_has_his_whole_profile_and_a_letter,
    creating_a_user_requires_role_and_language,
    every_broken_field_of_a_new_user_is_named_at_once,
    an_existing_profile_is_never_overwritten,
    a_user_is_found_by_id_and_by_any_spelling_of_his_address,
    a_look_up_needs_exactly_one_key,
    a_batch_answers_in_the_order_asked_and_names_the_missing,
    a_batch_holds_one_to_a_thousand_ids,
    an_update_changes_the_profile_fields_of_its_mask_and_no_other,
    an_update_cannot_touch_the_address_or_what_the_server_writes,
];

fn long_form(team: &str) -> CreateUserRequest {
    CreateUserRequest {
        team_id: team.to_owned(),
        email: "Ann.Lee@Acme.example".to_owned(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        role: Role::Guest.into(),
        language: "uk".to_owned(),
        phone: "+380 44 123".to_owned(),
        time_zone: "Europe/Kyiv".to_owned(),
        job_title: "Turner".to_owned(),
        external_id: "hr-5".to_owned(),
        ..CreateUserRequest::default()
    }
}

async fn a_created_user_has_his_whole_profile_and_a_letter(h: &Harness) {
    let team = h.team("acme").await;
    let answer = h.users().create_user(long_form(&team.id)).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Invited);
    let member = answer.member.expect("the member");
    assert_eq!(member.role(), Role::Guest);
    assert_eq!(
        answer.invitation.expect("the invitation").role(),
        Role::Guest
    );

    let user = h.user(&member.user_id).await;
    let expected = User {
        id: member.user_id.clone(),
        email: "Ann.Lee@Acme.example".to_owned(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        language: "uk".to_owned(),
        phone: "+380 44 123".to_owned(),
        time_zone: "Europe/Kyiv".to_owned(),
        job_title: "Turner".to_owned(),
        external_id: "hr-5".to_owned(),
        enabled: false,
        disabled_reasons: vec![UserDisabledReason::PendingAcceptance.into()],
        verify_time: None,
        create_time: member.create_time,
        update_time: member.create_time,
        etag: user.etag.clone(),
        delete_time: None,
    };
    assert_eq!(user, expected);
    assert_eq!(member.user, Some(expected));
    assert_eq!(
        h.only_letter().await.to,
        "Ann.Lee@acme.example",
        "the local part as typed, the domain as it is"
    );
}

async fn creating_a_user_requires_role_and_language(h: &Harness) {
    let team = h.team("acme").await;
    let request = CreateUserRequest {
        role: Role::Unspecified.into(),
        language: String::new(),
        ..long_form(&team.id)
    };
    h.users()
        .create_user(request)
        .await
        .invalid(&[("role", "REQUIRED"), ("language", "REQUIRED")]);
}

async fn every_broken_field_of_a_new_user_is_named_at_once(h: &Harness) {
    let request = CreateUserRequest {
        team_id: "acme".to_owned(),
        email: "\u{456}van@acme.example".to_owned(),
        given_name: "a\u{202e}b".to_owned(),
        family_name: "x".repeat(101),
        role: Role::PrimaryAdmin.into(),
        language: "-".to_owned(),
        phone: "1".repeat(41),
        time_zone: "Nowhere At All".to_owned(),
        job_title: "x".repeat(101),
        external_id: "x".repeat(129),
        ..CreateUserRequest::default()
    };
    h.users().create_user(request).await.invalid(&[
        ("team_id", "MALFORMED"),
        ("email", "NOT_ASCII"),
        ("given_name", "CONTROL_CHARACTER"),
        ("family_name", "TOO_LONG"),
        ("role", "UNKNOWN_VALUE"),
        ("language", "MALFORMED"),
        ("phone", "TOO_LONG"),
        ("time_zone", "MALFORMED"),
        ("job_title", "TOO_LONG"),
        ("external_id", "TOO_LONG"),
    ]);
}

async fn an_existing_profile_is_never_overwritten(h: &Harness) {
    let team = h.team("acme").await;
    let other = h.team("other").await;
    let ann = h.invite(&team.id, "ann.lee@acme.example").await;
    let before = h.user(&ann.user).await;

    h.advance(MICROSECOND);
    let mut request = long_form(&other.id);
    "Anna".clone_into(&mut request.given_name);
    let answer = h.users().create_user(request).await.answered();
    assert_eq!(answer.member.expect("the member").user_id, ann.user);
    h.only_letter().await;
    assert_eq!(h.user(&ann.user).await, before);
}

async fn a_user_is_found_by_id_and_by_any_spelling_of_his_address(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "Ann@b\u{fc}cher.example").await;
    let user = h.user(&ann.user).await;
    assert_eq!(user.email, "Ann@b\u{fc}cher.example", "as it was typed");

    for spelling in [
        "ann@b\u{fc}cher.example",
        " ANN@B\u{dc}CHER.example ",
        "ann@xn--bcher-kva.example",
        "ann@bu\u{308}cher.example",
    ] {
        let key = Some(Key::Email(spelling.to_owned()));
        let answer = h
            .users()
            .get_user(GetUserRequest {
                key,
                ..GetUserRequest::default()
            })
            .await
            .answered();
        assert_eq!(answer.user.as_ref(), Some(&user), "{spelling}");
    }
    let key = Some(Key::Email("an.n@b\u{fc}cher.example".to_owned()));
    h.users()
        .get_user(GetUserRequest {
            key,
            ..GetUserRequest::default()
        })
        .await
        .refused(Code::NotFound, "USER_NOT_FOUND");
}

async fn a_look_up_needs_exactly_one_key(h: &Harness) {
    let status = h
        .users()
        .get_user(GetUserRequest {
            key: None,
            ..GetUserRequest::default()
        })
        .await
        .refused(Code::InvalidArgument, "INVALID");
    assert_eq!(violations(&status).len(), 1);
    let key = Some(Key::Email("nobody".to_owned()));
    h.users()
        .get_user(GetUserRequest {
            key,
            ..GetUserRequest::default()
        })
        .await
        .invalid(&[("email", "MALFORMED")]);
    let key = Some(Key::UserId("nobody".to_owned()));
    h.users()
        .get_user(GetUserRequest {
            key,
            ..GetUserRequest::default()
        })
        .await
        .invalid(&[("user_id", "MALFORMED")]);
}

async fn a_batch_answers_in_the_order_asked_and_names_the_missing(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let bob = h.invite(&team.id, "bob@acme.example").await;
    let nobody = [h.unknown_id(), h.unknown_id()];

    let user_ids = vec![
        nobody[1].clone(),
        bob.user.clone(),
        team.admin.clone(),
        nobody[0].clone(),
        ann.user.clone(),
    ];
    let answer = h
        .users()
        .batch_get_users(BatchGetUsersRequest {
            user_ids,
            ..BatchGetUsersRequest::default()
        })
        .await
        .answered();
    let found: Vec<_> = answer.users.iter().map(|user| &user.id).collect();
    assert_eq!(found, [&bob.user, &team.admin, &ann.user]);
    assert_eq!(
        answer.missing_user_ids,
        [nobody[1].clone(), nobody[0].clone()]
    );
}

async fn a_batch_holds_one_to_a_thousand_ids(h: &Harness) {
    let batch = async |user_ids: Vec<String>| {
        h.users()
            .batch_get_users(BatchGetUsersRequest {
                user_ids,
                ..BatchGetUsersRequest::default()
            })
            .await
    };
    batch(Vec::new()).await.invalid(&[("user_ids", "REQUIRED")]);
    let ids: Vec<_> = (0..1_001).map(|_| h.unknown_id()).collect();
    assert_eq!(
        batch(ids[..1_000].to_vec())
            .await
            .answered()
            .missing_user_ids
            .len(),
        1_000
    );
    batch(ids).await.invalid(&[("user_ids", "TOO_MANY")]);
    batch(vec![h.unknown_id(), "x".to_owned()])
        .await
        .invalid(&[("user_ids[1]", "MALFORMED")]);
}

fn update(user: User, paths: &[&str]) -> UpdateUserRequest {
    UpdateUserRequest {
        user: Some(user),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateUserRequest::default()
    }
}

fn copy(path: &str, from: &User, to: &mut User) {
    let (from, to) = match path {
        "given_name" => (&from.given_name, &mut to.given_name),
        "family_name" => (&from.family_name, &mut to.family_name),
        "language" => (&from.language, &mut to.language),
        "phone" => (&from.phone, &mut to.phone),
        "time_zone" => (&from.time_zone, &mut to.time_zone),
        "job_title" => (&from.job_title, &mut to.job_title),
        "external_id" => (&from.external_id, &mut to.external_id),
        unknown => panic!("{unknown}"),
    };
    to.clone_from(from);
}

async fn an_update_changes_the_profile_fields_of_its_mask_and_no_other(h: &Harness) {
    let team = h.team("acme").await;
    let ann = h.invite(&team.id, "ann@acme.example").await;
    let mut expected = h.user(&ann.user).await;
    let new = User {
        id: ann.user.clone(),
        email: "not.changed@acme.example".to_owned(),
        given_name: "Anna".to_owned(),
        family_name: "Li".to_owned(),
        language: "de".to_owned(),
        phone: "123".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        job_title: "Welder".to_owned(),
        external_id: "hr-6".to_owned(),
        ..User::default()
    };

    let paths = [
        "given_name",
        "family_name",
        "language",
        "phone",
        "time_zone",
        "job_title",
        "external_id",
    ];
    for path in paths {
        h.advance(MICROSECOND);
        let answer = h
            .users()
            .update_user(update(new.clone(), &[path]))
            .await
            .answered();
        copy(path, &new, &mut expected);
        let user = answer.user.expect("the user");
        assert_eq!(time(user.update_time), h.now(), "{path}");
        expected.update_time = user.update_time;
        assert_ne!(user.etag, expected.etag, "{path}");
        expected.etag.clone_from(&user.etag);
        assert_eq!(user, expected, "{path}");
        assert_eq!(h.user(&ann.user).await, expected, "{path}");
    }
}

async fn an_update_cannot_touch_the_address_or_what_the_server_writes(h: &Harness) {
    let team = h.team("acme").await;
    let before = h.user(&team.admin).await;
    let user = User {
        given_name: "Beatrix".to_owned(),
        email: "other@acme.example".to_owned(),
        ..before.clone()
    };
    for path in [
        "id",
        "email",
        "enabled",
        "disabled_reasons",
        "verify_time",
        "create_time",
        "update_time",
        "nonsense",
    ] {
        let request = update(user.clone(), &["given_name", path]);
        let status = h
            .users()
            .update_user(request)
            .await
            .refused(Code::InvalidArgument, "INVALID");
        let violations = violations(&status);
        assert!(
            violations.len() == 1 && violations[0].0.starts_with("update_mask"),
            "{path}: {violations:?}"
        );
        assert_eq!(violations[0].1, "UNKNOWN_PATH", "{path}");
    }
    assert_eq!(h.user(&team.admin).await, before);

    let broken = User {
        id: team.admin.clone(),
        language: "!".to_owned(),
        ..User::default()
    };
    let request = update(broken, &["given_name", "language"]);
    h.users().update_user(request).await.invalid(&[
        ("user.given_name", "REQUIRED"),
        ("user.language", "MALFORMED"),
    ]);
}
