//! Which claims count, and which do not.
