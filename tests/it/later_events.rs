//! Events that a later version wrote, while this one still answers.

use muster::{
    proto::{EventType, ListEventsRequest},
    store::Reads,
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    events::list,
    harness::{Harness, tests},
};

tests![what_is_not_known_here_is_told_without_a_type];

async fn what_is_not_known_here_is_told_without_a_type(h: &Harness) {
    let team = h.led_team("acme").await;
    let db = h.ctx.store.connection();
    for change in [
        "UPDATE events SET type = 'TEAM_MERGED' WHERE type = 'TEAM_CREATED'",
        "UPDATE events SET removal = 'ABDUCTED' WHERE type = 'MEMBER_JOINED'",
    ] {
        let change = Statement::from_string(db.get_database_backend(), change);
        let done = db.execute_raw(change).await.expect("a later version");
        assert_eq!(done.rows_affected(), 1);
    }
    let events = list(h, ListEventsRequest::default()).await;
    let of_team: Vec<_> = events
        .iter()
        .filter(|event| event.team_id == team.id)
        .collect();
    assert_eq!(of_team[0].r#type(), EventType::Unspecified);
    assert_eq!(of_team[0].payload, None);
    assert_eq!(of_team[0].user_id, team.admin, "what is known is told");
    let joined = of_team.last().expect("more events");
    assert_eq!(joined.r#type(), EventType::MemberJoined);
}
