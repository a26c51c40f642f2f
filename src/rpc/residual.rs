//! What remains, and how somebody gets in, as `ProductService` reads and shows it.

use super::{
    Rpc,
    access::{optional_id, show},
    hubs::person,
    members,
    pages::List,
    products::optional_product,
    values::id,
};
use crate::{
    app::{self, Call, Caller},
    domain::{
        leaving::{Explanation, Remedy},
        pages::size,
        users::User,
    },
    error::{Result, Violations},
    proto,
};

type Whose = ((uuid::Uuid, uuid::Uuid), uuid::Uuid);

pub(super) async fn list(
    rpc: Rpc,
    caller: Caller,
    mut message: proto::ListResidualAccessRequest,
) -> Result<proto::ListResidualAccessResponse> {
    let token = std::mem::take(&mut message.page_token);
    let size = size(std::mem::take(&mut message.page_size));
    let list = List::new("ListResidualAccess", "residual_time", &message);
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let hub = violations.take(optional_id("hub_id", &message.hub_id));
    let product = violations.take(optional_product("product_id", &message.product_id));
    let which = (|| Some((team?, hub?, product?)))();
    let which = violations.finish(which)?;
    let after = list.open(&rpc.ctx.secrets, &token)?;
    let cut = (after, size);
    let (page, people) = app::access::residual::list(&rpc.ctx, &caller, which, cut).await?;
    Ok(proto::ListResidualAccessResponse {
        accesses: page.items.iter().map(show).collect(),
        next_page_token: list.seal(&rpc.ctx.secrets, page.next.as_ref()),
        people: people.into_iter().map(shown_person).collect(),
    })
}

fn shown_person(user: User) -> proto::ResidualPerson {
    proto::ResidualPerson {
        user_id: user.id.to_string(),
        given_name: user.given_name,
        family_name: user.family_name,
        email: user.email,
    }
}

pub(super) fn report(message: &proto::ReportResidualAccessRequest) -> Result<Whose> {
    person(&message.team_id, &message.hub_id, &message.user_id)
}

pub(super) async fn reported(
    rpc: Rpc,
    call: Call,
    whose: Whose,
) -> Result<proto::ReportResidualAccessResponse> {
    app::access::residual::report(&rpc.ctx, &call, whose, |access, _| {
        let access = Some(show(&access));
        proto::ReportResidualAccessResponse { access }
    })
    .await
}

pub(super) async fn explain(
    rpc: Rpc,
    caller: Caller,
    message: proto::ExplainAccessRequest,
) -> Result<proto::ExplainAccessResponse> {
    let mut violations = Violations::new();
    let team = violations.take(id("team_id", &message.team_id));
    let user = violations.take(id("user_id", &message.user_id));
    let hub = violations.take(optional_id("hub_id", &message.hub_id));
    let product = violations.take(optional_product("product_id", &message.product_id));
    let which = (|| Some(((team?, user?), hub?, product?)))();
    let which = violations.finish(which)?;
    let explanation = app::access::residual::explain(&rpc.ctx, &caller, which).await?;
    Ok(explained(&explanation))
}

fn explained(explanation: &Explanation) -> proto::ExplainAccessResponse {
    let invitation = explanation.invitation.as_ref();
    let inviter = invitation.and_then(|one| one.inviter_user_id);
    let import = invitation.and_then(|one| one.import_id.clone());
    let membership = proto::MembershipPath {
        role: members::role(explanation.member.role).into(),
        state: members::state(explanation.member.state()).into(),
        source: members::source(explanation.member.source).into(),
        inviter_user_id: inviter.map(|id| id.to_string()).unwrap_or_default(),
        import_id: import.unwrap_or_default(),
        remedies: remedies(explanation.of_membership()),
    };
    let accesses = explanation.accesses.iter().map(|(access, rule)| {
        let rule = rule.as_ref();
        proto::AccessExplanation {
            access: Some(show(access)),
            effective: explanation.is_effective(access),
            remedies: remedies(explanation.of_access(access, rule)),
            remains_after_removal: Explanation::remains(access, rule),
        }
    });
    proto::ExplainAccessResponse {
        membership: Some(membership),
        accesses: accesses.collect(),
    }
}

fn remedies(remedies: Vec<Remedy>) -> Vec<i32> {
    remedies.into_iter().map(|one| remedy(one).into()).collect()
}

const fn remedy(remedy: Remedy) -> proto::Remedy {
    match remedy {
        Remedy::RemoveMember => proto::Remedy::RemoveMember,
        Remedy::RevokeInvitation => proto::Remedy::RevokeInvitation,
        Remedy::TransferPrimaryAdmin => proto::Remedy::TransferPrimaryAdmin,
        Remedy::Directory => proto::Remedy::Directory,
        Remedy::RevokeProductAccess => proto::Remedy::RevokeProductAccess,
        Remedy::RemoveProjectMember => proto::Remedy::RemoveProjectMember,
        Remedy::RemoveHubMember => proto::Remedy::RemoveHubMember,
    }
}
