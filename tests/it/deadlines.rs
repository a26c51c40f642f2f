//! Deadlines: who waits is answered in time, and what was answered as late has changed nothing.

use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use muster::{
    config::Settings,
    error::{Error, Result as Answer},
    proto::{
        EventFilter, EventType, GetTeamRequest, GetTeamResponse, ListEventsRequest,
        ListTeamsRequest, Team, UpdateTeamRequest, WatchEventsRequest,
    },
    store::{self, Reads, Until},
};
use prost_types::FieldMask;
use sea_orm::ConnectionTrait;
use tokio::time::Instant as Moment;
use tonic::{Code, Request, Response, client::Grpc};
use tonic_prost::ProstCodec;

use crate::{
    events::list,
    harness::{Harness, tests},
    holding::{Holder, nobody_waits},
    patient::{PatientClient, within},
    refusals::{Outcome, reason},
    watching::{next, watch},
};

tests![
    an_update_that_waits_for_its_team_is_answered_in_time_and_changes_nothing,
    the_longest_call_bounds_a_call_without_a_deadline with short,
    a_call_whose_message_never_comes_is_answered_in_time with short,
    a_deadline_of_no_time_is_late_at_once,
    a_deadline_in_no_known_form_is_none,
    a_transaction_that_is_late_is_not_committed,
    a_transaction_waits_for_nothing_beyond_its_deadline,
    a_watch_ends_with_its_clients_deadline_and_with_no_other with short,
];

const SHORT: Duration = Duration::from_millis(300);
/// Sooner than by what else would end a wait: for a connection or a lock that is 10 s.
const SOONER: Duration = Duration::from_secs(9);

fn short(settings: &mut Settings) {
    settings.calls.longest_call = SHORT;
    settings.watch_heartbeat = Duration::from_millis(50);
}

/// Asks for another name.
pub(crate) fn rename(team: &str, name: &str) -> UpdateTeamRequest {
    UpdateTeamRequest {
        team: Some(Team {
            id: team.to_owned(),
            display_name: name.to_owned(),
            ..Team::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        ..UpdateTeamRequest::default()
    }
}

async fn name_of(h: &Harness, team: &str) -> String {
    let team_id = team.to_owned();
    let answer = h.teams().get_team(GetTeamRequest { team_id }).await;
    answer.answered().team.expect("the team").display_name
}

/// How many changes of teams were written.
async fn updates(h: &Harness) -> usize {
    let request = ListEventsRequest {
        filter: Some(EventFilter {
            types: vec![EventType::TeamUpdated.into()],
            ..EventFilter::default()
        }),
        ..ListEventsRequest::default()
    };
    list(h, request).await.len()
}

/// Holds that a call is answered as late, about when it should be.
async fn late<T: std::fmt::Debug>(
    call: impl Future<Output = Result<Response<T>, tonic::Status>>,
    after: Duration,
) {
    let begun = Instant::now();
    let answer = call.await;
    answer.refused(Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    let took = begun.elapsed();
    assert!(took + Duration::from_millis(5) > after, "{took:?}");
    assert!(took < after + SOONER, "{took:?}");
}

async fn an_update_that_waits_for_its_team_is_answered_in_time_and_changes_nothing(h: &Harness) {
    let team = h.team("acme").await.id;
    let client = PatientClient::of(h);
    let holder = Holder::of(h, &team).await;
    // Some wait for the team, and where there are no more connections, for one of them.
    let calls = (0..12).map(|number| {
        let mut teams = client.teams();
        let request = within(SHORT, rename(&team, &format!("late{number}")));
        tokio::spawn(async move { late(teams.update_team(request), SHORT).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic");
    }
    nobody_waits(h).await;
    holder.release().await;
    // Whoever writes now comes after all who waited for a connection.
    h.teams().update_team(rename(&team, "now")).await.answered();
    assert_eq!(name_of(h, &team).await, "now");
    assert_eq!(updates(h).await, 1, "the late ones wrote nothing");
}

async fn the_longest_call_bounds_a_call_without_a_deadline(h: &Harness) {
    let team = h.team("acme").await.id;
    let client = PatientClient::of(h);
    let holder = Holder::of(h, &team).await;
    late(client.teams().update_team(rename(&team, "late")), SHORT).await;
    // Nor can its client let it take longer.
    let hours = within(Duration::from_hours(5), rename(&team, "late"));
    late(client.teams().update_team(hours), SHORT).await;
    holder.release().await;
    h.teams().update_team(rename(&team, "now")).await.answered();
    assert_eq!(updates(h).await, 1);
}

async fn a_call_whose_message_never_comes_is_answered_in_time(h: &Harness) {
    let mut client = Grpc::new(h.keyed_channel());
    client.ready().await.expect("a connection");
    let path = PathAndQuery::from_static("/muster.v1.TeamService/GetTeam");
    let codec = ProstCodec::<GetTeamRequest, GetTeamResponse>::default();
    let nothing = Request::new(tokio_stream::pending::<GetTeamRequest>());
    late(client.client_streaming(nothing, path, codec), SHORT).await;
}

async fn a_deadline_of_no_time_is_late_at_once(h: &Harness) {
    let mut teams = PatientClient::of(h).teams();
    for timeout in [Duration::ZERO, Duration::from_nanos(1)] {
        let request = within(timeout, ListTeamsRequest::default());
        late(teams.list_teams(request), Duration::ZERO).await;
    }
}

async fn a_deadline_in_no_known_form_is_none(h: &Harness) {
    for header in ["", "1", "n", "1 n", "-1n", "1x", "123456789n", "0.1n"] {
        let mut request = Request::new(ListTeamsRequest::default());
        let value = header.parse().expect("plain ASCII");
        request.metadata_mut().insert("grpc-timeout", value);
        h.teams().list_teams(request).await.answered();
    }
}

async fn a_transaction_that_is_late_is_not_committed(h: &Harness) {
    let team = h.team("acme").await.id;
    let at = Moment::now() + SHORT;
    let store = h.ctx.store.until(Until { at, is_told: true });
    let answer = store
        .write(|tx| async move {
            let rename = "UPDATE teams SET display_name = 'late'";
            tx.connection().execute_unprepared(rename).await?;
            while Moment::now() < at {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await;
    assert!(matches!(answer, Err(Error::Late)));
    let again = store.write(async |_| -> Answer<()> { panic!("nothing begins late") });
    assert!(matches!(again.await, Err(Error::Late)));
    assert_eq!(name_of(h, &team).await, "acme");
}

async fn a_transaction_waits_for_nothing_beyond_its_deadline(h: &Harness) {
    let team = h.team("acme").await.id;
    let id = team.parse().expect("an id");
    let holder = Holder::of(h, &team).await;
    let begun = Instant::now();
    let at = Moment::now() + SHORT;
    let store = h.ctx.store.until(Until { at, is_told: true });
    let answer = store.write(|tx| async move { store::teams::lock(&tx, id).await.map(drop) });
    assert!(matches!(answer.await, Err(Error::Late)));
    // Sooner than by the pool's own limits.
    let took = begun.elapsed();
    assert!(took >= SHORT && took < SOONER, "{took:?}");
    holder.release().await;
}

async fn a_watch_ends_with_its_clients_deadline_and_with_no_other(h: &Harness) {
    let mut events = h.events();
    let mut unbounded = watch(&mut events, "", EventFilter::default()).await;
    let request = within(3 * SHORT, WatchEventsRequest::default());
    let begun = Instant::now();
    let mut bounded = PatientClient::of(h)
        .events()
        .watch_events(request)
        .await
        .answered();
    let end = loop {
        if let Err(end) = bounded.message().await {
            break end;
        }
    };
    assert_eq!(
        (end.code(), &*reason(&end)),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    assert!(begun.elapsed() > 2 * SHORT, "not by the longest call");
    // As many heartbeats as came meanwhile, and one more.
    for _ in 0..20 {
        next(&mut unbounded).await;
    }
}
