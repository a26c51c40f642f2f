//! A team of all kinds of people, and the lists of it.

use muster::proto::{
    CreateInvitationRequest, InvitationFilter, ListInvitationsRequest, ListMembersRequest,
    ListUsersRequest, MemberFilter, MemberState, Role, UserFilter,
};

use crate::{
    fixtures::{MICROSECOND, WEEK, ask_first, invitation_of},
    harness::Harness,
    invitation_life::decline,
    lists::List,
    refusals::Outcome,
};

/// Every state that a member can have.
pub(crate) const ALL_STATES: [MemberState; 4] = [
    MemberState::Invited,
    MemberState::Active,
    MemberState::Disabled,
    MemberState::Removed,
];

/// Values as a filter holds them.
pub(crate) fn numbers<T: Copy + Into<i32>>(values: &[T]) -> Vec<i32> {
    values.iter().map(|value| (*value).into()).collect()
}

fn with_role(team: &str, email: &str, role: Role) -> CreateInvitationRequest {
    let mut request = invitation_of(team, email);
    request.set_role(role);
    request
}

/// A team with people of every role, source and state; invitations that expired and others; verified accounts that are
/// invited. Its id.
pub(crate) async fn motley(h: &Harness) -> String {
    let team = h.team("acme").await;
    h.accept(&team.token).await.answered();
    let roles = [
        Role::Member,
        Role::Guest,
        Role::SecondaryAdmin,
        Role::SsoAdmin,
    ];
    for age in ["old", "new"] {
        for (number, role) in roles.into_iter().enumerate() {
            for fate in ["waits", "joins", "leaves"] {
                let email = format!("{fate}-{age}-{number}@acme.example");
                let one = h.invite_from(with_role(&team.id, &email, role)).await;
                match fate {
                    "joins" => drop(h.accept(&one.token).await.answered()),
                    "leaves" => decline(h, &one.token).await,
                    _ => {}
                }
            }
            h.advance(MICROSECOND * i32::try_from(number % 2).expect("a bit"));
        }
        let emails = [1, 2, 3].map(|number| format!("import-{age}-{number}@acme.example"));
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        h.import_held(&team.id, age, &emails).await;
        if age == "old" {
            h.advance(WEEK);
        }
    }
    h.teams().update_team(ask_first(&team.id)).await.answered();
    for email in ["known-1@acme.example", "known-2@acme.example"] {
        h.verified(email).await;
        h.invite(&team.id, email).await;
    }
    team.id
}

/// The members of a team by a filter.
pub(crate) fn members(team: &str, filter: MemberFilter) -> List {
    List::Members(ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListMembersRequest::default()
    })
}

/// Accounts by a filter.
pub(crate) fn users(filter: UserFilter) -> List {
    List::Users(ListUsersRequest {
        filter: Some(filter),
        ..ListUsersRequest::default()
    })
}

/// The invitations of a team by a filter.
pub(crate) fn invitations(team: &str, filter: InvitationFilter) -> List {
    List::Invitations(ListInvitationsRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListInvitationsRequest::default()
    })
}
