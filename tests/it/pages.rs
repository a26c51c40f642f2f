//! Lists by pages: nothing twice and nothing missing.

use muster::proto::{
    ListImportResultsRequest, ListImportsRequest, ListInvitationsRequest, ListMembersRequest,
    ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest, MemberFilter, Role, UserFilter,
};

use crate::{
    fixtures::{MICROSECOND, NewTeam},
    harness::{Harness, tests},
    refusals::Outcome,
};

tests![
    teams_are_paged_without_gaps_or_repeats,
    members_are_paged_without_gaps_or_repeats,
    users_are_paged_without_gaps_or_repeats,
    a_persons_teams_are_paged_without_gaps_or_repeats,
    invitations_are_paged_without_gaps_or_repeats,
    imports_and_their_results_are_paged_without_gaps_or_repeats,
    what_is_made_between_two_pages_neither_repeats_nor_hides_a_row,
    a_page_holds_fifty_unless_asked_and_a_thousand_at_most,
];

/// One page's ids and the token of the next.
type PageOf = (Vec<String>, String);

/// Walks a list in pages of 1, 2, 3 and all, which must agree; answers the list.
async fn walk(list: impl AsyncFn(i32, String) -> PageOf) -> Vec<String> {
    let (all, end) = list(1_000, String::new()).await;
    assert_eq!(end, "", "the last page has no token");
    assert!(all.len() > 3, "too few for a test of pages");
    for size in 1..=3 {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = list(size, token).await;
            assert!(page.len() <= usize::try_from(size).expect("a size"));
            found.extend(page);
            if next.is_empty() {
                break;
            }
            assert!(found.len() <= all.len(), "pages of {size} never end");
            token = next;
        }
        assert_eq!(found, all, "pages of {size}");
    }
    all
}

async fn teams_page(h: &Harness, page_size: i32, page_token: String) -> PageOf {
    let request = ListTeamsRequest {
        page_size,
        page_token,
        filter: None,
    };
    let answer = h.teams().list_teams(request).await.answered();
    (
        answer.teams.into_iter().map(|team| team.id).collect(),
        answer.next_page_token,
    )
}

async fn teams_are_paged_without_gaps_or_repeats(h: &Harness) {
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(h.team(&format!("team{number}")).await.id);
        // Some at the same moment: the id must break the tie.
        h.advance(MICROSECOND * (number % 2));
    }
    assert_eq!(
        walk(async |size, token| teams_page(h, size, token).await).await,
        made
    );
}

/// A team with its primary admin and five more, four of them guests.
async fn crowd(h: &Harness) -> NewTeam {
    let team = h.team("acme").await;
    h.invite(&team.id, "zoe@acme.example").await;
    for name in ["yan", "Xia", "abe", "Bob"] {
        h.invite_guest(&team.id, &format!("{name}@acme.example"))
            .await;
    }
    team
}

async fn members_are_paged_without_gaps_or_repeats(h: &Harness) {
    let team = crowd(h).await;
    let list = async |filter: MemberFilter, page_size, page_token| {
        let request = ListMembersRequest {
            team_id: team.id.clone(),
            page_size,
            page_token,
            filter: Some(filter),
        };
        let answer = h.teams().list_members(request).await.answered();
        let ids = answer.members.into_iter().map(|member| member.user_id);
        (ids.collect(), answer.next_page_token)
    };
    let all = walk(async |size, token| list(MemberFilter::default(), size, token).await).await;
    assert_eq!(all.len(), 6);
    let guests = MemberFilter {
        roles: vec![Role::Guest.into()],
        ..MemberFilter::default()
    };
    let guests = walk(async |size, token| list(guests.clone(), size, token).await).await;
    assert_eq!(guests, all[2..], "oldest accounts first");
}

async fn users_are_paged_without_gaps_or_repeats(h: &Harness) {
    let team = crowd(h).await;
    h.accept(&team.token).await.answered();
    let list = async |verified, page_size, page_token| {
        let request = ListUsersRequest {
            page_size,
            page_token,
            filter: Some(UserFilter {
                verified,
                ..UserFilter::default()
            }),
        };
        let answer = h.users().list_users(request).await.answered();
        let ids = answer.users.into_iter().map(|user| user.id);
        (ids.collect(), answer.next_page_token)
    };
    let all = walk(async |size, token| list(None, size, token).await).await;
    let waiting = walk(async |size, token| list(Some(false), size, token).await).await;
    assert_eq!(all[0], team.admin);
    assert_eq!(all[1..], waiting);
}

async fn a_persons_teams_are_paged_without_gaps_or_repeats(h: &Harness) {
    let mut made = Vec::new();
    let mut user = String::new();
    for number in 0..4 {
        let team = h.team(&format!("team{number}")).await;
        user = h.invite(&team.id, "ann@acme.example").await.user;
        made.push(team.id);
    }
    let list = async |page_size, page_token| {
        let request = ListUserTeamsRequest {
            user_id: user.clone(),
            page_size,
            page_token,
            include_removed: false,
        };
        let answer = h.users().list_user_teams(request).await.answered();
        let members = answer.user_teams.into_iter().filter_map(|team| team.member);
        (
            members.map(|member| member.team_id).collect(),
            answer.next_page_token,
        )
    };
    assert_eq!(walk(list).await, made);
}

async fn invitations_page(h: &Harness, team: &str, page_size: i32, page_token: String) -> PageOf {
    let request = ListInvitationsRequest {
        team_id: team.to_owned(),
        page_size,
        page_token,
        filter: None,
    };
    let answer = h.invitations().list_invitations(request).await.answered();
    let ids = answer
        .invitations
        .into_iter()
        .map(|invitation| invitation.id);
    (ids.collect(), answer.next_page_token)
}

async fn invitations_are_paged_without_gaps_or_repeats(h: &Harness) {
    let team = crowd(h).await;
    h.resend(&team.id, &team.invitation).await;
    let all = walk(async |size, token| invitations_page(h, &team.id, size, token).await).await;
    assert_eq!(all.len(), 6);
    assert_eq!(
        all[0], team.invitation,
        "all expire at once, and the oldest is first"
    );
}

async fn imports_and_their_results_are_paged_without_gaps_or_repeats(h: &Harness) {
    let team = h.team("acme").await;
    let emails: Vec<String> = (0..12)
        .map(|number| format!("p{number}@acme.example"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let mut made = Vec::new();
    for (number, emails) in emails.chunks(3).enumerate() {
        let id = format!("import-{number}");
        h.import_held(&team.id, &id, emails).await;
        made.insert(0, id);
        h.advance(MICROSECOND);
    }
    h.import_held(&team.id, "all", &emails).await;
    made.insert(0, "all".to_owned());

    let imports = async |page_size, page_token| {
        let request = ListImportsRequest {
            team_id: team.id.clone(),
            page_size,
            page_token,
        };
        let answer = h.users().list_imports(request).await.answered();
        let ids = answer.imports.into_iter().map(|import| import.import_id);
        (ids.collect(), answer.next_page_token)
    };
    assert_eq!(walk(imports).await, made, "newest first");

    let results = async |page_size, page_token| {
        let request = ListImportResultsRequest {
            team_id: team.id.clone(),
            import_id: "all".to_owned(),
            page_size,
            page_token,
            outcomes: Vec::new(),
        };
        let answer = h.users().list_import_results(request).await.answered();
        let rows = answer
            .results
            .into_iter()
            .map(|result| result.row.to_string());
        (rows.collect(), answer.next_page_token)
    };
    let rows: Vec<_> = (1..=12).map(|row: i32| row.to_string()).collect();
    assert_eq!(walk(results).await, rows);
}

async fn what_is_made_between_two_pages_neither_repeats_nor_hides_a_row(h: &Harness) {
    let team = crowd(h).await;
    let (before, _) = invitations_page(h, &team.id, 0, String::new()).await;
    let (first, token) = invitations_page(h, &team.id, 3, String::new()).await;
    let late = h.invite(&team.id, "late@acme.example").await;
    h.accept(&team.token).await.answered();
    let (rest, end) = invitations_page(h, &team.id, 1_000, token).await;
    assert_eq!([first, rest].concat(), [before, vec![late.id]].concat());
    assert_eq!(end, "");
}

async fn a_page_holds_fifty_unless_asked_and_a_thousand_at_most(h: &Harness) {
    let team = h.team("acme").await;
    let emails: Vec<String> = (0..1_050)
        .map(|number| format!("p{number}@acme.example"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    h.import_held(&team.id, "many", &emails).await;

    for (size, expected) in [
        (0, 50),
        (-1, 50),
        (49, 49),
        (1_000, 1_000),
        (1_001, 1_000),
        (i32::MAX, 1_000),
    ] {
        let (page, next) = invitations_page(h, &team.id, size, String::new()).await;
        assert_eq!(page.len(), expected, "{size}");
        assert_ne!(next, "", "{size}");
    }
}
