//! One API call, whichever service it is for and whichever protocol it came by: the request, typed access to its
//! parameters, and what it is refused with.

pub(crate) mod dialect;
pub mod error;
pub(crate) mod pages;
pub(crate) mod params;
pub mod request;
