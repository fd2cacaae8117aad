//! Addresses: hardware addresses, and the pools from which a network hands out IPv4 addresses (IPAM).

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A hardware (Ethernet) address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The address of everybody on a segment.
    pub const BROADCAST: Self = Self([0xff; 6]);
    /// The address that Docker gives an endpoint with this IPv4 address: `02:42:` and the four octets.
    pub const fn of(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([0x02, 0x42, a, b, c, d])
    }
    /// A locally administered address that looks random, decided by an interface's index.
    pub const fn of_index(index: u32) -> Self {
        let mut x = (index as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^= x >> 27;
        let [a, b, c, d, e, f, ..] = x.to_be_bytes();
        Self([(a & 0xf0) | 0x0e, b, c, d, e, f])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

impl TryFrom<String> for Mac {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Mac {
    type Err = String;
    /// Six pairs of hexadecimal digits parted by `:` or `-`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("address {text}: invalid MAC address");
        let mut octets = [0; 6];
        let mut parts = text.split([':', '-']);
        for octet in &mut octets {
            let part = parts.next().filter(|p| p.len() == 2).ok_or_else(wrong)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self(octets)) }
    }
}

/// Why a pool gives no address; the text is libnetwork's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Somebody has it.
    InUse,
    /// It is not in the pool's subnet, or it is the subnet's own or broadcast address.
    OutOfRange,
    /// All are taken.
    Exhausted,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InUse => "Address already in use",
            Self::OutOfRange => "Requested address is out of range",
            Self::Exhausted => "no available IPv4 addresses on this network's address pools",
        })
    }
}

/// The addresses of one network. The lowest free one is always given first, so a released one comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressPool {
    /// The network's subnet.
    pub subnet: Ipv4Net,
    /// The address of the network's bridge; never given out.
    pub gateway: Ipv4Addr,
    /// The part of the subnet from which unasked-for addresses come (`--ip-range`).
    pub range: Option<Ipv4Net>,
    taken: BTreeSet<Ipv4Addr>,
}

impl AddressPool {
    /// The pool of a subnet; without a gateway asked for, its first address (of the range, if there is one).
    pub fn new(
        subnet: Ipv4Net,
        gateway: Option<Ipv4Addr>,
        range: Option<Ipv4Net>,
    ) -> Result<Self, AddressError> {
        let subnet = subnet.trunc();
        if range.is_some_and(|r| !subnet.contains(&r)) {
            return Err(AddressError::OutOfRange);
        }
        let mut pool = Self { subnet, gateway: subnet.network(), range, taken: BTreeSet::new() };
        pool.gateway = match gateway {
            Some(address) => {
                pool.reserve(address)?;
                address
            }
            None => pool.take()?,
        };
        Ok(pool)
    }
    /// Takes the lowest free address.
    pub fn take(&mut self) -> Result<Ipv4Addr, AddressError> {
        let from = self.range.unwrap_or(self.subnet);
        let (mut next, last) = (u32::from(from.network()), u32::from(from.broadcast()));
        for taken in self.taken.range(from.network()..=from.broadcast()).map(|a| u32::from(*a)) {
            while next < taken && !self.usable(next.into()) {
                next += 1;
            }
            if next != taken {
                break;
            }
            if taken == last {
                return Err(AddressError::Exhausted);
            }
            next = taken + 1;
        }
        let address = (next..=last).map(Ipv4Addr::from).find(|a| self.usable(*a) && !self.taken.contains(a));
        let address = address.ok_or(AddressError::Exhausted)?;
        self.taken.insert(address);
        Ok(address)
    }
    /// Takes one address in particular (`--ip`).
    pub fn reserve(&mut self, address: Ipv4Addr) -> Result<(), AddressError> {
        if !self.subnet.contains(&address) || !self.usable(address) {
            return Err(AddressError::OutOfRange);
        }
        if self.taken.insert(address) { Ok(()) } else { Err(AddressError::InUse) }
    }
    /// Gives an address back; the gateway's stays.
    pub fn release(&mut self, address: Ipv4Addr) {
        if address != self.gateway {
            self.taken.remove(&address);
        }
    }
    /// An address with the subnet's prefix length, as it is put on an interface.
    pub fn with_prefix(&self, address: Ipv4Addr) -> Ipv4Net {
        Ipv4Net::new(address, self.subnet.prefix_len()).unwrap_or(self.subnet)
    }
    /// How many addresses are taken, the gateway's included.
    pub fn taken(&self) -> usize {
        self.taken.len()
    }
    fn usable(&self, address: Ipv4Addr) -> bool {
        self.subnet.prefix_len() >= 31
            || (address != self.subnet.network() && address != self.subnet.broadcast())
    }
}

/// Whether two subnets share an address.
pub fn overlaps(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

/// Docker's default pools in order: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20.
pub fn default_pools() -> impl Iterator<Item = Ipv4Net> {
    let large = (17..=31).map(|n| Ipv4Net::new_assert(Ipv4Addr::new(172, n, 0, 0), 16));
    let small = (0..16).map(|n| Ipv4Net::new_assert(Ipv4Addr::new(192, 168, n * 16, 0), 20));
    large.chain(small)
}

/// The first default pool that touches none of those used; nothing when all are taken.
pub fn next_subnet(used: &[Ipv4Net]) -> Option<Ipv4Net> {
    default_pools().find(|pool| !used.iter().any(|u| overlaps(*pool, *u)))
}

#[cfg(test)]
mod tests;
