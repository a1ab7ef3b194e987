//! The one integration binary: every further one would link the whole tree again.

mod corpus;
