//! What a server logs of calls: one line each, as long as we make it.

use http::uri::PathAndQuery;
use libtest_mimic::Trial;
use tonic::{Code, Request, client::Grpc};
use tonic_prost::ProstCodec;

use crate::{
    backends::block_on,
    binary::{self, Folder},
    waiting::until,
};

/// These tests start the program themselves and run once.
pub(crate) fn trials() -> Vec<Trial> {
    binary::trials(
        module_path!(),
        [(
            "a_path_that_names_nothing_is_not_logged",
            a_path_that_names_nothing_is_not_logged,
        )],
    )
}

fn a_path_that_names_nothing_is_not_logged() {
    let folder = Folder::new();
    let server = folder.serve();
    let word = "a".repeat(9_000);
    block_on(async {
        for (path, name) in [
            (
                "/muster.v1.TeamService/GetTeam",
                "/muster.v1.TeamService/GetTeam",
            ),
            (&*format!("/muster.v1.TeamService/{word}"), "unknown"),
        ] {
            let mut client = Grpc::new(server.channel());
            client.ready().await.expect("a connection");
            let path = PathAndQuery::try_from(path).expect("a path");
            let codec = ProstCodec::<(), ()>::default();
            let answer = client.unary(Request::new(()), path, codec).await;
            let code = answer.map(drop).map_err(|status| status.code());
            assert_eq!(code, Err(Code::Unauthenticated));
            until("it is logged", async || {
                server.log().contains(&format!("\"{name}\"")).then_some(())
            })
            .await;
        }
    });
    assert!(!server.log().contains(&word[..100]));
}
