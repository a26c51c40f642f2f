//! What the generated steps do that take people out of teams, and bring others to the top.

use muster::proto::{
    BatchRemoveMembersRequest, DeleteUserRequest, DisableMemberRequest, DisableUserRequest,
    EnableMemberRequest, EnableUserRequest, LeaveTeamRequest, RemoveMemberRequest,
    TransferPrimaryAdminRequest,
};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_oneof,
};

use crate::{
    batch_removals::batch,
    disabling::{disabling, enabling},
    removals::{departure, removal},
    stage::{Repeatable, Stage, pick},
    steps::How,
    transfers::transfer,
};

/// One way out, or to the top, of members by number.
#[derive(Debug, Clone)]
pub(crate) enum Departure {
    Remove(u8),
    RemoveMany(Vec<u8>),
    Disable(u8),
    Enable(u8),
    Leave(u8),
    TakeOver(u8),
    DisableUser(u8),
    EnableUser(u8),
    Erase(u8),
}

macro_rules! repeatable {
    ($($request:ty),+) => {
        $(impl Repeatable for $request {
            fn identify(&mut self, request_id: String) {
                self.request_id = request_id;
            }

            fn rehearse(&mut self) -> bool {
                self.validate_only = true;
                true
            }
        })+
    };
}

repeatable!(
    RemoveMemberRequest,
    BatchRemoveMembersRequest,
    DisableMemberRequest,
    EnableMemberRequest,
    LeaveTeamRequest,
    TransferPrimaryAdminRequest,
    DisableUserRequest,
    EnableUserRequest,
    DeleteUserRequest
);

pub(crate) fn any_departure() -> impl Strategy<Value = Departure> {
    let one = any::<u8>;
    prop_oneof![
        2 => one().prop_map(Departure::Remove),
        1 => vec(one(), 1..4).prop_map(Departure::RemoveMany),
        1 => one().prop_map(Departure::Disable),
        1 => one().prop_map(Departure::Enable),
        1 => one().prop_map(Departure::Leave),
        3 => one().prop_map(Departure::TakeOver),
        1 => one().prop_map(Departure::DisableUser),
        1 => one().prop_map(Departure::EnableUser),
        1 => one().prop_map(Departure::Erase),
    ]
}

impl Stage<'_> {
    /// Takes such a step.
    pub(crate) async fn part(&self, departure_of: &Departure, how: How) {
        let number = match departure_of {
            Departure::RemoveMany(some) => some[0],
            Departure::Remove(one)
            | Departure::Disable(one)
            | Departure::Enable(one)
            | Departure::Leave(one)
            | Departure::TakeOver(one)
            | Departure::DisableUser(one)
            | Departure::EnableUser(one)
            | Departure::Erase(one) => *one,
        };
        let Some((team, user)) = pick(&self.members, number) else {
            return;
        };
        match departure_of {
            Departure::Remove(_) => {
                let call = async |it| self.h.teams().remove_member(it).await;
                self.call(how, removal(team, user), call).await;
            }
            Departure::RemoveMany(some) => {
                let here = self.members.iter().filter(|(of, _)| of == team);
                let here: Vec<&str> = here.map(|(_, user)| user.as_str()).collect();
                let mut users: Vec<&str> = some
                    .iter()
                    .filter_map(|number| pick(&here, *number).copied())
                    .collect();
                users.sort_unstable();
                users.dedup();
                let call = async |it| self.h.teams().batch_remove_members(it).await;
                self.call(how, batch(team, &users), call).await;
            }
            Departure::Disable(_) => {
                let call = async |it| self.h.teams().disable_member(it).await;
                self.call(how, disabling(team, user), call).await;
            }
            Departure::Enable(_) => {
                let call = async |it| self.h.teams().enable_member(it).await;
                self.call(how, enabling(team, user), call).await;
            }
            Departure::Leave(_) => {
                let call = async |it| self.h.teams_as(user).leave_team(it).await;
                self.call(how, departure(team), call).await;
            }
            Departure::TakeOver(_) => {
                let call = async |it| self.h.teams().transfer_primary_admin(it).await;
                self.call(how, transfer(team, user), call).await;
            }
            Departure::DisableUser(_) => {
                let request = DisableUserRequest {
                    user_id: user.clone(),
                    ..DisableUserRequest::default()
                };
                let call = async |it| self.h.users().disable_user(it).await;
                self.call(how, request, call).await;
            }
            Departure::EnableUser(_) => {
                let request = EnableUserRequest {
                    user_id: user.clone(),
                    ..EnableUserRequest::default()
                };
                let call = async |it| self.h.users().enable_user(it).await;
                self.call(how, request, call).await;
            }
            Departure::Erase(_) => {
                let request = DeleteUserRequest {
                    user_id: user.clone(),
                    ..DeleteUserRequest::default()
                };
                let call = async |it| self.h.users().delete_user(it).await;
                self.call(how, request, call).await;
            }
        }
    }
}
