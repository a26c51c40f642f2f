//! Teams, people and letters that tests begin with.

use chrono::{DateTime, TimeDelta, Utc};
use muster::{
    mail::transport::SentMail,
    proto::{
        AcceptInvitationRequest, AcceptInvitationResponse, CreateInvitationRequest,
        CreateRoleRequest, CreateTeamRequest, CustomRole, DeclineInvitationRequest,
        GetInvitationRequest, GetMemberRequest, GetTeamRequest, GetUserRequest, ImportResult,
        ImportUsersEnd, ImportUsersHeader, ImportUsersRequest, ImportUsersRow, ImportUsersRows,
        Invitation, Member, PrimaryAdmin, ResendInvitationRequest, Role, Team, TeamCounts,
        UpdateMemberRequest, UpdateTeamRequest, User, VerifiedAccountPolicy, get_user_request::Key,
        import_users_end::Count, import_users_request::Part,
    },
};
use prost_types::{FieldMask, Timestamp};
use tonic::{Response, Status};

use crate::{
    harness::{Harness, PUBLIC_URL},
    refusals::Outcome,
};

/// The shortest time there is.
pub(crate) const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);
/// How long an invitation is good by default.
pub(crate) const WEEK: TimeDelta = TimeDelta::days(7);

/// A new team, whose primary admin has not answered yet.
pub(crate) struct NewTeam {
    /// The team's id.
    pub(crate) id: String,
    /// The primary admin's id.
    pub(crate) admin: String,
    /// The invitation of the primary admin.
    pub(crate) invitation: String,
    /// The newest token of that invitation.
    pub(crate) token: String,
}

/// Somebody whose letter has arrived.
pub(crate) struct Invited {
    /// The person's id.
    pub(crate) user: String,
    /// The invitation's id.
    pub(crate) id: String,
    /// The newest token.
    pub(crate) token: String,
}

/// What makes a team called `name`, whose primary admin is `boss@name.example`.
pub(crate) fn team_called(name: &str) -> CreateTeamRequest {
    team_of(name, &format!("boss@{name}.example"))
}

/// What makes a team called `name`, whose primary admin has this address.
pub(crate) fn team_of(name: &str, email: &str) -> CreateTeamRequest {
    CreateTeamRequest {
        display_name: name.to_owned(),
        primary_admin: Some(PrimaryAdmin {
            email: email.to_owned(),
            given_name: "Bea".to_owned(),
            family_name: "Boss".to_owned(),
            language: String::new(),
        }),
        ..CreateTeamRequest::default()
    }
}

/// What invites an address as a `MEMBER`.
pub(crate) fn invitation_of(team: &str, email: &str) -> CreateInvitationRequest {
    CreateInvitationRequest {
        team_id: team.to_owned(),
        email: email.to_owned(),
        given_name: "Ann".to_owned(),
        family_name: "Lee".to_owned(),
        ..CreateInvitationRequest::default()
    }
}

/// What makes a custom role.
pub(crate) fn role_called(team: &str, name: &str, permissions: &[&str]) -> CreateRoleRequest {
    CreateRoleRequest {
        team_id: team.to_owned(),
        display_name: name.to_owned(),
        permissions: permissions.iter().map(|&one| one.to_owned()).collect(),
        ..CreateRoleRequest::default()
    }
}

/// What gives a member another role.
pub(crate) fn with_role(team: &str, user: &str, role: Role) -> UpdateMemberRequest {
    changed(team, user, "role", |member| member.set_role(role))
}

/// What gives a member these custom roles and no others.
pub(crate) fn with_custom_roles(team: &str, user: &str, roles: &[&str]) -> UpdateMemberRequest {
    let roles = roles.iter().map(|&role| role.to_owned()).collect();
    changed(team, user, "custom_role_ids", |member| {
        member.custom_role_ids = roles;
    })
}

fn changed(
    team: &str,
    user: &str,
    path: &str,
    change: impl FnOnce(&mut Member),
) -> UpdateMemberRequest {
    let mut member = Member {
        team_id: team.to_owned(),
        user_id: user.to_owned(),
        ..Member::default()
    };
    change(&mut member);
    UpdateMemberRequest {
        member: Some(member),
        update_mask: Some(FieldMask {
            paths: vec![path.to_owned()],
        }),
        ..UpdateMemberRequest::default()
    }
}

impl Harness {
    /// A team with default settings.
    pub(crate) async fn team(&self, name: &str) -> NewTeam {
        self.team_from(team_called(name)).await
    }

    /// A team whose primary admin has joined.
    pub(crate) async fn led_team(&self, name: &str) -> NewTeam {
        let team = self.team(name).await;
        self.accept(&team.token).await.answered();
        team
    }

    /// A team whose primary admin is new and has got his letter.
    pub(crate) async fn team_from(&self, request: CreateTeamRequest) -> NewTeam {
        let answer = self.teams().create_team(request).await.answered();
        let letters = self.deliver().await;
        assert_eq!(
            letters.len(),
            1,
            "a new team mails its primary admin and nobody else"
        );
        NewTeam {
            id: answer.team.expect("the team").id,
            admin: answer.member.expect("the primary admin").user_id,
            invitation: answer
                .invitation
                .expect("the primary admin's invitation")
                .id,
            token: token(&letters[0]),
        }
    }

    /// Somebody invited as a `MEMBER`.
    pub(crate) async fn invite(&self, team: &str, email: &str) -> Invited {
        self.invite_from(invitation_of(team, email)).await
    }

    /// Somebody invited as a `GUEST`.
    pub(crate) async fn invite_guest(&self, team: &str, email: &str) -> Invited {
        let mut request = invitation_of(team, email);
        request.set_role(Role::Guest);
        self.invite_from(request).await
    }

    /// Somebody invited, with the letter read.
    pub(crate) async fn invite_from(&self, request: CreateInvitationRequest) -> Invited {
        let answer = self
            .invitations()
            .create_invitation(request)
            .await
            .answered();
        let invitation = answer.invitation.expect("an invitation");
        Invited {
            user: invitation.user_id,
            id: invitation.id,
            token: self.only_token().await,
        }
    }

    /// Somebody who has accepted.
    pub(crate) async fn join(&self, team: &str, email: &str) -> Invited {
        let invited = self.invite(team, email).await;
        self.accept(&invited.token).await.answered();
        invited
    }

    /// A verified account that is in a team of its own only.
    pub(crate) async fn verified(&self, email: &str) -> User {
        let team = self.team_from(team_of("elsewhere", email)).await;
        self.accept(&team.token).await.answered();
        self.user(&team.admin).await
    }

    /// The call that the mailed link's page makes.
    pub(crate) async fn accept(
        &self,
        token: &str,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        let token = token.to_owned();
        self.invitations()
            .accept_invitation(AcceptInvitationRequest {
                token,
                ..AcceptInvitationRequest::default()
            })
            .await
    }

    /// The person says no.
    pub(crate) async fn decline(&self, token: &str) {
        let request = DeclineInvitationRequest {
            token: token.to_owned(),
            ..DeclineInvitationRequest::default()
        };
        let answer = self.invitations().decline_invitation(request).await;
        answer.answered();
    }

    /// A resend that goes through, and the token that it mailed.
    pub(crate) async fn resend(&self, team: &str, invitation: &str) -> String {
        let request = ResendInvitationRequest {
            team_id: team.to_owned(),
            invitation_id: invitation.to_owned(),
            ..ResendInvitationRequest::default()
        };
        self.invitations()
            .resend_invitation(request)
            .await
            .answered();
        self.only_token().await
    }

    /// The token in the only letter that is due.
    pub(crate) async fn only_token(&self) -> String {
        token(&self.only_letter().await)
    }

    /// The only letter that is due.
    pub(crate) async fn only_letter(&self) -> SentMail {
        let mut letters = self.deliver().await;
        assert_eq!(letters.len(), 1, "exactly one letter");
        letters.remove(0)
    }

    /// People imported by address, their letters held; one result each.
    pub(crate) async fn import_held(
        &self,
        team: &str,
        import: &str,
        emails: &[&str],
    ) -> Vec<ImportResult> {
        let header = ImportUsersHeader {
            team_id: team.to_owned(),
            import_id: import.to_owned(),
            hold_letters: true,
            ..ImportUsersHeader::default()
        };
        let row = |email: &&str| ImportUsersRow {
            given_name: "Ann".to_owned(),
            family_name: "Lee".to_owned(),
            email: (*email).to_owned(),
        };
        let rows = ImportUsersRows {
            rows: emails.iter().map(row).collect(),
        };
        let count = i64::try_from(emails.len()).expect("a few rows");
        let end = ImportUsersEnd {
            count: Some(Count::RowCount(count)),
        };
        let parts = [Part::Header(header), Part::Rows(rows), Part::End(end)];
        let stream = tokio_stream::iter(parts.map(|part| ImportUsersRequest { part: Some(part) }));
        self.users().import_users(stream).await.answered().results
    }

    /// A custom role of a team.
    pub(crate) async fn role(&self, team: &str, name: &str, permissions: &[&str]) -> CustomRole {
        let request = role_called(team, name, permissions);
        let answer = self.roles().create_role(request).await.answered();
        answer.role.expect("the role")
    }

    /// A member made something else by the operator.
    pub(crate) async fn change(&self, request: UpdateMemberRequest) -> Member {
        let answer = self.teams().update_member(request).await.answered();
        answer.member.expect("the member")
    }

    /// Somebody who has accepted, and has this role.
    pub(crate) async fn join_as(&self, team: &str, email: &str, role: Role) -> String {
        let joined = self.join(team, email).await;
        self.change(with_role(team, &joined.user, role)).await;
        joined.user
    }

    /// A `MEMBER` who may do just this.
    pub(crate) async fn join_with(&self, team: &str, email: &str, permissions: &[&str]) -> String {
        let joined = self.join(team, email).await;
        let role = self.role(team, email, permissions).await;
        let roles = [role.id.as_str()];
        self.change(with_custom_roles(team, &joined.user, &roles))
            .await;
        joined.user
    }

    /// The person's account.
    pub(crate) async fn user(&self, id: &str) -> User {
        let key = Some(Key::UserId(id.to_owned()));
        let answer = self
            .users()
            .get_user(GetUserRequest {
                key,
                ..GetUserRequest::default()
            })
            .await
            .answered();
        answer.user.expect("the user")
    }

    /// The person in a team.
    pub(crate) async fn member(&self, team: &str, user: &str) -> Member {
        let request = GetMemberRequest {
            team_id: team.to_owned(),
            user_id: user.to_owned(),
        };
        let answer = self.teams().get_member(request).await.answered();
        answer.member.expect("the member")
    }

    /// An invitation of a team.
    pub(crate) async fn invitation(&self, team: &str, id: &str) -> Invitation {
        let request = GetInvitationRequest {
            team_id: team.to_owned(),
            invitation_id: id.to_owned(),
        };
        let answer = self.invitations().get_invitation(request).await.answered();
        answer.invitation.expect("the invitation")
    }

    /// A team's counts.
    pub(crate) async fn counts(&self, team: &str) -> TeamCounts {
        let team_id = team.to_owned();
        let answer = self
            .teams()
            .get_team(GetTeamRequest { team_id })
            .await
            .answered();
        answer.counts.expect("the counts")
    }
}

/// The last part of the link in a letter; panics if there is none.
pub(crate) fn token(letter: &SentMail) -> String {
    let start = format!("{PUBLIC_URL}/invitations/");
    let (_, rest) = letter
        .text
        .split_once(&start)
        .expect("a letter with a link");
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}

/// A time of the wire, to the microsecond.
pub(crate) fn time(timestamp: Option<Timestamp>) -> DateTime<Utc> {
    let timestamp = timestamp.expect("a time");
    let nanos = u32::try_from(timestamp.nanos).expect("nanoseconds");
    DateTime::from_timestamp(timestamp.seconds, nanos).expect("a time in range")
}

/// What makes a team ask verified accounts before it adds them.
pub(crate) fn ask_first(team: &str) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(Team {
            id: team.to_owned(),
            verified_account_policy: VerifiedAccountPolicy::AskFirst.into(),
            ..Team::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["verified_account_policy".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    }
}
