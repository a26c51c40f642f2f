//! Page tokens: good for the list that they came from and for nothing else, as long as the key that made them is listed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster::{
    app::{Context, keys},
    proto::{
        ApiKeyFilter, EventFilter, ImportOutcome, InvitationFilter, ListEventsRequest,
        ListImportResultsRequest, ListImportsRequest, ListInvitationsRequest, ListKeysRequest,
        ListMembersRequest, ListProductsRequest, ListRemovalRulesRequest, ListRolesRequest,
        ListTeamsRequest, ListUserTeamsRequest, ListUsersRequest, MemberFilter, MemberState,
        UserFilter, team_service_client::TeamServiceClient,
    },
    secrets::Secrets,
    server,
};
use tokio::{net::TcpListener, sync::oneshot};
use tonic::{Code, Response, transport::Endpoint};

use crate::{
    fixtures::NewTeam,
    groups::lists::lists_of_groups,
    harness::{BearerKey, Harness, tests},
    hub_tokens::lists_of_hubs,
    keyring::of_team,
    lists::{List, PATHS, PageOf, paths_of_the_contract},
    refusals::Outcome,
    sso_lists::lists_of_sso,
    watching::settled,
};

tests![
    every_list_of_the_contract_is_in_the_table,
    a_page_token_altered_in_any_byte_is_refused,
    a_page_token_is_good_for_its_own_list_only,
    a_page_token_outlives_the_rotation_of_its_key_and_not_the_key,
];

async fn every_list_of_the_contract_is_in_the_table(h: &Harness) {
    let table = PATHS.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(paths_of_the_contract(), table);
    let lists = lists(h).await;
    assert!(lists.len() > PATHS.len());
    for path in PATHS {
        let request = format!("{}Request", path.rsplit('/').next().expect("a name"));
        let listed = lists
            .iter()
            .any(|list| format!("{list:?}").starts_with(&request));
        assert!(listed, "{path} is not among the lists that are tried");
    }
}

/// A team with its primary admin, four people of an import, and Ann, who is in every team.
async fn team(h: &Harness, name: &str) -> NewTeam {
    let team = h.team(name).await;
    h.invite(&team.id, "ann@all.example").await;
    let emails = [1, 2, 3, 4].map(|number| format!("p{number}@{name}.example"));
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    h.import_held(&team.id, "march", &emails).await;
    h.import_held(&team.id, "april", &emails).await;
    for name in ["Inviters", "Readers"] {
        h.role(&team.id, name, &["team.read"]).await;
    }
    for _ in 0..2 {
        h.made(&of_team(name, &team.id)).await;
    }
    team
}

/// Every list, each of a team for two teams, and with other filters and orders; all have several pages of one.
async fn lists(h: &Harness) -> Vec<List> {
    let mut lists = vec![
        List::Teams(ListTeamsRequest::default()),
        List::Users(ListUsersRequest::default()),
        List::Events(ListEventsRequest::default()),
        List::Keys(ListKeysRequest::default()),
        List::Products(ListProductsRequest::default()),
        List::RemovalRules(ListRemovalRulesRequest::default()),
        List::Events(ListEventsRequest {
            newest_first: true,
            ..ListEventsRequest::default()
        }),
    ];
    for name in ["acme", "other"] {
        let team = team(h, name).await;
        lists.extend(lists_of_hubs(h, &team).await);
        lists.extend(lists_of_sso(h, &team).await);
        lists.extend(lists_of_groups(h, &team).await);
        let admin = UserFilter {
            team_id: team.id.clone(),
            ..UserFilter::default()
        };
        lists.push(users(admin));
        lists.extend(lists_of(&team));
        if name == "acme" {
            let ann = h.invite(&team.id, "bob@all.example").await;
            lists.extend(lists_of_person(h, &ann.user).await);
        }
    }
    let filter = UserFilter {
        query: "a".to_owned(),
        ..UserFilter::default()
    };
    lists.push(users(filter));
    let filter = UserFilter {
        verified: Some(false),
        ..UserFilter::default()
    };
    lists.push(users(filter));
    // Transactions of other tests hold up the events of this one.
    settled(h).await;
    lists
}

fn users(filter: UserFilter) -> List {
    List::Users(ListUsersRequest {
        filter: Some(filter),
        ..ListUsersRequest::default()
    })
}

async fn lists_of_person(h: &Harness, user: &str) -> Vec<List> {
    for name in ["third", "fourth"] {
        let team = h.team(name).await;
        h.invite(&team.id, "bob@all.example").await;
    }
    let lists = [false, true].map(|include_removed| {
        List::UserTeams(ListUserTeamsRequest {
            user_id: user.to_owned(),
            include_removed,
            ..ListUserTeamsRequest::default()
        })
    });
    lists.into()
}

fn lists_of(team: &NewTeam) -> Vec<List> {
    let members = |filter: MemberFilter| {
        List::Members(ListMembersRequest {
            team_id: team.id.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        })
    };
    let invitations = |filter: Option<InvitationFilter>| {
        List::Invitations(ListInvitationsRequest {
            team_id: team.id.clone(),
            filter,
            ..ListInvitationsRequest::default()
        })
    };
    let results = |outcomes: Vec<i32>| {
        List::ImportResults(ListImportResultsRequest {
            team_id: team.id.clone(),
            import_id: "march".to_owned(),
            outcomes,
            ..ListImportResultsRequest::default()
        })
    };
    vec![
        members(MemberFilter::default()),
        members(MemberFilter {
            states: vec![MemberState::Invited.into()],
            ..MemberFilter::default()
        }),
        members(MemberFilter {
            query: "a".to_owned(),
            ..MemberFilter::default()
        }),
        members(MemberFilter {
            query: "an".to_owned(),
            ..MemberFilter::default()
        }),
        invitations(None),
        invitations(Some(InvitationFilter {
            import_id: "march".to_owned(),
            ..InvitationFilter::default()
        })),
        List::Imports(ListImportsRequest {
            team_id: team.id.clone(),
            ..ListImportsRequest::default()
        }),
        List::Roles(ListRolesRequest {
            team_id: team.id.clone(),
            ..ListRolesRequest::default()
        }),
        results(Vec::new()),
        results(vec![ImportOutcome::Invited.into()]),
        List::Keys(ListKeysRequest {
            filter: Some(ApiKeyFilter {
                team_id: team.id.clone(),
            }),
            ..ListKeysRequest::default()
        }),
        List::Events(ListEventsRequest {
            filter: Some(EventFilter {
                team_id: team.id.clone(),
                ..EventFilter::default()
            }),
            ..ListEventsRequest::default()
        }),
    ]
}

/// A first page of one row with the token of the next.
async fn first_page(h: &Harness, list: &List) -> PageOf {
    let (rows, token) = list.go_on(h, 1, String::new()).await;
    assert_eq!(rows.len(), 1, "{list:?}");
    assert_ne!(token, "", "{list:?} has several pages");
    (rows, token)
}

async fn assert_refused(h: &Harness, list: &List, token: String) {
    let answer = list.page(h, 1, token).await.map(Response::new);
    answer.refused(Code::InvalidArgument, "PAGE_TOKEN_INVALID");
}

async fn a_page_token_altered_in_any_byte_is_refused(h: &Harness) {
    let mut tried = Vec::new();
    for list in lists(h).await {
        let (rows, token) = first_page(h, &list).await;
        let bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64url");
        // Lists of one kind have tokens of one form.
        let form = (std::mem::discriminant(&list), bytes.len());
        if tried.contains(&form) {
            continue;
        }
        tried.push(form);
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80] {
                let mut altered = bytes.clone();
                altered[at] ^= flip;
                assert_refused(h, &list, URL_SAFE_NO_PAD.encode(altered)).await;
            }
        }
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert_refused(h, &list, String::from_utf8(altered).expect("text")).await;
        }
        for wrong in [
            token[1..].to_owned(),
            format!("{token}A"),
            format!("{token}="),
            format!(" {token}"),
            token.repeat(2),
            "x".to_owned(),
            "\u{fc}".to_owned(),
            "\0".to_owned(),
        ] {
            assert_refused(h, &list, wrong).await;
        }
        let (next, _) = list.go_on(h, 1, token).await;
        assert_ne!(next, rows, "{list:?}: the token itself is still good");
    }
}

async fn a_page_token_is_good_for_its_own_list_only(h: &Harness) {
    let lists = lists(h).await;
    let mut tokens = Vec::new();
    for list in &lists {
        tokens.push(first_page(h, list).await.1);
    }
    for (own, token) in tokens.iter().enumerate() {
        for (other, list) in lists.iter().enumerate() {
            if own != other {
                assert_refused(h, list, token.clone()).await;
            }
        }
        // Another size is the same list.
        lists[own].go_on(h, 1_000, token.clone()).await;
    }
}

/// Asks a server of its own, with these secrets on the same database, for a page of one team.
async fn ask_with(h: &Harness, secrets: &str, page_token: &str) -> Result<PageOf, tonic::Status> {
    let Ok(secrets) = Secrets::parse(secrets) else {
        panic!("secrets that cannot be read");
    };
    let ctx = Context {
        secrets,
        ..h.ctx.clone()
    };
    let key = keys::create(&ctx, &h.unknown_id()).await.expect("a key");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server::serve(ctx, listener, async {
        drop(stopped.await);
    }));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let key = BearerKey::new(key.text());
    let mut client = TeamServiceClient::with_interceptor(endpoint.connect_lazy(), key);
    let request = ListTeamsRequest {
        page_size: 1,
        page_token: page_token.to_owned(),
        filter: None,
    };
    let answer = client.list_teams(request).await;
    drop((client, stop));
    server
        .await
        .expect("no panic")
        .expect("the server ends well");
    let answer = answer?.into_inner();
    let ids = answer.teams.into_iter().map(|team| team.id);
    Ok((ids.collect(), answer.next_page_token))
}

async fn a_page_token_outlives_the_rotation_of_its_key_and_not_the_key(h: &Harness) {
    let mut teams = Vec::new();
    for name in ["acme", "other", "third"] {
        teams.push(h.team(name).await.id);
    }
    let key = |id: &str| {
        let made = Secrets::generate().expect("randomness");
        let (_, bytes) = made.split_once(':').expect("an id and a key");
        format!("{id}:{bytes}")
    };
    let (old, new) = (key("old"), key("new"));
    let both = format!("{new},{old}");

    let (first, token) = ask_with(h, &old, "").await.expect("a page");
    let (second, next) = ask_with(h, &both, &token).await.expect("a page");
    assert_eq!([first, second].concat(), teams[..2]);
    let gone = ask_with(h, &new, &token).await.map(Response::new);
    gone.refused(Code::InvalidArgument, "PAGE_TOKEN_INVALID");
    // The first key of the list signs.
    let (third, end) = ask_with(h, &new, &next).await.expect("a page");
    assert_eq!((third, end), (teams[2..].to_vec(), String::new()));
}
