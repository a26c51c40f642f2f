//! Sets, not rows: fifty people and five hundred cost the same number of SQL statements.

use crate::{
    fixtures::{NewTeam, WEEK, token, with_custom_roles},
    harness::{Harness, tests},
    invitation_life::decline,
    refusals::Outcome,
    uploads::{by_csv, by_rows, crowd, header, held},
};
use muster::proto::{
    BatchResendInvitationsRequest, BatchRevokeInvitationsRequest, ImportOutcome, ImportResult,
    ImportUsersRow, ListMembersRequest, Reason, ReleaseLettersRequest, import_users_request::Part,
};

tests![
    an_import_of_new_people_costs_the_same_whatever_its_size,
    an_import_by_csv_costs_the_same_whatever_its_size,
    an_import_of_all_kinds_of_people_costs_the_same_whatever_its_size,
    an_import_answered_again_costs_the_same_whatever_its_size,
    a_batch_of_resends_costs_the_same_whatever_its_size,
    a_batch_of_revocations_costs_the_same_whatever_its_size,
    taking_an_import_back_costs_the_same_whatever_its_size,
    a_release_of_letters_costs_the_same_whatever_its_size,
    a_page_of_members_costs_the_same_whatever_its_size,
];

/// How many statements the server sends while `work` runs. Every five seconds it asks a shared database for the time, which is
/// not the work's: what takes longer than that would always meet it.
pub(crate) async fn cost(h: &Harness, work: impl Future<Output = ()>) -> u64 {
    h.ctx.store.record();
    work.await;
    let sent = h.ctx.store.recorded();
    let own = sent
        .iter()
        .filter(|one| !one.sql.contains("clock_timestamp()"));
    let cost = own.count();
    assert!(cost > 0, "the statements are counted");
    cost as u64
}

/// Holds that fifty and five hundred cost the same; each measurement gets a name that no other has.
///
/// When it has just begun the server asks whether its schema is complete, and may do so while something is measured. That is
/// rare, so a pair that differs is measured again; a cost that grows with the size differs
/// every time.
async fn hold_alike(measure: impl AsyncFn(String, usize) -> u64) {
    hold_alike_of((50, 500), measure).await;
}

/// The same for other sizes.
pub(crate) async fn hold_alike_of(
    sizes: (usize, usize),
    measure: impl AsyncFn(String, usize) -> u64,
) {
    let mut pairs = Vec::new();
    for attempt in ["a", "b", "c"] {
        let few = measure(format!("few-{attempt}"), sizes.0).await;
        let many = measure(format!("many-{attempt}"), sizes.1).await;
        if few == many {
            return;
        }
        pairs.push((few, many));
    }
    panic!("{sizes:?} cost {pairs:?} statements");
}

/// A team with people of an import that was held, and their invitations.
async fn invited(h: &Harness, name: &str, count: usize) -> (NewTeam, Vec<String>) {
    let team = h.team(name).await;
    let rows = crowd(name, count);
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    let ids = results.into_iter().map(|one| one.invitation_id).collect();
    (team, ids)
}

fn outcome_count(results: &[ImportResult], outcome: ImportOutcome) -> usize {
    results
        .iter()
        .filter(|one| one.outcome() == outcome)
        .count()
}

/// What an import costs that invites everybody.
async fn import(h: &Harness, parts: Vec<Part>, count: usize) -> u64 {
    cost(h, async {
        let results = h.import(parts).await.answered().results;
        assert_eq!(outcome_count(&results, ImportOutcome::Invited), count);
    })
    .await
}

async fn an_import_of_new_people_costs_the_same_whatever_its_size(h: &Harness) {
    let team = h.team("acme").await;
    hold_alike(async |name, count| {
        let parts = by_rows(held(&team.id, &name), &crowd(&name, count));
        import(h, parts, count).await
    })
    .await;
}

async fn an_import_by_csv_costs_the_same_whatever_its_size(h: &Harness) {
    let team = h.team("acme").await;
    hold_alike(async |name, count| {
        let lines = crowd(&name, count)
            .into_iter()
            .map(|row| ["Ann,Lee,", &row.email, "\n"].concat());
        let csv = ["first,last,email\n".to_owned()]
            .into_iter()
            .chain(lines)
            .collect::<String>();
        let parts = by_csv(held(&team.id, &name), csv.as_bytes());
        import(h, parts, count).await
    })
    .await;
}

/// A tenth of so many people each: joined, waiting, expired, declined, verified, verified over an expired invitation,
/// waiting elsewhere, doubled, invalid, and new.
async fn mixed(h: &Harness, name: &str, count: usize) -> (NewTeam, Vec<ImportUsersRow>) {
    let tenth = count / 10;
    let team = h.team(name).await;
    let other = h.team(&format!("other-{name}")).await;
    let group = |kind: &str| crowd(&format!("{kind}-{name}-"), tenth);

    let over = group("verified-over");
    let expired = [group("expired"), over.clone()].concat();
    h.import_rows(held(&team.id, "expired"), &expired).await;
    h.advance(WEEK);
    let verified = group("verified");
    for (import, people) in [("verified", &verified), ("over", &over)] {
        h.import_rows(header(&other.id, import), people).await;
        accept_all(h).await;
    }
    let elsewhere = group("elsewhere");
    h.import_rows(held(&other.id, "elsewhere"), &elsewhere)
        .await;
    let joined = group("joined");
    h.import_rows(header(&team.id, "joined"), &joined).await;
    accept_all(h).await;
    let declined = group("declined");
    h.import_rows(header(&team.id, "declined"), &declined).await;
    for letter in h.deliver().await {
        decline(h, &token(&letter)).await;
    }
    let waiting = group("waiting");
    h.import_rows(held(&team.id, "waiting"), &waiting).await;

    let new = group("new");
    let mut invalid = group("invalid");
    for row in &mut invalid {
        row.given_name.clear();
    }
    let groups = [
        joined,
        waiting,
        expired,
        declined,
        verified,
        elsewhere,
        new.clone(),
        new,
        invalid,
    ];
    (team, groups.concat())
}

pub(crate) async fn accept_all(h: &Harness) {
    for letter in h.deliver().await {
        h.accept(&token(&letter)).await.answered();
    }
}

async fn an_import_of_all_kinds_of_people_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| {
        let (team, rows) = mixed(h, &name, count).await;
        assert_eq!(rows.len(), count);
        let parts = by_rows(held(&team.id, "march"), &rows);
        cost(h, async {
            let results = h.import(parts).await.answered().results;
            let tenths = [
                (ImportOutcome::AlreadyMember, 1),
                (ImportOutcome::AlreadyInvited, 1),
                (ImportOutcome::Verified, 2),
                (ImportOutcome::Invited, 4),
                (ImportOutcome::DuplicateRow, 1),
                (ImportOutcome::Invalid, 1),
            ];
            for (outcome, tenths) in tenths {
                let found = outcome_count(&results, outcome);
                assert_eq!(found, tenths * count / 10, "{outcome:?}");
            }
        })
        .await
    })
    .await;
}

async fn an_import_answered_again_costs_the_same_whatever_its_size(h: &Harness) {
    let team = h.team("acme").await;
    hold_alike(async |name, count| {
        let parts = by_rows(held(&team.id, &name), &crowd(&name, count));
        h.import(parts.clone()).await.answered();
        cost(h, async {
            assert_eq!(h.import(parts).await.answered().results.len(), count);
        })
        .await
    })
    .await;
}

async fn a_batch_of_resends_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| {
        let (team, ids) = invited(h, &name, count).await;
        let request = BatchResendInvitationsRequest {
            team_id: team.id.clone(),
            invitation_ids: ids,
            ..BatchResendInvitationsRequest::default()
        };
        let cost = cost(h, async {
            let mut client = h.invitations();
            let answer = client.batch_resend_invitations(request).await.answered();
            assert_eq!(answer.results.len(), count);
            assert!(
                answer
                    .results
                    .iter()
                    .all(|one| one.reason() == Reason::Unspecified)
            );
        })
        .await;
        assert_eq!(h.deliver().await.len(), count);
        cost
    })
    .await;
}

/// What it costs to take back so many people: the ids given, or the import.
async fn revocation(h: &Harness, (name, count): (String, usize), by_import: bool) -> u64 {
    let (team, ids) = invited(h, &name, count).await;
    let mut request = BatchRevokeInvitationsRequest {
        team_id: team.id.clone(),
        invitation_ids: ids,
        import_id: String::new(),
        ..BatchRevokeInvitationsRequest::default()
    };
    if by_import {
        request.invitation_ids.clear();
        "march".clone_into(&mut request.import_id);
    }
    let cost = cost(h, async {
        let mut client = h.invitations();
        let answer = client.batch_revoke_invitations(request).await.answered();
        assert_eq!(answer.results.len(), count);
        assert!(
            answer
                .results
                .iter()
                .all(|one| one.reason() == Reason::Unspecified)
        );
    })
    .await;
    assert_eq!(
        h.counts(&team.id).await.removed_members,
        i64::try_from(count).expect("a count")
    );
    cost
}

async fn a_batch_of_revocations_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| revocation(h, (name, count), false).await).await;
}

async fn taking_an_import_back_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| revocation(h, (name, count), true).await).await;
}

async fn a_release_of_letters_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| {
        let (team, _) = invited(h, &name, count).await;
        let request = ReleaseLettersRequest {
            team_id: team.id.clone(),
            import_id: "march".to_owned(),
            ..ReleaseLettersRequest::default()
        };
        let cost = cost(h, async {
            let answer = h.invitations().release_letters(request).await.answered();
            assert_eq!(usize::try_from(answer.released_count), Ok(count));
        })
        .await;
        assert_eq!(h.deliver().await.len(), count);
        cost
    })
    .await;
}

async fn a_page_of_members_costs_the_same_whatever_its_size(h: &Harness) {
    hold_alike(async |name, count| {
        let (team, _) = invited(h, &name, count).await;
        let request = ListMembersRequest {
            team_id: team.id.clone(),
            page_size: 1_000,
            ..ListMembersRequest::default()
        };
        let role = h.role(&team.id, "Readers", &["team.read"]).await.id;
        let page = h.teams().list_members(request.clone()).await.answered();
        for holder in page.members.iter().skip(1).step_by(10) {
            let given = with_custom_roles(&team.id, &holder.user_id, &[&role]);
            h.change(given).await;
        }
        cost(h, async {
            let page = h.teams().list_members(request).await.answered();
            let holders = page.members.iter();
            let holders = holders.filter(|one| !one.custom_role_ids.is_empty());
            assert_eq!(
                (page.members.len(), holders.count()),
                (count + 1, count / 10)
            );
        })
        .await
    })
    .await;
}
