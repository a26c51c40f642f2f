//! The invitations of a team, those first that expire first.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{Reads, after, time_position, united};
use crate::{
    clock::Time,
    domain::{
        invitations::{Invitation, InvitationFilter, InvitationState, Settlement, ShownInvitation},
        pages::{Page, Position, TimePosition},
        teams::Team,
    },
    error::Result,
    store::{
        entities::invitations::{Column, Entity, Model},
        invitations::show,
        rows::micros,
    },
};

/// A page of them.
pub async fn page(
    db: &impl Reads,
    team: &Team,
    filter: &InvitationFilter,
    (at, size, now): (Option<Position>, u64, Time),
) -> Result<Page<ShownInvitation>> {
    let at = time_position(at)?;
    let ranges = ranges(filter, now).into_iter().map(|range| {
        let mut query = Entity::find()
            .filter(Column::TeamId.eq(team.id))
            .filter(range)
            .order_by_asc(Column::ExpireTime)
            .order_by_asc(Column::Id)
            .limit(size + 1);
        if let Some(at) = at {
            let order = [Column::ExpireTime, Column::Id].map(|column| (Entity, column));
            query = query.filter(after(order, (at.micros, at.id)));
        } else if let Some(from) = filter.expire_time_from {
            query = query.filter(Column::ExpireTime.gte(micros(from)));
        }
        if let Some(before) = filter.expire_time_before {
            query = query.filter(Column::ExpireTime.lt(micros(before)));
        }
        query.into_query()
    });
    let mut rows: Vec<Model> = united(db, ranges.collect()).await?;
    rows.sort_by_key(|row| (row.expire_time, row.id));
    let page = Page::cut(rows, size, |row| {
        let at = TimePosition {
            micros: row.expire_time,
            id: row.id,
        };
        at.position()
    });
    let rows = page
        .items
        .into_iter()
        .map(Invitation::try_from)
        .collect::<Result<_>>()?;
    Ok(Page {
        items: show(db, team, rows).await?,
        next: page.next,
    })
}

/// What each range holds: the import's, or one for every state of delivery or of the invitation. None is in two.
fn ranges(filter: &InvitationFilter, now: Time) -> Vec<Condition> {
    let states: BTreeSet<InvitationState> = if filter.states.is_empty() {
        InvitationState::ALL.iter().copied().collect()
    } else {
        filter.states.iter().copied().collect()
    };
    let deliveries: BTreeSet<_> = filter.delivery_states.iter().copied().collect();
    let every_state = states.len() == InvitationState::ALL.len();

    if filter.import_id.is_some() || !deliveries.is_empty() {
        let mut rest = Condition::all();
        if !every_state {
            rest = rest.add(
                of_states(&states, now)
                    .into_iter()
                    .fold(Condition::any(), Condition::add),
            );
        }
        if let Some(import) = &filter.import_id {
            rest = rest.add(Column::ImportId.eq(import));
            if !deliveries.is_empty() {
                let words = deliveries.iter().map(|state| state.word());
                rest = rest.add(Column::DeliveryState.is_in(words));
            }
            return vec![rest];
        }
        let one = |word: &str| rest.clone().add(Column::DeliveryState.eq(word));
        return deliveries.iter().map(|state| one(state.word())).collect();
    }
    of_states(&states, now)
}

/// One range for the open ones, and one for every end.
fn of_states(states: &BTreeSet<InvitationState>, now: Time) -> Vec<Condition> {
    let mut ranges = Vec::new();
    let open = Condition::all().add(Column::Settlement.is_null());
    match [InvitationState::Pending, InvitationState::Expired].map(|one| states.contains(&one)) {
        [true, true] => ranges.push(open),
        [true, false] => ranges.push(open.add(Column::ExpireTime.gt(micros(now)))),
        [false, true] => ranges.push(open.add(Column::ExpireTime.lte(micros(now)))),
        [false, false] => {}
    }
    for state in states {
        let end = match state {
            InvitationState::Pending | InvitationState::Expired => continue,
            InvitationState::Accepted => Settlement::Accepted,
            InvitationState::Declined => Settlement::Declined,
            InvitationState::Revoked => Settlement::Revoked,
        };
        ranges.push(Condition::all().add(Column::Settlement.eq(end.word())));
    }
    ranges
}
