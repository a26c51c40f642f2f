//! Search keys, and their copies on memberships, agree with the account: under concurrency, and after an older version.

use muster::{
    app::housekeeping::sweep,
    proto::{ListMembersRequest, MemberFilter, UpdateUserRequest, User},
    store::Reads,
};
use prost_types::FieldMask;
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    fixtures::invitation_of,
    harness::{Harness, tests},
    lists::List,
    races::at_once,
    refusals::Outcome,
};

tests![
    a_name_that_changes_while_its_owner_comes_into_teams_is_found_in_all_of_them,
    who_is_verified_while_he_comes_into_teams_is_verified_in_all_of_them,
    what_an_older_version_wrote_is_found_after_a_sweep,
];

fn in_team(team: &str, filter: MemberFilter) -> List {
    List::Members(ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListMembersRequest::default()
    })
}

fn query(query: &str) -> MemberFilter {
    MemberFilter {
        query: query.to_owned(),
        ..MemberFilter::default()
    }
}

fn renamed(user: &str, family_name: &str) -> UpdateUserRequest {
    UpdateUserRequest {
        user: Some(User {
            id: user.to_owned(),
            family_name: family_name.to_owned(),
            ..User::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["family_name".to_owned()],
        }),
        ..UpdateUserRequest::default()
    }
}

/// Some teams, and Ann, who is in the first.
async fn teams(h: &Harness) -> (Vec<String>, crate::fixtures::Invited) {
    let mut teams = Vec::new();
    for number in 0..6 {
        teams.push(h.team(&format!("team{number}")).await.id);
    }
    let ann = h.invite(&teams[0], "ann@acme.example").await;
    (teams, ann)
}

async fn a_name_that_changes_while_its_owner_comes_into_teams_is_found_in_all_of_them(h: &Harness) {
    let (teams, ann) = teams(h).await;
    at_once(10, |number| {
        let (mut users, mut invitations) = (h.users(), h.invitations());
        let rename = renamed(&ann.user, &format!("Name{number}"));
        let invite = teams
            .get(number + 1)
            .map(|team| invitation_of(team, "ann@acme.example"));
        async move {
            if let Some(invite) = invite {
                invitations.create_invitation(invite).await.answered();
            } else {
                users.update_user(rename).await.answered();
            }
        }
    })
    .await;
    assert_eq!(h.deliver().await.len(), 5);
    let name = h.user(&ann.user).await.family_name;
    for team in &teams {
        let found = in_team(team, query(&name)).by_pages_of(h, 9).await;
        assert_eq!(found, [ann.user.as_str()], "{name}");
        let all = in_team(team, query("name")).by_pages_of(h, 9).await;
        assert_eq!(all, [ann.user.as_str()]);
    }
}

async fn who_is_verified_while_he_comes_into_teams_is_verified_in_all_of_them(h: &Harness) {
    let (teams, ann) = teams(h).await;
    at_once(6, |number| {
        let mut client = h.invitations();
        let invite = teams
            .get(number + 1)
            .map(|team| invitation_of(team, "ann@acme.example"));
        let token = ann.token.clone();
        async move {
            if let Some(invite) = invite {
                client.create_invitation(invite).await.answered();
            } else {
                let request = muster::proto::AcceptInvitationRequest {
                    token,
                    ..muster::proto::AcceptInvitationRequest::default()
                };
                client.accept_invitation(request).await.answered();
            }
        }
    })
    .await;
    assert_eq!(h.deliver().await.len(), 5);
    for team in &teams {
        let verified = MemberFilter {
            verified: Some(true),
            ..MemberFilter::default()
        };
        let found = in_team(team, verified).by_pages_of(h, 9).await;
        assert_eq!(found, [ann.user.as_str()]);
    }
}

/// What 0.1.0 sends for an account, its membership, another name, and an accepted invitation.
const OLDER: [&str; 3] = [
    "INSERT INTO users (id, email_normal, email_typed, given_name, family_name, create_time, update_time)
     VALUES ({old}, 'old@acme.example', 'old@acme.example', 'Åsa', 'Ångström', 1, 1)",
    "INSERT INTO members (team_id, user_id, role, source, create_time) VALUES ({team}, {old}, 'MEMBER', 'MANUAL', 1)",
    "UPDATE users SET family_name = 'Šimić', verify_time = update_time + 1, update_time = update_time + 1
     WHERE id = {ann}",
];

async fn what_an_older_version_wrote_is_found_after_a_sweep(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.invite(&team, "ann@acme.example").await.user;
    let old = h.unknown_id();
    let connection = h.ctx.store.connection();
    let literal = |id: &str| match connection.get_database_backend() {
        DbBackend::Sqlite => format!("x'{}'", id.replace('-', "")),
        _ => format!("'{id}'"),
    };
    for sql in OLDER {
        let sql = [("{team}", &team), ("{ann}", &ann), ("{old}", &old)]
            .iter()
            .fold(sql.to_owned(), |sql, (word, id)| {
                sql.replace(word, &literal(id))
            });
        connection.execute_unprepared(&sql).await.expect("a row");
    }
    let verified = MemberFilter {
        verified: Some(true),
        ..MemberFilter::default()
    };
    assert_eq!(
        in_team(&team, query("ang")).all(h).await,
        Vec::<String>::new()
    );
    assert_eq!(
        in_team(&team, verified.clone()).all(h).await,
        Vec::<String>::new()
    );

    let swept = sweep(&h.ctx).await.expect("a sweep");
    assert_eq!(swept.keys, 2);
    for (name, user) in [("angstrom asa", &old), ("old@", &old), ("simic ann", &ann)] {
        assert_eq!(
            in_team(&team, query(name)).all(h).await,
            [user.as_str()],
            "{name}"
        );
    }
    assert_eq!(
        in_team(&team, query("lee")).all(h).await,
        Vec::<String>::new()
    );
    assert_eq!(in_team(&team, verified).all(h).await, [ann.as_str()]);
    assert_eq!(sweep(&h.ctx).await.expect("a sweep").keys, 0);

    // A change through this version leaves nothing to sweep.
    h.users().update_user(renamed(&ann, "Lee")).await.answered();
    assert_eq!(sweep(&h.ctx).await.expect("a sweep").keys, 0);
}
