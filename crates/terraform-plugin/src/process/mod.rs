//! The process: invited by the host, served on a private socket, and gone when the host is.

mod controller;
mod debug;
mod ending;
mod handshake;
pub(crate) mod in_flight;
mod listener;
mod logging;
pub(crate) mod panics;
mod plugin;
mod router;
mod serve;
mod signals;
mod tls;

pub use debug::serve_debug;
pub use serve::{ServeOptions, serve};

#[cfg(feature = "testing")]
pub use {ending::Ending, serve::serve_to};

#[cfg(feature = "testing")]
pub(crate) use plugin::Plugin;

#[cfg(feature = "host")]
pub(crate) use {handshake::COOKIE_VALUE, plugin::MAX_MESSAGE};
