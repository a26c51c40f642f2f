//! The steps by which people get out of the model's team, or become something else in it.

use muster::proto::{
    BatchRemoveMembersRequest, DeleteTeamRequest, DisableMemberRequest, EnableMemberRequest,
    LeaveTeamRequest, Reason, RemoveMemberRequest, TransferPrimaryAdminRequest,
};
use tonic::Status;

use crate::{
    fixtures::with_role,
    model::Said,
    model_stage::Place,
    model_steps::{By, Step},
};

impl Place<'_> {
    /// Makes the call.
    pub(crate) async fn go(&self, step: &Step) -> Result<Said, Status> {
        let team_id = self.team.clone();
        let id = |who: &usize| self.users[*who].clone();
        match step {
            Step::SetRole(by, who, role) => {
                let request = with_role(&self.team, &self.users[*who], *role);
                self.teams(*by).update_member(request).await?;
            }
            Step::Disable(by, who) => {
                let request = DisableMemberRequest {
                    team_id,
                    user_id: id(who),
                    ..DisableMemberRequest::default()
                };
                self.teams(*by).disable_member(request).await?;
            }
            Step::Enable(by, who) => {
                let request = EnableMemberRequest {
                    team_id,
                    user_id: id(who),
                    ..EnableMemberRequest::default()
                };
                self.teams(*by).enable_member(request).await?;
            }
            Step::Remove(by, who) => {
                let request = RemoveMemberRequest {
                    team_id,
                    user_id: id(who),
                    ..RemoveMemberRequest::default()
                };
                let answer = self.teams(*by).remove_member(request).await?;
                return Ok(Said::Left(self.left(&answer.into_inner().accesses)));
            }
            Step::RemoveMany(by, all) => {
                let request = BatchRemoveMembersRequest {
                    team_id,
                    user_ids: all.iter().map(id).collect(),
                    ..BatchRemoveMembersRequest::default()
                };
                let answer = self.teams(*by).batch_remove_members(request).await?;
                let results = answer.into_inner().results.into_iter();
                let results = results.map(|one| {
                    let left = self.left(&one.accesses);
                    (self.user(&one.user_id), name(one.refusal()), left)
                });
                return Ok(Said::Removed(results.collect()));
            }
            Step::Leave(who) => {
                let request = LeaveTeamRequest {
                    team_id,
                    ..LeaveTeamRequest::default()
                };
                let mut client = self.teams(By::Person(*who));
                let answer = client.leave_team(request).await?.into_inner();
                return Ok(Said::Left(self.left(&answer.accesses)));
            }
            Step::Transfer(by, who) => {
                let request = TransferPrimaryAdminRequest {
                    team_id,
                    user_id: id(who),
                    ..TransferPrimaryAdminRequest::default()
                };
                self.teams(*by).transfer_primary_admin(request).await?;
            }
            Step::Delete(by, force) => {
                let request = DeleteTeamRequest {
                    team_id,
                    force: *force,
                    ..DeleteTeamRequest::default()
                };
                self.teams(*by).delete_team(request).await?;
            }
            other => panic!("nothing to do with people who are in: {other:?}"),
        }
        Ok(Said::Done)
    }
}

/// A reason as refusals have it; none is empty.
fn name(reason: Reason) -> String {
    let name = reason.as_str_name();
    let bare = name.strip_prefix("REASON_").expect("a prefix");
    Some(bare)
        .filter(|bare| *bare != "UNSPECIFIED")
        .unwrap_or_default()
        .to_owned()
}
