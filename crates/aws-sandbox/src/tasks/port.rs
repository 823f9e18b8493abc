//! Which port a task really listens on.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::OnceLock;

/// Where a task really listens: container ports below 1024 that this process may not bind are at
/// port + 8000.
pub fn socket(ip: Ipv4Addr, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(ip, if may_bind(port) { port } else { port + 8000 })
}

/// Tried once a port, on an address no task is given. Any other refusal than a lack of privilege
/// (a port in use, say) means that binding is allowed.
fn may_bind(port: u16) -> bool {
    const PRIVILEGED: usize = 1024;
    static ALLOWED: [OnceLock<bool>; PRIVILEGED] = [const { OnceLock::new() }; PRIVILEGED];
    let Some(allowed) = ALLOWED.get(usize::from(port)) else { return true };
    *allowed.get_or_init(|| match TcpListener::bind((Ipv4Addr::new(127, 255, 255, 254), port)) {
        Ok(_) => true,
        Err(refused) => refused.kind() != std::io::ErrorKind::PermissionDenied,
    })
}
