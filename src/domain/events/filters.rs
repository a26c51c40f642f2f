//! Which events somebody wants.

use uuid::Uuid;

use super::EventType;
use crate::clock::Time;

/// Which events somebody wants; empty fields do not narrow it.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only this team's.
    pub team_id: Option<Uuid>,
    /// Only this person's.
    pub user_id: Option<Uuid>,
    /// Only these types.
    pub types: Vec<EventType>,
}

/// A stretch of time, from its first moment to the first one after it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// Not before this.
    pub from: Option<Time>,
    /// Before this.
    pub before: Option<Time>,
}
