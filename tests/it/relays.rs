//! Relays beside the harness's own, and what the outbox's rows say.

use muster::{
    domain::tokens::LinkToken,
    mail::{relay::Relay, transport::Transport},
    store::Reads,
};
use sea_orm::{FromQueryResult, Statement};
use uuid::Uuid;

use crate::harness::{Harness, PUBLIC_URL};

/// A row of the outbox. It has no `Debug`, as nothing has that holds a token.
#[derive(FromQueryResult)]
pub(crate) struct OutboxRow {
    /// The letter's id.
    pub(crate) id: Uuid,
    /// What it says.
    pub(crate) kind: String,
    /// The invitation whose link it brings.
    pub(crate) invitation_id: Option<Uuid>,
    /// Where it stands.
    pub(crate) state: String,
    /// How often it was tried.
    pub(crate) attempts: i32,
    /// The sealed token of its link.
    pub(crate) sealed_token: Option<Vec<u8>>,
}

impl Harness {
    /// Another relay on the same store, which sends this way.
    pub(crate) fn relay(&self, transport: Transport) -> Relay {
        Relay {
            store: self.ctx.store.clone(),
            clock: self.ctx.clock.clone(),
            secrets: self.ctx.secrets.clone(),
            settings: self.ctx.settings.clone(),
            transport,
            sender: "Muster <muster@muster.example>".parse().expect("a sender"),
            public_url: PUBLIC_URL.to_owned(),
        }
    }

    /// The whole outbox, oldest first. Whatever is not waiting must have lost its token.
    pub(crate) async fn outbox(&self) -> Vec<OutboxRow> {
        let connection = self.ctx.store.connection();
        let all =
            "SELECT id, kind, invitation_id, state, attempts, sealed_token FROM outbox ORDER BY id";
        let all = Statement::from_string(connection.get_database_backend(), all);
        let rows = OutboxRow::find_by_statement(all).all(connection).await;
        let rows = rows.expect("the outbox");
        for row in &rows {
            let waits = matches!(row.state.as_str(), "HELD" | "QUEUED");
            assert!(
                waits || row.sealed_token.is_none(),
                "a token outlived its letter, which is {}",
                row.state
            );
        }
        rows
    }

    /// The letters of one invitation, oldest first.
    pub(crate) async fn letters_of(&self, invitation: &str) -> Vec<OutboxRow> {
        let mut rows = self.outbox().await;
        rows.retain(|row| {
            row.invitation_id
                .is_some_and(|id| id.to_string() == invitation)
        });
        rows
    }

    /// The only letter of one invitation.
    pub(crate) async fn letter_of(&self, invitation: &str) -> OutboxRow {
        let mut rows = self.letters_of(invitation).await;
        assert_eq!(rows.len(), 1, "exactly one letter");
        rows.remove(0)
    }

    /// The token that an unsent letter will bring.
    pub(crate) fn sealed(&self, letter: &OutboxRow) -> String {
        let sealed = letter.sealed_token.as_ref().expect("a sealed token");
        let opened = self.ctx.secrets.open(sealed, letter.id.as_bytes());
        let bytes = opened.expect("our own seal").try_into();
        LinkToken::new(bytes.expect("32 bytes")).text()
    }
}

/// Steps until nothing is due.
pub(crate) async fn run_dry(relay: &Relay) {
    while relay.step().await.expect("a relay's step") > 0 {}
}
