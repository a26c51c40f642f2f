//! For whom a service acts: a person by his id, or whoever signed in with the ID token that comes with the call.

use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::{
    app::{self, Context},
    domain::keys::{ApiKey, Scope},
    error::{Error, Reason, Result},
};

/// The header with the person's id.
const ACTOR: &str = "muster-actor";

/// The header with his ID token.
const ACTOR_ID_TOKEN: &str = "muster-actor-id-token";

/// Who is named as the person for whom a service acts.
#[derive(Clone, Copy)]
pub(super) enum Named<'a> {
    /// By his id.
    Id(Uuid),
    /// By his token, which is not looked at yet.
    IdToken(&'a str),
}

impl<'a> Named<'a> {
    /// The person whom the headers name.
    ///
    /// # Errors
    /// `ACTOR_INVALID`, also of two: a proxy and a handler could each take another.
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Option<Self>> {
        let invalid = || Error::Unauthenticated(Reason::ActorInvalid);
        let ids = headers.get_all(ACTOR).iter();
        let tokens = headers.get_all(ACTOR_ID_TOKEN).iter();
        let mut all = ids
            .map(|header| id(header).map(Self::Id))
            .chain(tokens.map(|header| header.to_str().ok().map(Self::IdToken)));
        match (all.next(), all.next()) {
            (None, _) => Ok(None),
            (Some(only), None) => only.map(Some).ok_or_else(invalid),
            (Some(_), Some(_)) => Err(invalid()),
        }
    }

    /// Which of these scopes is enough.
    pub(super) const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Id(_) => &[Scope::ActAs],
            Self::IdToken(_) => &[Scope::ActAsSignedIn, Scope::ActAs],
        }
    }

    /// The person, and the only team in which he is known by that.
    ///
    /// # Errors
    /// `ID_TOKEN_INVALID`, `SSO_KEYS_UNAVAILABLE`.
    pub(super) async fn find(self, ctx: &Context, key: &ApiKey) -> Result<(Uuid, Option<Uuid>)> {
        match self {
            Self::Id(actor) => Ok((actor, key.team_id)),
            Self::IdToken(token) => {
                let (actor, team) = app::sign_ins::actor(ctx, key.team_id, token).await?;
                Ok((actor, Some(team)))
            }
        }
    }
}

fn id(header: &HeaderValue) -> Option<Uuid> {
    Uuid::try_parse(header.to_str().ok()?).ok()
}
