//! What a directory keeps of an account, and nobody else changes.

use crate::{
    domain::{email::Email, users::User},
    error::{Error, Reason, Result},
    store::{self, Tx},
};

/// That an account's name and address are no directory's: exactly where a sync would write them anew, nobody else does. The caller holds the
/// account's lock, which whoever brings a person into a team holds too.
///
/// # Errors
/// `DIRECTORY_MANAGED`.
pub async fn is_nobodys(tx: &Tx, user: &User) -> Result<()> {
    let email = Email::parse("email", &user.email).map_err(|broken| Error::kept(&broken))?;
    if store::directory_users::is_kept(tx, user.id, email.domain()).await? {
        Err(Error::Refused(Reason::DirectoryManaged))
    } else {
        Ok(())
    }
}
