//! Loopback addresses and ports of a sandbox's own. Every sandbox takes one block 127.N.0.0/16:
//! tasks from the bottom, load balancer nodes at 127.N.255.1 and up.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use anyhow::{Context, bail};

/// Held as long as the sandbox runs, so that no other takes the same block.
pub struct Block {
    pub network: u8,
    _lock: UdpSocket,
}

/// The port on which a block's lock is held, at 127.N.255.254.
const LOCK: u16 = 47_163;

/// Takes a block, starting the search at a place that depends on the API's port.
pub fn take_block(port: u16) -> anyhow::Result<Block> {
    let first = port % 250;
    let mut last = None;
    for step in 0..250 {
        // 127.0 and 127.1 are left to others, 127.53 to resolvers.
        let network = 2 + ((first + step) % 250) as u8;
        if network == 53 {
            continue;
        }
        match UdpSocket::bind((Ipv4Addr::new(127, network, 255, 254), LOCK)) {
            Ok(lock) => return Ok(Block { network, _lock: lock }),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error).context("no block of loopback addresses 127.N.0.0/16 is free"),
        None => bail!("no block of loopback addresses 127.N.0.0/16 is free"),
    }
}

impl Block {
    pub fn nodes(&self, count: u8) -> Vec<Ipv4Addr> {
        (1..=count).map(|number| Ipv4Addr::new(127, self.network, 255, number)).collect()
    }
}

/// A port from `first` on that is free on every address.
pub fn free_port(addresses: &[Ipv4Addr], first: u16) -> anyhow::Result<u16> {
    let free = |port: &u16| addresses.iter().all(|address| TcpListener::bind((*address, *port)).is_ok());
    (first..first.saturating_add(500)).find(free).with_context(|| format!("no port from {first} on is free"))
}
