//! Addresses: hardware addresses, and pools that give IPv4 addresses out.

use crate::shared::Set;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;

/// A hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The address that Docker derives from an IPv4 address: `02:42` and its four bytes.
    pub const fn of(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([0x02, 0x42, a, b, c, d])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The addresses of one subnet. The lowest free one is given out first, and at once again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressPool {
    subnet: Ipv4Net,
    range: Option<Ipv4Net>,
    gateway: Ipv4Addr,
    /// Addresses that are never given out, by name.
    pub reserved: Vec<(String, Ipv4Addr)>,
    taken: Set<Ipv4Addr>,
}

impl AddressPool {
    /// A pool whose gateway is the first address.
    pub fn new(subnet: Ipv4Net) -> Self {
        Self::with(subnet, None, None, Vec::new())
    }
    /// A pool that gives out the addresses of a range within its subnet, with a gateway, except those reserved.
    pub fn with(
        subnet: Ipv4Net,
        range: Option<Ipv4Net>,
        gateway: Option<Ipv4Addr>,
        reserved: Vec<(String, Ipv4Addr)>,
    ) -> Self {
        let taken = reserved.iter().map(|(_, address)| *address).collect();
        let nowhere = Ipv4Addr::UNSPECIFIED;
        let mut pool = Self { subnet: subnet.trunc(), range, gateway: nowhere, reserved, taken };
        pool.gateway = gateway.or_else(|| pool.free()).unwrap_or_else(|| subnet.addr());
        pool.taken.insert(pool.gateway);
        pool
    }
    /// The range that addresses are given out of, when it is not the whole subnet.
    pub const fn range(&self) -> Option<Ipv4Net> {
        self.range
    }
    fn free(&self) -> Option<Ipv4Addr> {
        let (first, last) = (self.subnet.network(), self.subnet.broadcast());
        let from = self.range.unwrap_or(self.subnet);
        let all = u32::from(from.network())..=u32::from(from.broadcast());
        all.map(Ipv4Addr::from).find(|a| *a != first && *a != last && !self.taken.contains(a))
    }
    /// The subnet.
    pub const fn subnet(&self) -> Ipv4Net {
        self.subnet
    }
    /// The gateway.
    pub const fn gateway(&self) -> Ipv4Addr {
        self.gateway
    }
    /// The lowest free address.
    pub fn allocate(&mut self) -> Option<Ipv4Addr> {
        let free = self.free()?;
        self.taken.insert(free);
        Some(free)
    }
    /// Takes this address; false when it is taken or outside.
    pub fn reserve(&mut self, address: Ipv4Addr) -> bool {
        self.subnet.contains(&address) && self.taken.insert(address)
    }
    /// Gives an address back.
    pub fn release(&mut self, address: Ipv4Addr) {
        if address != self.gateway && self.reserved.iter().all(|r| r.1 != address) {
            self.taken.remove(&address);
        }
    }
}
