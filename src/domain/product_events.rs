//! What events say of projects, groups and access to hubs.

use uuid::Uuid;

use super::{
    access::{Access, AccessPath, AccessState},
    groups::Target,
    products::ProductId,
    projects::{ProjectMember, ProjectRole},
};
use crate::clock::Time;

/// A project, and what somebody is or was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPlace {
    /// The hub.
    pub hub_id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// The role, where it is about a person.
    pub role: Option<ProjectRole>,
    /// Which parts have another value.
    pub changed_fields: Vec<String>,
}

/// A group of a directory, and what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlace {
    /// The directory.
    pub directory_id: Uuid,
    /// The group.
    pub group_id: Uuid,
    /// What it gives, where it is about a mapping.
    pub target: Option<Target>,
    /// Which parts have another value.
    pub changed_fields: Vec<String>,
}

/// What an access is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPlace {
    /// The hub.
    pub hub_id: Uuid,
    /// Its product.
    pub product_id: ProductId,
    /// The path.
    pub path: AccessPath,
    /// Where it stands.
    pub state: AccessState,
    /// The rule that decided, by the moment from which it holds.
    pub rule_valid_from: Option<Time>,
}

impl From<&ProjectMember> for ProjectPlace {
    fn from(member: &ProjectMember) -> Self {
        Self {
            hub_id: member.hub_id,
            project_id: member.project_id,
            role: Some(member.role),
            changed_fields: Vec::new(),
        }
    }
}

impl From<&Access> for AccessPlace {
    fn from(access: &Access) -> Self {
        Self {
            hub_id: access.hub_id,
            product_id: access.product_id.clone(),
            path: access.path,
            state: access.state,
            rule_valid_from: access.rule_valid_from,
        }
    }
}
