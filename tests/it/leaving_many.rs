//! Many who leave at once: answers, previews, and what they cost.

use muster::{
    proto::{
        AccessPath, AccessState, BatchRemoveMembersRequest, DataAccess, DeleteTeamRequest, Event,
        EventType, LeftHub, ListEventsRequest, PreviewRemovalRequest, Reason, Role,
    },
    store::Reads,
};
use prost_types::Timestamp;
use sea_orm::ConnectionTrait;

use crate::{
    events::list,
    harness::{Harness, tests},
    refusals::Outcome,
    statements::{cost, hold_alike_of},
};

tests![
    a_team_that_is_deleted_tells_what_remains,
    a_batch_answers_for_each_person_and_describes_each_hub_once,
    a_preview_is_the_answer_of_the_removal_and_does_nothing,
    a_batch_of_leavers_costs_the_same_whatever_its_size,
    the_largest_answer_fits_into_a_message,
    who_is_erased_loses_his_access_in_every_team,
];

async fn a_team_that_is_deleted_tells_what_remains(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    for user in [&ann, &team.admin] {
        h.grant(&acc, user).await;
        h.grant(&tandem, user).await;
        h.make_hub_admin(&tandem, user).await;
    }
    let request = DeleteTeamRequest {
        team_id: team.id.clone(),
        force: true,
        ..DeleteTeamRequest::default()
    };
    let answer = h.teams().delete_team(request).await.answered();
    let counts: Vec<_> = answer
        .hubs
        .iter()
        .map(|one| (one.hub_id.as_str(), one.ended_count, one.remaining_count))
        .collect();
    assert_eq!(counts, [(&*acc.id, 2, 0), (&*tandem.id, 0, 2)]);
    assert!(answer.hubs.iter().all(|one| one.admin_user_ids.is_empty()));
    // Whoever could be told has left too.
    assert!(h.deliver().await.is_empty());
}

async fn a_batch_answers_for_each_person_and_describes_each_hub_once(h: &Harness) {
    let team = h.led_team("acme").await;
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    let bob = h.join(&team.id, "bob@acme.example").await.user;
    for product in [
        "acc", "fusion", "forma", "bim-360", "tandem", "upchain", "info360", "acc", "acc", "acc",
    ] {
        let hub = h.hub(&team.id, product).await;
        h.grant(&hub, &ann).await;
    }
    let stranger = h.unknown_id();
    let request = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids: vec![ann, stranger, team.admin.clone(), bob],
        ..BatchRemoveMembersRequest::default()
    };
    let answer = h.teams().batch_remove_members(request).await.answered();
    assert_eq!(answer.hubs.len(), 10);
    let said: Vec<_> = answer
        .results
        .iter()
        .map(|one| (one.refusal(), one.accesses.len(), one.access_count))
        .collect();
    assert_eq!(
        said,
        [
            (Reason::Unspecified, 8, 10),
            (Reason::MemberNotFound, 0, 0),
            (Reason::PrimaryAdminProtected, 0, 0),
            (Reason::Unspecified, 0, 0),
        ]
    );
    let shown = &answer.results[0].accesses;
    assert!(
        shown[..3]
            .iter()
            .all(|one| one.state() == AccessState::Remains)
    );
    assert_eq!(
        h.deliver().await.len(),
        3,
        "one for each hub where something remains"
    );
}

async fn a_preview_is_the_answer_of_the_removal_and_does_nothing(h: &Harness) {
    let team = h.led_team("acme").await;
    let (acc, tandem) = (
        h.hub(&team.id, "acc").await,
        h.hub(&team.id, "tandem").await,
    );
    let ann = h.join(&team.id, "ann@acme.example").await.user;
    h.grant(&acc, &ann).await;
    h.grant(&tandem, &ann).await;
    let keeper = h
        .join_as(&team.id, "keeper@acme.example", Role::Guest)
        .await;
    h.make_hub_admin(&tandem, &keeper).await;
    let user_ids = vec![ann.clone(), team.admin.clone(), h.unknown_id()];
    let events = list(h, ListEventsRequest::default()).await.len();
    let request = PreviewRemovalRequest {
        team_id: team.id.clone(),
        user_ids: user_ids.clone(),
        ..PreviewRemovalRequest::default()
    };
    let preview = h
        .teams_as(&team.admin)
        .preview_removal(request.clone())
        .await
        .answered();
    assert!(h.is_active(&team.id, &ann).await);
    let states = h.access_states(&team.id, &ann).await;
    assert_eq!(states, [AccessState::Active, AccessState::Active]);
    assert_eq!(list(h, ListEventsRequest::default()).await.len(), events);
    assert!(h.deliver().await.is_empty());

    let removal = BatchRemoveMembersRequest {
        team_id: team.id.clone(),
        user_ids,
        ..BatchRemoveMembersRequest::default()
    };
    let answer = h
        .teams_as(&team.admin)
        .batch_remove_members(removal)
        .await
        .answered();
    assert_eq!(
        (preview.results, preview.hubs),
        (answer.results, answer.hubs)
    );
    h.only_letter().await;
    h.teams_as(&keeper)
        .preview_removal(request)
        .await
        .denied("members.remove");
    let nobody = PreviewRemovalRequest::default();
    let refused = h.teams().preview_removal(nobody).await;
    refused.invalid(&[("team_id", "REQUIRED"), ("user_ids", "REQUIRED")]);
}

/// Gives everybody of a team's import access to one hub, and a place in the project of another: by calls it would take minutes.
const ACCESS_FOR_ALL: &str = "
INSERT INTO project_members (team_id, hub_id, project_id, user_id, role, create_time)
    SELECT i.team_id, p.hub_id, p.id, i.user_id, 'MEMBER', i.create_time
    FROM invitations i JOIN projects p ON p.team_id = i.team_id WHERE i.import_id = '{import}';
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
    SELECT i.user_id, i.team_id, i.user_id, h.id, h.product_id, 'PROJECT', p.id, 'ACTIVE', i.create_time
    FROM invitations i JOIN projects p ON p.team_id = i.team_id JOIN hubs h ON h.team_id = p.team_id AND h.id = p.hub_id
    WHERE i.import_id = '{import}';
INSERT INTO product_access (id, team_id, user_id, hub_id, product_id, path, through_id, state, grant_time)
    SELECT i.id, i.team_id, i.user_id, h.id, h.product_id, 'DIRECT', h.id, 'ACTIVE', i.create_time
    FROM invitations i JOIN hubs h ON h.team_id = i.team_id AND h.product_id = 'tandem'
    WHERE i.import_id = '{import}';
";

async fn a_batch_of_leavers_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike_of((50, 5_000), async |name, count| {
        let team = h.led_team(&name).await;
        let (acc, _tandem) = (
            h.hub(&team.id, "acc").await,
            h.hub(&team.id, "tandem").await,
        );
        h.project(&acc, "One").await;
        let emails: Vec<String> = (0..count).map(|n| format!("p{n}@{name}.example")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let people = h.import_held(&team.id, &name, &emails).await;
        let connection = h.ctx.store.connection();
        let given = ACCESS_FOR_ALL.replace("{import}", &name);
        connection
            .execute_unprepared(&given)
            .await
            .expect("access for all");
        let user_ids: Vec<String> = people.into_iter().map(|one| one.user_id).collect();
        for user in user_ids.iter().take(40) {
            h.make_hub_admin(&acc, user).await;
        }
        h.is_sound(None).await;
        let request = BatchRemoveMembersRequest {
            team_id: team.id.clone(),
            user_ids,
            ..BatchRemoveMembersRequest::default()
        };
        let cost = cost(h, async {
            let answer = h.teams().batch_remove_members(request).await.answered();
            assert!(answer.results.iter().all(|one| one.access_count == 2));
        });
        let cost = cost.await;
        h.only_letter().await;
        cost
    })
    .await;
}

/// Five thousand people with as much access as an answer shows, in as many hubs as there may be, with the longest texts.
async fn the_largest_answer_fits_into_a_message(h: &Harness) {
    let id = h.unknown_id();
    let text = |characters: usize| "\u{1d6d1}".repeat(characters);
    let access = muster::proto::LeftAccess {
        hub_id: id.clone(),
        state: AccessState::Remains.into(),
        path: AccessPath::Project.into(),
    };
    let result = muster::proto::MemberRemovalResult {
        user_id: id.clone(),
        refusal: 0,
        accesses: vec![access; 8],
        access_count: i32::MAX,
    };
    let hub = LeftHub {
        hub_id: id.clone(),
        product_id: "p".repeat(40),
        display_name: text(100),
        contact: text(200),
        admin_user_ids: vec![id; 10],
        contact_hint: text(200),
        user_removed: true,
        data_access: DataAccess::Active.into(),
        rule_valid_from: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 999_999_999,
        }),
        ended_count: i32::MAX,
        remaining_count: i32::MAX,
        team_id: h.unknown_id(),
    };
    let answer = muster::proto::BatchRemoveMembersResponse {
        results: vec![result; 5_000],
        hubs: vec![hub; 500],
    };
    let size = prost::Message::encoded_len(&answer);
    assert!(size < 4 * 1024 * 1024, "{size}");
}

async fn who_is_erased_loses_his_access_in_every_team(h: &Harness) {
    let mut hubs = Vec::new();
    let mut user = String::new();
    for name in ["acme", "other", "third"] {
        let team = h.led_team(name).await;
        let request = crate::fixtures::invitation_of(&team.id, "ann@acme.example");
        let invited = h.invitations().create_invitation(request).await.answered();
        let letters = h.deliver().await;
        user = invited.member.expect("the member").user_id;
        if name == "acme" {
            let token = crate::fixtures::token(&letters[0]);
            h.accept(&token).await.answered();
        }
        if name != "third" {
            for product in ["acc", "tandem"] {
                let hub = h.hub(&team.id, product).await;
                h.grant(&hub, &user).await;
                h.make_hub_admin(&hub, &user).await;
                hubs.push(hub);
            }
            h.put_into(&h.project(&hubs[hubs.len() - 2], "One").await, &user)
                .await;
        }
    }
    let before = list(h, ListEventsRequest::default()).await.len();
    let answer = crate::erasures::erase(h, &user).await.answered();
    assert_eq!(answer.ended_team_ids.len(), 3);
    assert_eq!(answer.accesses.len(), 6);
    let events = list(h, ListEventsRequest::default())
        .await
        .split_off(before);
    for hub in [&hubs[0], &hubs[2]] {
        let own = events.iter().filter(|one| one.team_id == hub.team_id);
        let types: Vec<EventType> = own.map(Event::r#type).collect();
        assert_eq!(
            types,
            [
                EventType::MemberRemoved,
                EventType::HubAdminRemoved,
                EventType::HubAdminRemoved,
                EventType::ProjectMemberRemoved,
                EventType::AccessEnded,
                EventType::AccessRemains,
                EventType::AccessEnded,
            ]
        );
    }
    for hub in &hubs {
        let described = answer.hubs.iter().find(|one| one.hub_id == hub.id);
        let described = described.expect("its hub");
        assert_eq!(described.team_id, hub.team_id);
        assert!(crate::hubs::read(h, hub).await.admin_user_ids.is_empty());
        let states = h.access_states(&hub.team_id, &user).await;
        let ended = AccessState::Ended;
        assert_eq!(states, [ended, AccessState::Remains, ended]);
    }
    // The primary admin of each team whose hub he still gets into.
    assert_eq!(h.deliver().await.len(), 2);
}
