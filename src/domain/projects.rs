//! Projects in hubs, and what somebody is in one.

use uuid::Uuid;

use super::{etags::Etag, names::DisplayName, words::words};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

/// How many projects a hub may have.
pub const MAX_OF_HUB: u64 = 10_000;

words! {
    /// What somebody is in a project.
    pub enum ProjectRole {
        /// Runs it.
        Admin = "ADMIN",
        /// Works in it.
        Member = "MEMBER",
        /// Looks at it.
        Viewer = "VIEWER",
    }
}

/// A project of one hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The team.
    pub team_id: Uuid,
    /// The hub.
    pub hub_id: Uuid,
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub display_name: DisplayName,
    /// When it was made.
    pub create_time: Time,
    /// When it last changed.
    pub update_time: Time,
}

impl Project {
    /// Changes whenever the project does.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.hub_id.to_string())
            .text(&self.id.to_string())
            .text(self.display_name.as_str())
            .time(Some(self.create_time))
            .time(Some(self.update_time))
            .finish()
    }
}

/// A person in a project. It counts once he is an active member of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    /// The team.
    pub team_id: Uuid,
    /// The hub.
    pub hub_id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// The person.
    pub user_id: Uuid,
    /// What he is in it.
    pub role: ProjectRole,
    /// Since when he is in it.
    pub create_time: Time,
}

impl ProjectMember {
    /// Changes whenever his role does, or he comes in anew.
    #[must_use]
    pub fn etag(&self) -> String {
        Etag::new()
            .text(&self.project_id.to_string())
            .text(&self.user_id.to_string())
            .text(self.role.word())
            .time(Some(self.create_time))
            .finish()
    }
}

/// Whether a hub that has so many projects may have another one.
///
/// # Errors
/// `PROJECTS_USED_UP`.
pub fn another(count: u64) -> Result<()> {
    if count < MAX_OF_HUB {
        Ok(())
    } else {
        Err(Error::Refused(Reason::ProjectsUsedUp))
    }
}

/// The refusal of a project that the hub does not have.
#[must_use]
pub fn missing(id: Uuid) -> Error {
    Error::not_found(Reason::ProjectNotFound, "muster.v1.Project", id)
}

/// The refusal of a person who is not in the project.
#[must_use]
pub fn missing_member(user: Uuid) -> Error {
    let kind = "muster.v1.ProjectMember";
    Error::not_found(Reason::ProjectMemberNotFound, kind, user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_has_ten_thousand_projects_at_most() {
        assert!(another(9_999).is_ok());
        assert!(matches!(
            another(10_000),
            Err(Error::Refused(Reason::ProjectsUsedUp))
        ));
    }
}
